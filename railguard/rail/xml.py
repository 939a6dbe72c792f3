"""XML text to a tree of elements that know where they stand. Nothing is expanded, fetched or executed: a DOCTYPE, a
processing instruction and XInclude are refused by name, and limits are kept while parsing, not after it.

expat gives the offset of every tag and text; where an attribute stands is read off the start tag, when it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.parsers import expat

from railguard.errors import Problem, SpecError
from railguard.rail.source import Source
from railguard.values import Limits

__all__ = ["Element", "parse"]

_XINCLUDE = "http://www.w3.org/2001/XInclude"
_MAX_DEPTH = 100  # whatever the limits say: readers recurse, at up to seven Python frames an element
_TAG_NAME = re.compile(r"<[^\s/>]+")
_ATTRIBUTE = re.compile(r"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG_END = re.compile(r"\s*/?>")
_REFERENCE = re.compile(r"&(?:#[0-9]+|#x[0-9A-Fa-f]+|[^\W\d][\w.-]*);")
_ENTITY = re.compile(r"&([^\s;&<]{0,40});")
_ENTITY_TEXT = {
    "nbsp": "&#160;",
    "copy": "©",
    "reg": "®",
    "euro": "€",
    "pound": "£",
    "deg": "°",
    "ndash": "–",
    "mdash": "—",
    "hellip": "…",
    "lsquo": "‘",
    "rsquo": "’",
    "ldquo": "“",
    "rdquo": "”",
    "laquo": "«",
    "raquo": "»",
    "bull": "•",
    "middot": "·",
    "times": "×",
    "larr": "←",
    "rarr": "→",
    "le": "≤",
    "ge": "≥",
    "ne": "≠",
}


class Element:
    """One element: tag, attributes in order, and content: elements and (text, offset in the source), in order.

    `offset` is where its `<` stands.
    """

    __slots__ = ("_spans", "attributes", "content", "offset", "tag")

    def __init__(self, tag: str, attributes: dict[str, str], offset: int) -> None:
        self.tag = tag
        self.attributes = attributes
        self.offset = offset
        self.content: list[Element | tuple[str, int]] = []
        self._spans: dict[str, tuple[int, int, int]] | None = None

    @property
    def children(self) -> list[Element]:
        """The elements directly inside."""
        return [part for part in self.content if isinstance(part, Element)]

    @property
    def texts(self) -> list[tuple[str, int]]:
        """The pieces of text directly inside, each with its offset in the source."""
        return [part for part in self.content if not isinstance(part, Element)]

    def without(self, some: Sequence[Element]) -> Element:
        """The element without some of those inside it."""
        left = Element(self.tag, self.attributes, self.offset)
        left.content = [part for part in self.content if not any(part is one for one in some)]
        return left

    def spans(self, text: str) -> dict[str, tuple[int, int, int]]:
        """attribute → offsets of its name, of its value's first character, and of the closing quote."""
        if self._spans is None:
            self._spans = {}
            at = self._name_end(text)
            while match := _ATTRIBUTE.match(text, at):
                self._spans[match[1]] = (match.start(1), match.start(2) + 1, match.end(2) - 1)
                at = match.end()
        return self._spans

    def start_tag(self, text: str) -> str:
        """The start tag as it is written."""
        at = self._name_end(text)
        while match := _ATTRIBUTE.match(text, at):
            at = match.end()
        end = _TAG_END.match(text, at)
        assert end is not None  # expat found the tag well-formed
        return text[self.offset : end.end()]

    def _name_end(self, text: str) -> int:
        name = _TAG_NAME.match(text, self.offset)
        assert name is not None  # expat found the tag well-formed
        return name.end()


class _Refused(Exception):
    def __init__(self, code: str, message: str, at: int, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.at, self.hint = code, message, at, hint


class _Builder:
    """expat's handlers. It raises _Refused for what is never read."""

    def __init__(self, source: Source, limits: Limits) -> None:
        text = source.text
        # A document in a Python literal often begins with a newline, which XML forbids before <?xml.
        self.base = len(text) - len(text.lstrip()) if text.lstrip().startswith("<?xml") else 0
        self.source = source
        self.limits = limits
        self.depth = min(limits.spec_depth, _MAX_DEPTH)
        self.data = text[self.base :].encode()
        self.open: list[Element] = []
        self.root: Element | None = None
        self.elements = 0
        self._ascii = len(self.data) == len(text) - self.base
        self._byte = self._char = 0
        parser: Any = expat.ParserCreate("utf-8")
        parser.ordered_attributes = True
        parser.buffer_text = False
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        parser.StartDoctypeDeclHandler = self.doctype
        parser.ProcessingInstructionHandler = self.instruction
        self.parser = parser

    def here(self, byte: int | None = None) -> int:
        """The offset in the source of expat's position, or of a byte not before an earlier one that was asked."""
        byte = self.parser.CurrentByteIndex if byte is None else byte
        if self._ascii:
            return self.base + byte
        self._char += len(self.data[self._byte : byte].decode("utf-8", "ignore"))
        self._byte = max(byte, self._byte)
        return self.base + self._char

    def start(self, tag: str, attributes: list[str]) -> None:
        at = self.here()
        self.elements += 1
        if self.elements > self.limits.spec_elements:
            raise _Refused(
                "too-many-elements",
                f"the document has more than {self.limits.spec_elements:,} elements",
                at,
                "split the spec, or raise Limits.spec_elements",
            )
        if len(self.open) >= self.depth:
            raise _Refused(
                "too-deep",
                f"elements are nested deeper than {self.depth}",
                at,
                "flatten the spec, or raise Limits.spec_depth",
            )
        if tag.endswith((":include", ":fallback")) or _XINCLUDE in attributes[1::2]:
            raise _Refused(
                "xinclude",
                f"<{tag[:40]}> is XInclude, which is refused",
                at,
                "a spec never pulls in another file: paste it",
            )
        element = Element(tag, dict(zip(attributes[::2], attributes[1::2], strict=True)), at)
        if self.open:
            self.open[-1].content.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, tag: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        self.open[-1].content.append((text, self.here()))

    def doctype(self, name: str, system: str | None, public: str | None, subset: int) -> None:
        raise _Refused(
            "doctype",
            "a DOCTYPE is refused: it could declare entities or pull in another file",
            max(self.source.text.rfind("<!DOCTYPE", 0, self.here() + 9), 0),
            "remove it; a spec needs none",
        )

    def instruction(self, target: str, data: str) -> None:
        raise _Refused(
            "processing-instruction",
            f"the processing instruction <?{target[:40]}?> is refused",
            self.here(),
            "remove it",
        )


def parse(source: Source, limits: Limits) -> Element:
    """The root element. Raises SpecError with one problem, at its place."""
    builder = _Builder(source, limits)
    try:
        builder.parser.Parse(builder.data, True)
    except _Refused as refused:
        problem = source.problem(refused.message, refused.code, refused.at, hint=refused.hint)
    except expat.ExpatError as error:
        problem = _syntax_problem(builder, error.code, builder.here(builder.parser.ErrorByteIndex))
    else:
        assert builder.root is not None  # expat refuses a document without an element
        return builder.root
    raise SpecError([problem])


_SYNTAX, _NO_ELEMENTS, _INVALID_TOKEN, _UNCLOSED_TOKEN, _MISMATCH = 2, 3, 4, 5, 7
_DUPLICATE_ATTRIBUTE, _JUNK_AFTER, _UNDEFINED_ENTITY, _UNCLOSED_CDATA, _MISPLACED_XML = 8, 9, 11, 20, 17


def _syntax_problem(builder: _Builder, code: int, at: int) -> Problem:
    """An expat error in words a person can act on."""
    source, text = builder.source, builder.source.text

    def problem(code: str, message: str, hint: str, at: int = at) -> Problem:
        return source.problem(message, code, at, hint=hint)

    if not text.strip():
        return problem("empty-document", "the document is empty", 'write <rail version="1.0">…</rail>', 0)
    if builder.root is None and not text.lstrip().startswith("<"):
        first = len(text) - len(text.lstrip())
        return problem(
            "text-before-document", "text stands before the document", "a RAIL document begins with <rail>", first
        )
    if code == _MISMATCH:
        opened = builder.open[-1]
        line, column = source.position(opened.offset)
        at = text.rfind("</", 0, at + 2)
        closing = re.split(r"[\s>]", text[at : at + 60], maxsplit=1)[0]
        return problem(
            "mismatched-tag",
            f"{closing}> does not close <{opened.tag}>, which was opened at {line}:{column}",
            f"close it with </{opened.tag}>, or as <{opened.tag} …/> where it is opened",
            at,
        )
    if code == _JUNK_AFTER:
        return problem(
            "after-document",
            "the document has ended, yet something follows",
            "a RAIL document is one <rail> element with nothing after it",
        )
    if code == _UNDEFINED_ENTITY:
        entity = _ENTITY.match(text, at) or _ENTITY.search(text, at)
        name_ = entity[1] if entity else ""
        at = entity.start() if entity else at
        mend = (
            f"write {_ENTITY_TEXT[name_]}" if name_ in _ENTITY_TEXT else f"write &amp;{name_}; for the text &{name_};"
        )
        return problem("undefined-entity", f"XML has no entity &{name_};", mend, at)
    if code == _DUPLICATE_ATTRIBUTE:
        return _duplicate_attribute(source, at)
    if code in (_UNCLOSED_TOKEN, _UNCLOSED_CDATA):
        return _unclosed_token(source, at)
    if code == _NO_ELEMENTS and builder.open:
        opened = builder.open[-1]
        return problem(
            "unclosed-element",
            f"<{opened.tag}> was opened here and is never closed",
            f"close it with </{opened.tag}>, or as <{opened.tag} …/>",
            opened.offset,
        )
    return _invalid_token(source, code, at)


def _unclosed_token(source: Source, at: int) -> Problem:
    text = source.text
    start = max(text.rfind("<", 0, at + 1), 0)
    for opening, what, closing in (("<!--", "a comment", "-->"), ("<![CDATA[", "a CDATA section", "]]>")):
        found = text.rfind(opening, 0, at + len(opening))
        if found >= 0 and closing not in text[found:]:
            return source.problem(
                f"{what} that is never closed", "unclosed-element", found, hint=f"close it with {closing}"
            )
    return source.problem("a tag that is never closed", "unclosed-element", start, hint="close it with >")


def _duplicate_attribute(source: Source, at: int) -> Problem:
    text, seen = source.text, set()
    tag = text.rfind("<", 0, at + 1)
    name = _TAG_NAME.match(text, tag)
    start = name.end() if name else at
    while (match := _ATTRIBUTE.match(text, start)) and match[1] not in seen:
        seen.add(match[1])
        start = match.end()
    at, shown = (match.start(1), match[1][:40]) if match else (at, "")
    return source.problem(f"the attribute {shown!r} is given twice", "duplicate-attribute", at, hint="remove one")


def _open_tag(text: str, at: int) -> tuple[int, int] | None:
    """Where a tag begins and where its last attribute ends, if nothing but space lies between that and an offset."""
    start = text.rfind("<", 0, at)
    name = _TAG_NAME.match(text, start) if start >= 0 else None
    if name is None:
        return None
    end = name.end()
    while match := _ATTRIBUTE.match(text, end):
        end = match.end()
    return (start, end) if end <= at and not text[end:at].strip() else None


def _invalid_token(source: Source, code: int, at: int) -> Problem:
    """The classics: an & or < that should have been escaped; else what expat says."""
    text = source.text
    amp = text.rfind("&", max(0, at - 60), at + 1)
    if amp >= 0 and _REFERENCE.match(text, amp) is None and not re.search(r"[\s;]", text[amp + 1 : at]):
        return source.problem("an & that starts no reference", "bare-ampersand", amp, hint="write &amp;")
    less = at if text[at : at + 1] == "<" else at - 1
    if text[less : less + 1] == "<" and re.match(r"[\s\d=<>.,;:)(&$%{}\"'-]|\Z", text[less + 1 : less + 2]):
        return source.problem("a < that starts no tag", "bare-less-than", less, hint="write &lt;")
    if text[at : at + 1] == "<" and (tag := _open_tag(text, at)) is not None:
        line, _ = source.position(at)
        return source.problem(
            f"the tag {text[tag[0] : tag[0] + 40].split()[0]} is not closed before the next one, in line {line}",
            "unclosed-element",
            tag[1],
            hint="close it with > or />",
        )
    if text[at : at + 1] == "<":
        return source.problem(
            "a < inside an attribute value or a tag",
            "bare-less-than",
            at,
            hint="write &lt;, or end the value and the tag before it",
        )
    return source.problem(
        f"this is not XML: {expat.ErrorString(code)}",
        "xml-syntax",
        min(at, len(text)),
        hint='an attribute is written name="value", and a tag ends with > or />',
    )
