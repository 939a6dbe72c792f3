"""Parses the content of attributes and messages: validator calls and placeholders, with their offsets."""

from __future__ import annotations

from typing import Literal, NamedTuple

from railguard.lazy import regex
from railguard.rail import grammar
from railguard.rail.grammar import Call

__all__ = ["Call", "TemplatePlace", "calls", "template_places"]

_PLACE = regex(r"\$\$|\$\{(gr\.)?+(\w*+)(\})?")
_SCHEMAS = ("output_schema", "xml_output_schema")


class TemplatePlace(NamedTuple):
    """A placeholder in a message.

    Attributes:
        kind: "variable" for `${name}`, "primitive" for `${gr.NAME}`, "schema" for `${output_schema}`.
        name: the name in it; "" if none is written yet.
        start: the index of its `$`.
        end: the index of its end.
        name_start: the index of the name, after `${` or `${gr.`.
        is_closed: whether it has a closing `}`.
    """

    kind: Literal["variable", "primitive", "schema"]
    name: str
    start: int
    end: int
    name_start: int
    is_closed: bool


def calls(text: str) -> list[Call]:
    """Parse the validator calls in a `validators` attribute, each with the offsets of its name and its arguments. A
    broken call carries its error; later ones are parsed all the same.

    Args:
        text: the value of the attribute. Offsets count its characters; `AttributeSyntax.offset_of` gives the
            document's.

    Returns:
        One `Call` for each part between semicolons.
    """
    return grammar.parse_calls(text)


def template_places(text: str) -> list[TemplatePlace]:
    """Find the placeholders of a message in the syntax of version 1.0, including unclosed ones.

    Args:
        text: the message.

    Returns:
        The placeholders in order; `$$` is not one.
    """
    found = []
    for match in _PLACE.finditer(text):
        if match[0] == "$$":
            continue
        name = match[2]
        kind: Literal["variable", "primitive", "schema"] = (
            "primitive" if match[1] else "schema" if name in _SCHEMAS else "variable"
        )
        found.append(TemplatePlace(kind, name, match.start(), match.end(), match.start(2), match[3] is not None))
    return found
