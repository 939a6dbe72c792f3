"""The elements that are not types: the children of <rail>, messages, cases. One row per tag, used by the reader and by
tools.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from railguard.rail.attributes import FLAG, TEXT, Attribute, AttributeKind, writable
from railguard.rail.elements import TAGS
from railguard.spec import RepairPolicy, ShownAs

__all__ = ["BLOCKS", "PRESERVE", "REPAIRS", "SHOWN", "STRICT", "TABLE", "Block", "attribute_names"]

STRICT = "1.0"
"""The version in which documents are strict."""

BLOCKS = ("input", "definitions", "output", "messages", "reask")
"""The children of <rail> in version 1.0."""

PRESERVE = "xml:space"
REPAIRS: tuple[str, ...] = get_args(RepairPolicy)
SHOWN: tuple[str, ...] = get_args(ShownAs)

VERSION = AttributeKind("version", str, writable)
ROLE = AttributeKind("role", str, writable)
TYPE = AttributeKind("type", str, writable)
REPAIR = AttributeKind("repair", str, writable)
SHOWN_AS = AttributeKind("shown-as", str, writable)
SPACE = AttributeKind("space", str, writable)


@dataclass(frozen=True, eq=False)
class Block:
    """One element that is not a type.

    doc: its purpose. attributes: its own attributes. inside: its allowed children. needs: its required attributes.
    rules: whether it has `validators` and on-fail-NAME. text: whether it contains text. like: the type element whose
    attributes it also has.
    """

    tag: str
    doc: str
    attributes: tuple[Attribute, ...] = ()
    inside: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    rules: bool = False
    text: bool = False
    like: str | None = None


_TYPES = tuple(TAGS)
_MEMBERS = (*_TYPES, "extra")

TABLE: Mapping[str, Block] = {
    block.tag: block
    for block in (
        Block(
            "rail",
            "The whole document.",
            (
                Attribute("version", None, VERSION, 'The version of RAIL: `"1.0"` has every misspelling refused.'),
                Attribute("name", None, TEXT, "What the spec is called in messages."),
            ),
            BLOCKS,
            needs=("version",),
        ),
        Block(
            "input",
            "The variables of the messages, each an element with a name, checked before the call.",
            inside=_MEMBERS,
            rules=True,
            like="object",
        ),
        Block("definitions", 'Elements with a name, which `<ref to="…"/>` refers to.', inside=_TYPES),
        Block(
            "output",
            "What must come out: an object, unless `type` names another element, whose attributes it then has.",
            (
                Attribute("type", None, TYPE, "The element that the output is, `object` by default."),
                Attribute("repair", None, REPAIR, "Which local repairs are allowed, `lossless` by default."),
                Attribute(
                    "shown-as", None, SHOWN_AS, "How a model is shown the output: `types`, `json-schema` or `xml`."
                ),
                Attribute("strict", None, FLAG, "Of older documents. Version 1.0 is always strict."),
            ),
            _MEMBERS,
            rules=True,
            like="object",
        ),
        Block("messages", "The conversation that asks for the output.", inside=("message",), rules=True),
        Block("reask", "The author's own words for asking again.", inside=("message",)),
        Block(
            "message",
            "One message. Its text is a template: `${name}` is a variable, `${gr.NAME}` a text of railguard's.",
            (
                Attribute("role", None, ROLE, "Who says it."),
                Attribute(PRESERVE, None, SPACE, "`preserve` keeps indentation and blank lines as they are."),
            ),
            needs=("role",),
            rules=True,
            text=True,
        ),
        Block(
            "case",
            "The members that stand beside a discriminator of this value.",
            (Attribute("name", None, TEXT, "The value of the discriminator."),),
            _MEMBERS,
            needs=("name",),
            rules=True,
            like="object",
        ),
        Block("extra", "What other keys of the object hold: one element.", inside=_TYPES),
    )
}
"""Maps a tag to its row."""


def attribute_names(tag: str) -> tuple[str, ...]:
    """Return the names of a block's own attributes."""
    return tuple(attribute.name for attribute in TABLE[tag].attributes)
