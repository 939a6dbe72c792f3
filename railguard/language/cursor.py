"""Finds the syntax at the cursor in a document, which may be broken: a validator call, a placeholder, a variable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from railguard.language.embedded_syntax import Call, TemplatePlace, calls, template_places
from railguard.rail import grammar
from railguard.rail.syntax import AttributeSyntax, Document, ElementSyntax, TextSyntax
from railguard.rail.tolerant import tree

__all__ = [
    "TEXT_HOLDERS",
    "CallAt",
    "Named",
    "as_document",
    "call_at",
    "calls_of",
    "declarations",
    "definitions",
    "is_rules",
    "parent_tag",
    "template_at",
    "text_at",
    "uses_of_definitions",
    "uses_of_variables",
]

TEXT_HOLDERS = frozenset({"message", "prompt", "instructions", "reask_prompt", "reask_instructions"})
"""Elements whose text is a template, including those of older documents."""

_MOST_CALLS = 1_000  # the most calls of one attribute that are read
_MOST_OF_RULES = 50_000  # the most characters of one attribute that are searched for a call


class CallAt(NamedTuple):
    """A validator call, and the position of an offset in it.

    Attributes:
        call: the call.
        at: the index in the attribute's value of the character at the offset.
        in_name: whether it is in the name, and not in the arguments.
        name_start: the start of the name in the document.
        name_end: the end of the name in the document.
    """

    call: Call
    at: int
    in_name: bool
    name_start: int
    name_end: int


class Named(NamedTuple):
    """A name in a document: of a variable or a definition.

    Attributes:
        name: The name.
        start: Where it begins.
        end: Where it ends.
        element: The element that declares it; None for a use.
    """

    name: str
    start: int
    end: int
    element: ElementSyntax | None = None


def as_document(text: str | Document) -> Document:
    """Return the tree of a text, or the given tree itself."""
    return text if isinstance(text, Document) else tree(text)


def is_rules(attribute: AttributeSyntax) -> bool:
    """Whether an attribute contains validator calls."""
    return attribute.name == "validators"


def calls_of(element: ElementSyntax) -> list[Call]:
    """Return the validator calls of an element."""
    found = element.attribute("validators")
    return [] if found is None else grammar.parse_calls(found.value, _MOST_CALLS)


def call_at(attribute: AttributeSyntax, offset: int) -> CallAt | None:
    """Return the call at an offset in a `validators` attribute; None between two calls."""
    if attribute.value_end - attribute.value_start > _MOST_OF_RULES:
        return None
    value, index = attribute.value, attribute.index_of(offset)
    found = None
    for call in calls(value):
        if call.offset <= index:
            found = call
    if found is None or value.find(";", found.offset + len(found.source), index) >= 0:
        return None
    name_end = found.offset + len(found.name)
    return CallAt(found, index, index <= name_end, attribute.offset_of(found.offset), attribute.offset_of(name_end))


def parent_tag(element: ElementSyntax) -> str | None:
    """Return the tag of the parent element."""
    return None if element.parent is None else element.parent.tag


def text_at(document: Document, offset: int) -> tuple[ElementSyntax, TextSyntax] | None:
    """Return the element and the piece of its template at an offset, or None."""
    element = document.element_at(offset)
    if element is None or element.tag not in TEXT_HOLDERS:
        return None
    for child in element.children:
        if isinstance(child, TextSyntax) and child.text_start <= offset <= child.text_start + len(child.raw):
            return element, child
    return None


def template_at(document: Document, offset: int) -> tuple[TemplatePlace, int] | None:
    """Return the placeholder at an offset, and the start of its piece of text in the document; or None."""
    held = text_at(document, offset)
    if held is None:
        return None
    start = held[1].text_start
    for place in template_places(held[1].raw):
        if start + place.start < offset <= start + place.end:
            return place, start
    return None


def declarations(document: Document) -> list[Named]:
    """Return the variables that <input> declares, each with the position of its name."""
    return list(_names_in(document, "input"))


def definitions(document: Document) -> list[Named]:
    """Return the names that <definitions> defines."""
    return list(_names_in(document, "definitions"))


def _names_in(document: Document, tag: str) -> Iterator[Named]:
    root = document.root
    for block in root.elements if root is not None else ():
        if block.tag != tag:
            continue
        for element in block.elements:
            name = element.attribute("name")
            if name is not None and name.raw is not None:
                yield Named(name.value, name.value_start, name.value_end, element)


def uses_of_variables(document: Document) -> Iterator[Named]:
    """Yield the variables in the messages with the positions of their names, in document order."""
    for element in document.walk():
        if element.tag not in TEXT_HOLDERS:
            continue
        for child in element.children:
            if isinstance(child, TextSyntax):
                for place in template_places(child.raw):
                    if place.kind == "variable" and place.name:
                        start = child.text_start + place.name_start
                        yield Named(place.name, start, start + len(place.name))


def uses_of_definitions(document: Document) -> Iterator[Named]:
    """Yield the names in <ref to="…">, in document order."""
    for element in document.walk():
        to = element.attribute("to") if element.tag == "ref" else None
        if to is not None and to.raw is not None:
            yield Named(to.value, to.value_start, to.value_end)
