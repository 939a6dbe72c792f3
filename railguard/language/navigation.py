"""Names in a document: finds declarations and uses of variables and definitions, and renames them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from railguard.errors import InputError
from railguard.language.cursor import (
    Named,
    as_document,
    declarations,
    definitions,
    template_at,
    uses_of_definitions,
    uses_of_variables,
)
from railguard.lazy import regex
from railguard.rail.syntax import Document

__all__ = ["Edit", "Symbol", "declared_at", "references", "renamed", "symbol_at"]

_VARIABLE = regex(r"[^\W\d]\w*")


class Symbol(NamedTuple):
    """A name at an offset.

    Attributes:
        kind: "variable" or "definition".
        name: The name.
        start: Where it begins.
        end: Where it ends.
    """

    kind: Literal["variable", "definition"]
    name: str
    start: int
    end: int


class Edit(NamedTuple):
    """A change of a document.

    Attributes:
        start: The start of the replaced text.
        end: Where it ends.
        text: The new text.
    """

    start: int
    end: int
    text: str


def symbol_at(text: str | Document, offset: int) -> Symbol | None:
    """Return the variable or definition at an offset, at its declaration or at a use.

    Args:
        text: A RAIL document, however broken, or its tree.
        offset: Where, as an index of the text.

    Returns:
        The name, or None.
    """
    document = as_document(text)
    found = template_at(document, offset)
    if found is not None:
        place, base = found
        if place.kind != "variable" or not place.name:
            return None
        start = base + place.name_start
        return Symbol("variable", place.name, start, start + len(place.name))
    at = document.place(offset)
    if at.kind != "value" or at.element is None or at.attribute is None:
        return None
    element, attribute = at.element, at.attribute
    if element.tag == "ref" and attribute.name == "to":
        return Symbol("definition", attribute.value, at.start, at.end)
    around = element.parent
    if attribute.name != "name" or around is None or around.parent is None or around.parent is not document.root:
        return None
    if around.tag == "input":
        return Symbol("variable", attribute.value, at.start, at.end)
    return Symbol("definition", attribute.value, at.start, at.end) if around.tag == "definitions" else None


def declared_at(text: str | Document, offset: int) -> Named | None:
    """Return the declaration of the variable or definition at an offset.

    Args:
        text: A RAIL document, however broken, or its tree.
        offset: Where, as an index of the text.

    Returns:
        The declaration; None if there is none, or if there is no name at the offset.
    """
    document = as_document(text)
    symbol = symbol_at(document, offset)
    if symbol is None:
        return None
    named = declarations(document) if symbol.kind == "variable" else definitions(document)
    return next((one for one in named if one.name == symbol.name), None)


def references(text: str | Document, offset: int) -> list[Named]:
    """Return the declaration and all uses of the variable or definition at an offset.

    Args:
        text: A RAIL document, however broken, or its tree.
        offset: Where, as an index of the text.

    Returns:
        The declaration and the uses, in document order; empty if there is no name at the offset.
    """
    document = as_document(text)
    symbol = symbol_at(document, offset)
    if symbol is None:
        return []
    if symbol.kind == "variable":
        named = [*declarations(document), *uses_of_variables(document)]
    else:
        named = [*definitions(document), *uses_of_definitions(document)]
    return sorted((one for one in named if one.name == symbol.name), key=lambda one: one.start)


def renamed(text: str | Document, offset: int, name: str) -> list[Edit]:
    """Return the edits that rename the variable or definition at an offset everywhere.

    Args:
        text: A RAIL document, however broken, or its tree.
        offset: Where, as an index of the text.
        name: The new name.

    Returns:
        The edits, in document order.

    Raises:
        InputError: If there is nothing to rename, or the new name is invalid or already in use.
    """
    document = as_document(text)
    symbol = symbol_at(document, offset)
    if symbol is None:
        raise InputError("only a variable or a definition can be renamed")
    if symbol.kind == "variable" and not _VARIABLE.fullmatch(name):
        raise InputError(f"{name!r:.60} is not a valid variable name: letters, digits and _")
    if not name.strip() or any(sign in name for sign in "<>&\"'\n"):
        raise InputError(f"{name!r:.60} cannot be written as a name")
    taken = declarations(document) if symbol.kind == "variable" else definitions(document)
    if name != symbol.name and any(one.name == name for one in taken):
        raise InputError(f"there is a {symbol.kind} named {name!r:.60} already")
    return [Edit(one.start, one.end, name) for one in references(document, offset)]
