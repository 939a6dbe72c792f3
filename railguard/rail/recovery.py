"""Reads a text that is not XML as far as possible, with its elements as they were probably meant, so that errors in
them are reported together with the XML errors.

Consequences of a syntax fault are not reported: a problem inside the broken part, and one that exists only because an
unclosed element contains the elements after it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator

from railguard.rail.dialect import OLD_ELEMENTS
from railguard.rail.elements import TAGS
from railguard.rail.other_elements import BLOCKS, TABLE
from railguard.rail.source import LONG_UNIT
from railguard.rail.syntax import Document, ElementSyntax, SyntaxNode, TextSyntax, resolved
from railguard.rail.xml import Element

__all__ = ["follows_from_no_fault", "recovered"]

_TEXTS = ("message", "prompt", "instructions", "reask_prompt", "reask_instructions", "script")
_OF_RAIL = (*BLOCKS, *OLD_ELEMENTS)
_OF_A_BROKEN_TAG = ("missing-name", "missing-attribute", "missing-child", "misplaced-element")
_OF_AN_UNCLOSED_ELEMENT = (
    "duplicate-element",
    "duplicate-name",
    "element-in-text",
    "misplaced-element",
    "missing-name",
    "no-effect",
    "stray-text",
    "too-many-items",
    "unknown-attribute",
)
_OF_WHAT_IS_NOT_THERE = ("no-output", "no-version", "schema-not-told")
_OF_THE_REST = ("missing-child", "unknown-definition", "undeclared-variable", "unused-variable")
_DEEPEST = 100


def recovered(document: Document, deepest: int) -> Element | None:
    """Return the elements of a text, which may not be XML; None if there are none, or they are nested too deeply. The
    content of each element is read when it is needed.
    """
    syntax = document.root
    if syntax is None or any(fault.code == "too-many-elements" for fault in document.faults):
        return None
    root, most = _Read(syntax), min(deepest, _DEEPEST)
    if document.shape.depth > most:  # unclosed elements may contain more levels than were meant
        todo = [(root, 1)]
        while todo:
            element, depth = todo.pop()
            if depth > most:
                return None
            todo += [(child, depth + 1) for child in element.children if isinstance(child, _Read)]
    return root


class _Read(Element):
    """An element of a text that may not be XML."""

    __slots__ = ("_content", "_syntax", "_values")

    def __init__(self, syntax: ElementSyntax) -> None:
        self.tag, self.offset = syntax.tag, syntax.start
        self.end = syntax.start if syntax.is_empty else syntax.close or syntax.end
        self._tag_end = syntax.tag_end
        self._spans = None
        self._syntax = syntax
        self._values: dict[str, str] | None = None
        self._content: list[Element | tuple[str, int]] | None = None

    @property
    def attributes(self) -> dict[str, str]:  # type: ignore[override]  # made when it is asked for
        """Name → value, in order."""
        if self._values is None:
            self._values = {}
            self._spans = {}
            for one in self._syntax.attributes:
                if one.raw is not None and one.name not in self._values:
                    self._values[one.name] = one.value
                    self._spans[one.name] = (one.start, one.value_start, one.value_end)
        return self._values

    def spans(self, text: str) -> dict[str, tuple[int, int, int]]:
        """Map each attribute to the offsets of its name, of its value's first character, and of the closing quote."""
        assert self.attributes is not None
        return super().spans(text)

    @property
    def content(self) -> list[Element | tuple[str, int]]:  # type: ignore[override]  # made when it is asked for
        """Elements and (text, offset in the source), in order."""
        if self._content is None:
            self._content = []
            for child in _inside(self._syntax):
                if isinstance(child, TextSyntax):
                    self._content += _pieces(child)
                elif isinstance(child, ElementSyntax):
                    self._content.append(_Read(child))
        return self._content


def _inside(syntax: ElementSyntax) -> Iterator[SyntaxNode]:
    """Yield the content of an element, with the content that unclosed elements in it cannot have."""
    todo = [iter(syntax.children if _holds_all(syntax) else _kept(syntax))]
    while todo:
        child = next(todo[-1], None)
        if child is None:
            todo.pop()
            continue
        yield child
        if isinstance(child, ElementSyntax) and not _holds_all(child):
            kept = {id(one) for one in _kept(child)}
            todo.append(iter([one for one in child.children if id(one) not in kept]))


def _holds_all(syntax: ElementSyntax) -> bool:
    return syntax.close is not None or syntax.is_empty or syntax.parent is None


def _kept(syntax: ElementSyntax) -> list[SyntaxNode]:
    """Return the content of an unclosed element: nothing if it is a leaf; otherwise its text, and no child of <rail>."""
    row = TAGS.get(syntax.tag)
    if row is not None and row.content == "nothing":
        return []
    if syntax.tag in _TEXTS:
        end = next((at for at, one in enumerate(syntax.children) if isinstance(one, ElementSyntax)), None)
        return syntax.children[:end]
    known = row is not None or syntax.tag in TABLE
    return [one for one in syntax.children if not (known and isinstance(one, ElementSyntax) and one.tag in _OF_RAIL)]


def _pieces(text: TextSyntax) -> Iterator[tuple[str, int]]:
    """Split the text into pieces, so that the characters of a piece have consecutive offsets in the source."""
    if text.cdata or ("&" not in text.raw and "\r" not in text.raw):
        if text.raw:
            yield text.value, text.text_start
        return
    at = 0
    for unit in LONG_UNIT.finditer(text.raw):
        if unit.start() > at:
            yield text.raw[at : unit.start()].replace("\r", "\n"), text.start + at
        yield "\n" if unit[0] == "\r\n" else resolved(unit[0]), text.start + unit.start()
        at = unit.end()
    if at < len(text.raw):
        yield text.raw[at:].replace("\r", "\n"), text.start + at


def follows_from_no_fault(document: Document) -> Callable[[str, int], bool]:
    """Return a function that says whether a problem, by its code and offset, is independent of the syntax faults."""
    at_fault = {fault.start: fault.code for fault in document.faults}
    starts = [fault.start for fault in document.faults]
    rest_is_lost = any(fault.code == "unclosed-element" for fault in document.faults)
    broken: set[int] = set()
    unfinished: set[int] = set()  # elements whose name may be incomplete
    values: list[tuple[int, int]] = []
    unclosed: list[tuple[int, int]] = []
    todo = [one for one in document.nodes if isinstance(one, ElementSyntax)]
    while todo:
        element = todo.pop()
        first = bisect_right(starts, element.start)
        if first < len(starts) and starts[first] <= element.tag_end:
            broken.add(element.start)
            if starts[first] == element.name_end:
                unfinished.add(element.start)
        if element.is_sound:  # so is all of its content
            continue
        if _touches(starts, element.start, element.tag_end):
            values += [(one.start, one.end) for one in element.attributes if _touches(starts, one.start, one.end - 1)]
        if not _holds_all(element) and _kept(element):
            unclosed.append((element.tag_end, element.end))
        todo += element.elements
    in_a_broken_value = _within(values)
    in_an_unclosed_element = _within(unclosed)

    def keep(code: str, at: int) -> bool:
        if at_fault.get(at) == code:
            return True
        if code in _OF_WHAT_IS_NOT_THERE or (rest_is_lost and code in _OF_THE_REST):
            return False
        if code == "unknown-element" and at in unfinished:
            return False
        if code in _OF_A_BROKEN_TAG and (at in broken or at in at_fault):
            return False
        if code in _OF_AN_UNCLOSED_ELEMENT and in_an_unclosed_element(at):
            return False
        if code == "stray-text" and _touches(starts, document.text.rfind("\n", 0, at), at + 1):
            return False
        return not in_a_broken_value(at)

    return keep


def _within(spans: list[tuple[int, int]]) -> Callable[[int], bool]:
    """Return a function that says whether an offset is in one of some parts of the text, which may be nested."""
    merged: list[list[int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    starts = [start for start, _ in merged]

    def within(at: int) -> bool:
        part = bisect_right(starts, at) - 1
        return part >= 0 and at <= merged[part][1]

    return within


def _touches(starts: list[int], start: int, end: int) -> bool:
    """Whether a fault begins in a part of the text."""
    at = bisect_right(starts, start - 1)
    return at < len(starts) and starts[at] <= end
