"""sanitized-html: HTML that has only harmless elements."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from railguard import UNSET, FailResult, validator
from railguard_validators._safety.markup import tags as start_tags
from railguard_validators._wording import listed

_LONGEST_REPORT = 5
_DEEPEST = 256
_ANY_TAG = re.compile(r"<(/?)([A-Za-z][^\s/>]{0,63})")
_NOT_NESTING = frozenset(  # without an end tag, or closed by the next one of their kind
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "p", "li", "dt", "dd",
     "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "colgroup", "caption", "rt", "rp"]
)  # fmt: skip


class SanitizedHtml:
    """HTML that the cleaner ammonia (nh3, `pip install 'railguard[html]'`) returns unchanged: only elements and
    attributes from its lists, addresses with its schemes, every `<` and `&` of the text escaped, every element closed.
    All kinds of line ends are accepted. HTML that is nested deeper than 256 elements fails, since cleaning it would
    take too long.

    tags: the allowed elements, instead of the usual ones (text, lists, tables, images, links).
    attributes: the attributes that an element may have, {"a": ["href"]}; "*" is every element.
    schemes: the schemes of addresses, instead of the usual ones.

    The fix is the cleaned HTML: forbidden elements are removed, scripts and styles with their content; the text of
    other elements stays.

    >>> sanitized_html().run("<p>A <b>bold</b> word, 1 &lt; 2</p>")
    >>> sanitized_html().run("<p onclick='a()'>Hi<script>b()</script></p>").message
    'The HTML must have only allowed elements and attributes; not allowed: "onclick" in <p>, <script>.'
    >>> sanitized_html().run("<p onclick='a()'>Hi<script>b()</script></p>").fix
    '<p>Hi</p>'
    """

    __slots__ = ("_attributes", "_clean", "_options", "_tags", "prompt")

    def __init__(
        self,
        tags: list[str] | None = None,
        attributes: dict[str, list[str]] | None = None,
        schemes: list[str] | None = None,
    ) -> None:
        import nh3

        self._clean = nh3.clean
        self._tags = set(nh3.ALLOWED_TAGS) if tags is None else {tag.lower() for tag in tags}
        allowed = nh3.ALLOWED_ATTRIBUTES if attributes is None else attributes
        self._attributes = {tag.lower(): {name.lower() for name in names} for tag, names in allowed.items()}
        if both := self._tags & {"script", "style"}:
            raise ValueError(f"tags has {', '.join(sorted(both))}; no cleaning makes that harmless")
        self._options: dict[str, Any] = {"tags": self._tags, "attributes": self._attributes, "link_rel": None}
        self._options["clean_content_tags"] = {"script", "style"}
        if schemes is not None:
            self._options["url_schemes"] = {scheme.lower() for scheme in schemes}
        self.prompt = "HTML with these elements only: " + ", ".join(sorted(self._tags)) if tags else "harmless HTML"

    def __call__(self, value: str) -> FailResult | None:
        if _depth(value) > _DEEPEST:
            return FailResult(f"The HTML must not be nested deeper than {_DEEPEST} elements.")
        try:
            cleaned = self._clean(value, **self._options)
        except UnicodeEncodeError as error:
            return FailResult(
                "The HTML must be text; it has half of a surrogate pair.", spans=[(error.start, error.end)]
            )
        if cleaned == value or cleaned == value.replace("\r\n", "\n").replace("\r", "\n"):
            return None
        fix = cleaned if self._clean(cleaned, **self._options) == cleaned else UNSET
        strange = self._strange(value)
        if strange:
            names = ", ".join(list(strange)[:_LONGEST_REPORT])
            more = f" and {len(strange) - _LONGEST_REPORT:,} more" if len(strange) > _LONGEST_REPORT else ""
            message = f"The HTML must have only allowed elements and attributes; not allowed: {names}{more}."
        else:
            message = (
                "The HTML must be clean: <, > and & in its text escaped, its elements closed, its addresses harmless."
            )
        return FailResult(message, fix=fix, spans=list(strange.values())[:20])

    def _strange(self, text: str) -> dict[str, tuple[int, int]]:
        """Return the forbidden parts, and the first position of each."""
        found: dict[str, tuple[int, int]] = {}
        everywhere = self._attributes.get("*", set())
        for tag in start_tags(text):
            if tag.name not in self._tags:
                found.setdefault(f"<{_short(tag.name)}>", (tag.start, tag.end))
                continue
            own = self._attributes.get(tag.name, set())
            for one in tag.attributes:
                if one.name not in own and one.name not in everywhere:
                    found.setdefault(f"{listed([one.name])} in <{tag.name}>", (one.start, one.end))
        return found


def _depth(text: str) -> int:
    """Return the largest number of elements that are open at the same time; one without an end tag stays open."""
    still_open: Counter[str] = Counter()
    depth = deepest = 0
    for closing, name in _ANY_TAG.findall(text):
        name = name.lower()
        if name in _NOT_NESTING:
            continue
        if not closing:
            still_open[name] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif still_open[name]:
            still_open[name] -= 1
            depth -= 1
    return deepest


def _short(name: str) -> str:
    return listed([name]).strip('"')


sanitized_html = validator(
    "sanitized-html", subject="Safety", aliases=("web-sanitization",), requires={"nh3": "railguard[html]"}
)(SanitizedHtml)
