"""The syntax tree of a RAIL document that may be broken: elements, attributes, text and faults, with their offsets.

Offsets count characters of the text, from 0; an end is exclusive. Lines and columns count from 1. `tolerant` creates
the tree. This file knows nothing of the meaning of elements.

The parser creates a tree of shapes, which have no absolute positions: a shape counts from its own beginning and does
not know its parent. So the tree of a changed document can reuse the shapes of all unchanged parts. `Document` presents
shapes as nodes with their positions in the text; nodes are created when they are needed.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import Literal, NamedTuple, TypeAlias

from railguard.lazy import regex
from railguard.rail.source import LINE_END, line_starts, source_shifts

__all__ = [
    "AttributeSyntax",
    "Document",
    "ElementSyntax",
    "Fault",
    "MarkupSyntax",
    "Place",
    "SyntaxNode",
    "TextSyntax",
]

ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
REFERENCE = regex(r"&(?:#([0-9]{1,7}+)|#x([0-9A-Fa-f]{1,6}+)|([^\W\d][\w.-]*+));")
NAME = r"[^\W\d][\w:.-]*+"
_ATTRIBUTE = regex(rf"({NAME})\s*+=\s*+(?:\"([^\"<]*+)\"|'([^'<]*+)')")


@dataclass(slots=True, eq=False)
class AttributeSyntax:
    """One attribute in the source.

    Attributes:
        name: its name.
        start: where the name begins.
        name_end: where the name ends.
        value_start: where the value begins, after its quote; where it would begin, if there is none.
        value_end: where the value ends, before its quote.
        end: where the attribute ends.
        raw: the source text of the value, without quotes; None if there is none.
    """

    name: str
    start: int
    name_end: int
    value_start: int
    value_end: int
    end: int
    raw: str | None

    @property
    def value(self) -> str:
        """The value as XML reads it: references are replaced, line breaks become spaces."""
        return "" if self.raw is None else normalized(self.raw)

    def offset_of(self, index: int) -> int:
        """Return the offset in the document of a character of `value`.

        Args:
            index: The character of `value`.

        Returns:
            The offset.
        """
        after, shifts = self._shifts()
        return min(self.value_start + index + shifts[bisect_right(after, index) - 1], self.value_end)

    def index_of(self, offset: int) -> int:
        """Return the index in `value` of the character at an offset of the document.

        Args:
            offset: The offset.

        Returns:
            The index of the character.
        """
        inside = max(min(offset, self.value_end) - self.value_start, 0)
        after, shifts = self._shifts()
        starts = [at + shift for at, shift in zip(after, shifts, strict=True)]
        part = bisect_right(starts, inside) - 1
        index = inside - shifts[part]
        return min(index, after[part + 1] - 1) if part + 1 < len(after) else index

    def _shifts(self) -> tuple[list[int], list[int]]:
        return source_shifts(self.raw or "")


def attributes_in(inside: str, start: int) -> list[AttributeSyntax]:
    """Return the attributes of a well-formed start tag. inside: the text between its name and its end. start: the
    offset of that text.
    """
    found = []
    for match in _ATTRIBUTE.finditer(inside):
        group = 2 if match[2] is not None else 3
        first, last = match.span(group)
        name, name_end = match.span(1)
        found.append(
            AttributeSyntax(
                match[1], start + name, start + name_end, start + first, start + last, start + last + 1, match[group]
            )
        )
    return found


def moved(attributes: list[AttributeSyntax], by: int) -> list[AttributeSyntax]:
    """Return attributes with their positions shifted."""
    return [
        AttributeSyntax(
            one.name,
            one.start + by,
            one.name_end + by,
            one.value_start + by,
            one.value_end + by,
            one.end + by,
            one.raw,
        )
        for one in attributes
    ]


class TextShape(NamedTuple):
    """A piece of text, or a CDATA section, without its position. size: including the markers of the section."""

    size: int
    raw: str
    cdata: bool = False


class MarkupShape(NamedTuple):
    """A comment, a declaration or similar, without its position."""

    size: int
    kind: Literal["comment", "declaration", "doctype", "instruction"]


class ElementShape:
    """One element without its position: all numbers count from its `<`. It is immutable.

    tag_end, close, size: the end of its start tag, the start of its end tag (None if it has none), and its own end.
    inside: the text between the name and the end of a well-formed start tag, or the attributes of a broken one.
    children: its content; `places` has the start of each child. elements: the number of elements in it, including
    itself. depth: the levels of elements inside. is_sound: whether it is closed and contains no fault.
    """

    __slots__ = (
        "children",
        "close",
        "depth",
        "elements",
        "inside",
        "is_empty",
        "is_sound",
        "is_terminated",
        "places",
        "size",
        "tag",
        "tag_end",
    )

    def __init__(
        self,
        tag: str,
        tag_end: int = 0,
        inside: str | list[AttributeSyntax] = "",
        *,
        is_empty: bool = False,
        is_terminated: bool = True,
        is_sound: bool = False,
    ) -> None:
        self.tag = tag
        self.tag_end = self.size = tag_end
        self.inside = inside
        self.is_empty, self.is_terminated, self.is_sound = is_empty, is_terminated, is_sound
        self.close: int | None = None
        self.children: list[Shape] = []
        self.places: list[int] = []
        self.elements, self.depth = 1, 0


Shape: TypeAlias = ElementShape | TextShape | MarkupShape


def nodes_in(shape: ElementShape, start: int, parent: ElementSyntax | None) -> list[SyntaxNode]:
    """Return the content of a shape that begins at an offset, as nodes."""
    found: list[SyntaxNode] = []
    for one, place in zip(shape.children, shape.places, strict=True):
        at = start + place
        if isinstance(one, ElementShape):
            found.append(ElementSyntax(one, at, parent))
        elif isinstance(one, TextShape):
            found.append(TextSyntax(at, at + one.size, one.raw, one.cdata))
        else:
            found.append(MarkupSyntax(one.kind, at, at + one.size))
    return found


def resolved(text: str) -> str:
    """Return text with its references replaced; anything else stays unchanged."""
    return REFERENCE.sub(_referred, text) if "&" in text else text


def _referred(found: re.Match[str]) -> str:
    if found[3] is not None:
        return ENTITIES.get(found[3], found[0])
    code = int(found[1]) if found[1] is not None else int(found[2], 16)
    return chr(code) if is_character(code) else found[0]


def is_character(code: int) -> bool:
    """Whether XML 1.0 allows a character (production 2)."""
    return code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code <= 0x10FFFF


_BREAKS = regex(r"\r\n|[\r\n\t]")


def normalized(raw: str) -> str:
    """Return the value of an attribute as XML reads it: white space becomes spaces, then references are replaced."""
    return resolved(_BREAKS.sub(" ", raw))


@dataclass(slots=True, eq=False)
class TextSyntax:
    """A piece of text, or a CDATA section.

    Attributes:
        start: where it begins.
        end: where it ends.
        raw: its source text, without the markers of a CDATA section.
        cdata: whether it is a CDATA section.
    """

    start: int
    end: int
    raw: str
    cdata: bool = False

    @property
    def value(self) -> str:
        """The text that it represents."""
        text = LINE_END.sub("\n", self.raw) if "\r" in self.raw else self.raw
        return text if self.cdata else resolved(text)

    @property
    def text_start(self) -> int:
        """The start of the text itself, after the marker of a CDATA section."""
        return self.start + (len("<![CDATA[") if self.cdata else 0)


@dataclass(slots=True, eq=False)
class MarkupSyntax:
    """A comment, a declaration, a DOCTYPE or a processing instruction.

    Attributes:
        kind: Which of them.
        start: Where it begins.
        end: Where it ends.
    """

    kind: Literal["comment", "declaration", "doctype", "instruction"]
    start: int
    end: int


_ONCE = Lock()
"""Held while a node is stored, so that two threads that request it at once get the same object."""


class ElementSyntax:
    """One element in the source.

    Attributes:
        tag: its name; "" if only `<` is written.
        start: the offset of its `<`.
        tag_end: the offset after the `>` of its start tag, or where the tag breaks off.
        end: the offset after its end tag, or where it ends without one.
        close: where the `<` of its end tag is; None if it has none.
        parent: the element around it.
        is_empty: whether it is written as `<tag/>`.
        is_terminated: whether its start tag has a `>`.
        is_sound: whether it is closed, and nothing in it is a fault.
    """

    __slots__ = (
        "_attributes",
        "_children",
        "_shape",
        "close",
        "end",
        "is_empty",
        "is_sound",
        "is_terminated",
        "parent",
        "start",
        "tag",
        "tag_end",
    )

    def __init__(self, shape: ElementShape, start: int, parent: ElementSyntax | None) -> None:
        """Create the node of a shape at a position.

        Args:
            shape: what it is.
            start: the offset of its `<`.
            parent: the element around it.
        """
        self._shape = shape
        self.tag, self.start, self.parent = shape.tag, start, parent
        self.tag_end, self.end = start + shape.tag_end, start + shape.size
        self.close = None if shape.close is None else start + shape.close
        self.is_empty, self.is_terminated, self.is_sound = shape.is_empty, shape.is_terminated, shape.is_sound
        self._attributes: list[AttributeSyntax] | None = None
        self._children: list[SyntaxNode] | None = None

    @property
    def attributes(self) -> list[AttributeSyntax]:
        """The attributes in order, including repeated ones."""
        if self._attributes is None:
            inside = self._shape.inside
            if isinstance(inside, str):
                made = attributes_in(inside, self.name_end)
            else:
                made = moved(inside, self.start)
            with _ONCE:
                self._attributes = self._attributes or made
        return self._attributes

    @property
    def children(self) -> list[SyntaxNode]:
        """The content, in order."""
        if self._children is None:
            made = nodes_in(self._shape, self.start, self)
            with _ONCE:
                self._children = self._children or made
        return self._children

    @property
    def elements(self) -> list[ElementSyntax]:
        """The direct child elements."""
        return [child for child in self.children if isinstance(child, ElementSyntax)]

    @property
    def name_end(self) -> int:
        """The end of the name in the start tag."""
        return self.start + 1 + len(self.tag)

    def attribute(self, name: str) -> AttributeSyntax | None:
        """Return the first attribute of a name.

        Args:
            name: The name.

        Returns:
            The attribute; None if there is none.
        """
        return next((one for one in self.attributes if one.name == name), None)

    def get(self, name: str) -> str | None:
        """Return the value of an attribute.

        Args:
            name: The name of the attribute.

        Returns:
            The value; None if it is not given.
        """
        found = self.attribute(name)
        return None if found is None or found.raw is None else found.value

    def walk(self) -> Iterator[ElementSyntax]:
        """Iterate over this element and all elements inside it.

        Yields:
            Each element, in document order.
        """
        todo = [self]
        while todo:
            one = todo.pop()
            yield one
            todo.extend(reversed(one.elements))

    def __repr__(self) -> str:
        return f"<{self.tag} {self.start}:{self.end}>"


SyntaxNode: TypeAlias = ElementSyntax | TextSyntax | MarkupSyntax
"""The content of an element, or of the document outside the root."""


class Fault(NamedTuple):
    """One violation of XML's syntax.

    Attributes:
        code: the code, as in a problem.
        message: what is wrong.
        hint: the mend.
        start: where it begins.
        end: where it ends.
    """

    code: str
    message: str
    hint: str
    start: int
    end: int


class Place(NamedTuple):
    """The syntax at an offset of a document, for completion and hover.

    Attributes:
        kind: "tag", "attribute" (its name) or "value" inside a start tag, "space" between its attributes, "end-tag",
            "text" between tags, "comment", or "other" (CDATA, a declaration and the like).
        element: the element that the place belongs to. For "tag" it is the one that is named there; None outside of
            the root.
        attribute: the attribute, for "attribute" and "value".
        start: where the name, value or text begins.
        end: where it ends.
    """

    kind: Literal["tag", "attribute", "value", "space", "end-tag", "text", "comment", "other"]
    element: ElementSyntax | None
    attribute: AttributeSyntax | None
    start: int
    end: int


class Document:
    """The tree of a text that may be broken.

    Attributes:
        text: the whole text.
        faults: the violations of XML's syntax, in the order of the text.
        shape: the top-level content, as the shape of an element around it.
    """

    def __init__(self, text: str, shape: ElementShape, faults: list[Fault]) -> None:
        """Create the tree of a text from its shapes.

        Args:
            text: the whole text.
            shape: the top-level content, as the shape of an element around it.
            faults: what violates XML's syntax.
        """
        self.text, self.shape, self.faults = text, shape, faults
        self._nodes: list[SyntaxNode] | None = None

    @property
    def nodes(self) -> list[SyntaxNode]:
        """The top-level nodes: the root, and comments, text and other elements outside it."""
        if self._nodes is None:
            made = nodes_in(self.shape, 0, None)
            with _ONCE:
                self._nodes = self._nodes or made
        return self._nodes

    @property
    def root(self) -> ElementSyntax | None:
        """The first element; None if there is none."""
        return next((node for node in self.nodes if isinstance(node, ElementSyntax)), None)

    @cached_property
    def _starts(self) -> list[int]:
        return line_starts(self.text)

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column of an offset.

        Args:
            offset: The offset.

        Returns:
            Both, counting from 1.
        """
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and a column; beyond the line or the text, the offset of its end.

        Args:
            line: The line, counting from 1.
            column: The column, counting from 1.

        Returns:
            The offset.
        """
        if line < 1:
            return 0
        if line > len(self._starts):
            return len(self.text)
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self.text)
        content = self.text[start:end].rstrip("\r\n") if line < len(self._starts) else self.text[start:end]
        return start + max(0, min(column - 1, len(content)))

    def walk(self) -> Iterator[ElementSyntax]:
        """Iterate over every element of the document.

        Yields:
            Each, in document order.
        """
        for node in self.nodes:
            if isinstance(node, ElementSyntax):
                yield from node.walk()

    def element_at(self, offset: int) -> ElementSyntax | None:
        """Return the innermost element at an offset.

        Args:
            offset: The offset.

        Returns:
            The element; None outside of the root.
        """
        found: ElementSyntax | None = None
        nodes = self.nodes
        while True:
            node = _node_at(nodes, offset)
            if not isinstance(node, ElementSyntax) or not node.start < offset:
                return found
            if offset >= node.end and (node.close is not None or node.is_empty):
                return found
            found, nodes = node, node.children

    def place(self, offset: int) -> Place:
        """Return the syntax at an offset; an offset directly after a name or a value belongs to it.

        Args:
            offset: The offset.

        Returns:
            The place.
        """
        element = self.element_at(offset)
        if element is not None and offset <= element.tag_end and not self._is_behind(element, offset):
            return self._in_start_tag(element, offset)
        if element is not None and element.close is not None and element.close < offset < element.end:
            return Place("end-tag", element, None, element.close + 2, max(element.end - 1, element.close + 2))
        before = self.text[max(offset - 2, 0) : offset]
        if before == "</":
            return Place("end-tag", element, None, offset, offset)
        node = _node_at(self.nodes if element is None else element.children, offset)
        if node is not None and not isinstance(node, ElementSyntax) and node.start < offset <= node.end:
            if isinstance(node, MarkupSyntax) and offset < node.end:
                return Place("comment" if node.kind == "comment" else "other", element, None, node.start, node.end)
            if isinstance(node, TextSyntax) and node.cdata and offset < node.end:
                return Place("other", element, None, node.start, node.end)
            if before[-1:] == "<":
                return Place("tag", element, None, offset, offset)
            if isinstance(node, TextSyntax) and not node.cdata:
                return Place("text", element, None, node.start, node.end)
        if before[-1:] == "<":
            return Place("tag", element, None, offset, offset)
        return Place("text", element, None, offset, offset)

    def _is_behind(self, element: ElementSyntax, offset: int) -> bool:
        """Whether an offset is after the `>` of a start tag, and so in the content."""
        return offset == element.tag_end and element.is_terminated

    def _in_start_tag(self, element: ElementSyntax, offset: int) -> Place:
        if offset <= element.name_end:
            return Place("tag", element, None, element.start + 1, element.name_end)
        starts = [one.start for one in element.attributes]
        at = bisect_right(starts, offset) - 1
        if at >= 0:
            one = element.attributes[at]
            if offset <= one.name_end:
                return Place("attribute", element, one, one.start, one.name_end)
            if one.raw is not None and one.value_start <= offset <= one.value_end:
                return Place("value", element, one, one.value_start, one.value_end)
        return Place("space", element, None, offset, offset)


def _node_at(nodes: list[SyntaxNode], offset: int) -> SyntaxNode | None:
    """Return the last node that begins before an offset; the first one if none does."""
    at = bisect_left(nodes, offset, key=lambda node: node.start) - 1
    return nodes[max(at, 0)] if nodes else None
