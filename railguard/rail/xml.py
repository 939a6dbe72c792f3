"""Parses XML text to a tree of elements with their offsets. Nothing is expanded, fetched or executed: a DOCTYPE, a
processing instruction and XInclude are refused by name, and limits are enforced while parsing.

expat gives the offset of every tag and text; the offsets of attributes are found in the start tag when they are needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from railguard.errors import SpecError
from railguard.lazy import regex
from railguard.rail.source import Source
from railguard.values import Limits

if TYPE_CHECKING:
    from railguard.rail.syntax import Document

__all__ = ["Element", "NotWellFormed", "parse_xml"]

_XINCLUDE = "http://www.w3.org/2001/XInclude"
_MAX_DEPTH = 100  # whatever the limits are: readers recurse, with up to seven Python frames per element
_TAG_NAME = regex(r"<[^\s/>]+")
_ATTRIBUTE = regex(r"""\s+([^\s=]+)\s*=\s*("[^"]*"|'[^']*')""")
_TAG_END = regex(r"\s*/?>")


class Element:
    """One element: tag, attributes in order, and content: elements and (text, offset in the source), in order.

    `offset` is the position of its `<`, `end` that of its end tag, or the same value without one. tag_end, spans: the
    end of its start tag and the positions of its attributes, for an element that may be broken; otherwise they are read
    from the start tag.
    """

    __slots__ = ("_spans", "_tag_end", "attributes", "content", "end", "offset", "tag")

    def __init__(
        self,
        tag: str,
        attributes: dict[str, str],
        offset: int,
        tag_end: int | None = None,
        spans: dict[str, tuple[int, int, int]] | None = None,
    ) -> None:
        self.tag = tag
        self._tag_end = tag_end
        self.attributes = attributes
        self.offset = self.end = offset
        self.content: list[Element | tuple[str, int]] = []
        self._spans = spans

    @property
    def children(self) -> list[Element]:
        """The direct child elements."""
        return [part for part in self.content if isinstance(part, Element)]

    @property
    def texts(self) -> list[tuple[str, int]]:
        """The pieces of text directly inside, each with its offset in the source."""
        return [part for part in self.content if not isinstance(part, Element)]

    def source_in(self, text: str) -> str:
        """Return the element's source text without its end tag."""
        return text[self.offset : self.end] if self.end > self.offset else self.start_tag(text)

    def without(self, some: Sequence[Element]) -> Element:
        """Return the element without some of its children."""
        left = Element(self.tag, self.attributes, self.offset, self._tag_end, self._spans)
        left.content = [part for part in self.content if not any(part is one for one in some)]
        return left

    def spans(self, text: str) -> dict[str, tuple[int, int, int]]:
        """Map each attribute to the offsets of its name, of its value's first character, and of the closing quote."""
        if self._spans is None:
            self._spans = {}
            at = self._name_end(text)
            while match := _ATTRIBUTE.match(text, at):
                self._spans[match[1]] = (match.start(1), match.start(2) + 1, match.end(2) - 1)
                at = match.end()
        return self._spans

    def start_tag(self, text: str) -> str:
        """Return the source text of the start tag."""
        if self._tag_end is not None:
            return text[self.offset : self._tag_end]
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
    """expat's handlers. Raises _Refused for forbidden constructs."""

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
        """Return the offset in the source of expat's position, or of a byte that is not before the previously requested
        one.
        """
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
        self.open.pop().end = self.here()

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


def parse_xml(source: Source, limits: Limits, document: Document | None = None) -> Element:
    """Parse the root element. document: the tree of the text, if it was made within the same limits.

    Raises:
        SpecError: with one problem for a forbidden construct, or with all faults of a text that is not XML.
        NotWellFormed: such a SpecError, for a text that is not XML.
    """
    builder = _Builder(source, limits)
    try:
        builder.parser.Parse(builder.data, True)
    except _Refused as refused:
        raise SpecError([source.problem(refused.message, refused.code, refused.at, hint=refused.hint)]) from None
    except expat.ExpatError as error:
        at = min(builder.here(builder.parser.ErrorByteIndex), len(source.text))
        raise NotWellFormed(source, limits, expat.ErrorString(error.code), at, document) from None
    assert builder.root is not None  # expat refuses a document without an element
    return builder.root


def is_well_formed(source: Source) -> bool:
    """Whether a text is well-formed XML."""
    text = source.text
    parser = expat.ParserCreate("utf-8")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        parser.Parse((text.lstrip() if text.lstrip().startswith("<?xml") else text).encode(), True)
    except expat.ExpatError:
        return False
    return True


def may_be_refused(document: Document, limits: Limits) -> bool:
    """Whether a document may contain a forbidden construct, or exceed the limits. False is certain."""
    text = document.text
    return (
        document.shape.depth > min(limits.spec_depth, _MAX_DEPTH)
        or document.shape.elements > limits.spec_elements
        or "<!DOCTYPE" in text
        or any(fault.code in _REFUSED for fault in document.faults)
        or any(mark in text for mark in (":include", ":fallback", _XINCLUDE))
    )


_REFUSED = ("doctype", "processing-instruction", "too-many-elements")


class NotWellFormed(SpecError):
    """Raised if a text is not XML. `document` is its tree, as it was probably meant."""

    def __init__(self, source: Source, limits: Limits, error: str, at: int, document: Document | None = None) -> None:
        from railguard.rail.syntax import Fault
        from railguard.rail.tolerant import tree

        self.document = document or tree(source.text, most_elements=limits.spec_elements)
        if not self.document.faults:
            hint = 'an attribute is written name="value", and a tag ends with > or />'
            self.document.faults.append(Fault("xml-syntax", f"this is not XML: {error}", hint, at, at))
        super().__init__(
            [
                source.problem(one.message, one.code, one.start, hint=one.hint, end=one.end)
                for one in self.document.faults
            ]
        )
