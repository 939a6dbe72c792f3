"""html: a text is HTML without a parse error."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal

from railguard import UNSET, FailResult, validator
from railguard_validators._formats.fences import unfenced
from railguard_validators._formats.positions import offset, place, span
from railguard_validators._wording import counted, listed, shown

_DEEPEST = 256
_LONGEST_TAG = 65_536
_MOST_ATTRIBUTES = 1_000
_MOST_ERRORS = 10
_PIECE = 1_024
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS = {
    "adoption-agency-1.2": "the end tag %(name)s does not fit the open elements (%(open)s)",
    "adoption-agency-1.3": "the end tag %(name)s does not fit the open elements (%(open)s)",
    "adoption-agency-4.4": "the end tag %(name)s does not fit the open elements (%(open)s)",
    "deprecated-tag": "the element %(name)s is not HTML any more",
    "end-tag-too-early": "the end tag %(name)s does not fit the open elements (%(open)s)",
    "end-tag-too-early-ignored": "the end tag %(name)s does not fit the open elements (%(open)s)",
    "end-tag-too-early-named": "the end tag %(gotName)s does not fit the open elements (%(open)s)",
    "eof-in-innerhtml": "the text ends while elements are open (%(open)s)",
    "expected-closing-tag-but-got-eof": "the text ends while elements are open (%(open)s)",
    "expected-named-closing-tag-but-got-eof": "the text ends while the element %(name)s is open",
    "expected-named-entity": "an & that begins no entity must be written as &amp;",
    "expected-tag-name": "a < that begins no tag must be written as &lt;",
    "unexpected-end-tag": "the end tag %(name)s does not fit the open elements (%(open)s)",
    "unexpected-end-tag-implies-table-voodoo": "the end tag %(name)s stands in a table outside its cells",
    "unexpected-start-tag-implies-table-voodoo": "the element %(name)s stands in a table outside its cells",
    "non-void-element-with-trailing-solidus": "the element %(name)s must not end in />; close it with an end tag",
}


class Html:
    """HTML as the parser of the HTML standard reads it (html5lib), without a single parse error: every element closed
    that must be, correct nesting, no repeated attribute, no unknown entity. Unknown elements and attributes are not
    parse errors, and scripts are not refused: use sanitized-html for that. Needs html5lib.

    Elements nested beyond 256, a tag or comment of more than 65,536 characters, and a tag of more than 1,000 attributes
    fail, because the parser's time would not be linear in them. The fix removes a Markdown code fence around HTML.

    kind: "fragment" (the content of a body), "document" (beginning with <!DOCTYPE html>), or "any": a document if
    the text
        begins with <!DOCTYPE or <html, else a fragment.

    >>> html().run("<p>Hello <b>you</b></p>")
    >>> html().run("<p>Hello <b>you</p>").message
    'The text is not valid HTML: the end tag "p" does not fit the open elements ("p", "b") at line 1, column 19.'
    >>> html(kind="document").run("<p>Hello</p>").message
    'The text is not valid HTML: <!DOCTYPE html> is missing before it at line 1, column 3.'
    """

    __slots__ = ("_kind", "prompt")

    def __init__(self, kind: Literal["any", "fragment", "document"] = "any") -> None:
        self._kind = kind
        self.prompt = {
            "any": "HTML without errors",
            "fragment": "a fragment of HTML without errors",
            "document": "an HTML document without errors",
        }[kind]

    def __call__(self, value: str) -> FailResult | None:
        inner = unfenced(value)
        if inner is not None:
            message = "The HTML stands in a Markdown code fence; it must stand alone."
            return FailResult(message, fix=UNSET if self(inner) else inner)
        errors = self._errors(value)
        if not errors:
            return None
        what, at = errors[0]
        more = f" ({counted(len(errors) - 1, 'more error')})" if len(errors) > 1 else ""
        return FailResult(
            f"The text is not valid HTML: {what} at {place(value, at)}{more}.",
            spans=[span(value, found) for _, found in errors],
        )

    def _errors(self, text: str) -> list[tuple[str, int]]:
        start = text.lstrip()[:9].lower()
        document = self._kind == "document" or (self._kind == "any" and start.startswith(("<!doctype", "<html")))
        found: list[tuple[str, int]] = _parser()(text).errors_of(document)
        return found


@cache
def _parser() -> Any:
    """Return html5lib's parser with limits: it stops at too many errors, and at input that takes more than linear time."""
    import html5lib
    from html5lib import constants, treebuilders

    class Stop(Exception):
        pass

    class Tree(treebuilders.getTreeBuilder("etree")):  # type: ignore[misc]  # html5lib has no types
        """Keeps the open elements, and no text, which would be copied for every character added."""

        limit: Any = None

        def insertText(self, data: str, parent: Any = None) -> None:
            pass

        def insertElementNormal(self, token: Any) -> Any:
            if len(self.openElements) > _DEEPEST:
                self.limit(f"elements are nested more than {_DEEPEST} deep")
            return super().insertElementNormal(token)

    class Parser(html5lib.HTMLParser):  # type: ignore[misc]  # html5lib has no types
        def __init__(self, text: str) -> None:
            super().__init__(tree=Tree, namespaceHTMLElements=False)
            self.tree.limit = self._limit
            self._text = text
            self._read = 0
            self._found: list[tuple[str, int]] = []

        def errors_of(self, document: bool) -> list[tuple[str, int]]:
            if lone := _SURROGATE.search(self._text):
                return [("it has a lone surrogate, which is no character,", lone.start())]
            try:
                if document:
                    self.parse(self)
                else:
                    self.parseFragment(self)
            except Stop:
                pass
            return self._found

        def read(self, size: int) -> str:
            """Return the text in small pieces, so that a token can be examined while it grows."""
            if size == 0:
                return ""
            token = getattr(getattr(self, "tokenizer", None), "currentToken", None) or {}
            attributes = token.get("data")
            parts = list(token.values())
            if isinstance(attributes, list):
                if len(attributes) > _MOST_ATTRIBUTES:
                    self._limit(f"a tag has more than {_MOST_ATTRIBUTES:,} attributes")
                parts += attributes[-1] if attributes else []
            if any(isinstance(part, str) and len(part) > _LONGEST_TAG for part in parts):
                self._limit(f"a tag or comment has more than {_LONGEST_TAG:,} characters")
            piece = self._text[self._read : self._read + min(size, _PIECE)]
            self._read += len(piece)
            return piece

        def parseError(self, errorcode: str = "XXX-undefined-error", datavars: Any = None) -> None:
            names = [str(element.name) for element in self.tree.openElements if element.name != "html"]
            values = {**(datavars or {}), "open": names[-3:]}
            self._found.append((_worded(errorcode, values, constants.E), self._offset()))
            if len(self._found) >= _MOST_ERRORS:
                raise Stop

        def _limit(self, what: str) -> None:
            self._found.insert(0, (what, self._offset()))
            raise Stop

        def _offset(self) -> int:
            return offset(self._text, *self.tokenizer.stream.position())

    return Parser


def _worded(code: str, values: dict[str, Any], words: dict[str, str]) -> str:
    if code.startswith("expected-doctype-but-got"):
        return "<!DOCTYPE html> is missing before it"
    shown_values = {key: listed(value) if key == "open" else shown(value, 40) for key, value in values.items()}
    shown_values["open"] = shown_values["open"] or "none"
    try:
        text = (_WORDS.get(code) or words[code]) % shown_values
    except (KeyError, ValueError, TypeError):
        text = code.replace("-", " ")
    return text[:1].lower() + text[1:].rstrip(".")


html = validator(
    "html", subject="Documents and code", aliases=("valid-html",), requires={"html5lib": "railguard[html]"}
)(Html)
