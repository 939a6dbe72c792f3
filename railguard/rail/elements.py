"""The type elements: one row per tag, used by the reader and the writer. To add a type, add a row.

A row defines the node that an element becomes, the attributes that it has in addition to the common ones, and its
allowed children.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal

from railguard.rail.attributes import (
    COUNT,
    EXAMPLES,
    FLAG,
    NUMBER,
    ON_FAIL,
    PATTERN,
    STEP,
    STRING_FORMAT,
    STRPTIME,
    TEXT,
    VALUES,
    Attribute,
)
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    StringNode,
    UnionNode,
)
from railguard.schema.formats import FORMATS, StringFormat
from railguard.validation import JsonType

__all__ = ["COMMON", "MEMBER", "ROWS", "TAGS", "ElementType", "default_of", "row_of"]

COMMON: tuple[Attribute, ...] = (
    Attribute("title", "title", TEXT, "A short title for the value, shown to the model."),
    Attribute("description", "description", TEXT, "What the value means, in words for the model."),
    Attribute("hint", "hint", TEXT, "Words for the model about the form of the value. Nothing checks them."),
    Attribute("nullable", "nullable", FLAG, "Whether null is a value too."),
    Attribute("examples", "examples", EXAMPLES, "A list of example values: `['Ann', 'Bo']`."),
    Attribute(
        "on-fail", "on_fail", ON_FAIL, "What happens when the value itself is wrong: its type, its format, its bounds."
    ),
)
"""Attributes of every type element, in addition to `validators` and `on-fail-NAME`."""

MEMBER = ("name", "required", "default")
"""Attributes of an element that is a member of an object."""

ANY_TYPE: frozenset[JsonType] = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})

_LENGTHS = (
    Attribute("min-length", "min_length", COUNT, "The least number of characters."),
    Attribute("max-length", "max_length", COUNT, "The greatest number of characters."),
)
_PATTERN = Attribute(
    "pattern", "pattern", PATTERN, "A regular expression that is searched in the text, as JSON Schema reads it."
)
_BOUNDS = (
    Attribute("minimum", "minimum", NUMBER, "The least value."),
    Attribute("maximum", "maximum", NUMBER, "The greatest value."),
    Attribute("exclusive-minimum", "exclusive_minimum", NUMBER, "The value is greater than this number."),
    Attribute("exclusive-maximum", "exclusive_maximum", NUMBER, "The value is less than this number."),
    Attribute("multiple-of", "multiple_of", STEP, "The value is a multiple of this number."),
)
_ITEMS = (
    Attribute("min-items", "min_items", COUNT, "The least number of items."),
    Attribute("max-items", "max_items", COUNT, "The greatest number of items."),
    Attribute("unique", "unique", FLAG, "Whether all items must differ."),
)
_PROPERTIES = (
    Attribute("min-properties", "min_properties", COUNT, "The least number of keys."),
    Attribute("max-properties", "max_properties", COUNT, "The greatest number of keys."),
    Attribute(
        "extra", None, FLAG, "Whether keys that are no member are kept; an `<extra>` inside says what they hold."
    ),
)


@dataclass(frozen=True, eq=False)
class ElementType:
    """One element. types: the JSON types of its values. doc: a description of its values. content: the kind of its
    children. fixed: node fields that its tag sets. needs: required attributes. plain: the type of a `default` written
    without braces.
    """

    tag: str
    node: type[Node]
    types: frozenset[JsonType]
    doc: str
    own: tuple[Attribute, ...] = ()
    content: Literal["nothing", "item", "fields", "cases", "options"] = "nothing"
    aliases: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    plain: type | tuple[type, ...] | None = None

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """All attributes of the element, except validators, on-fail-NAME and those of a member."""
        return COMMON + self.own


def _types(*names: JsonType) -> frozenset[JsonType]:
    return frozenset(names)


_STRING = _types("string")


_OF_FORMATS = {
    "url": "text: a URL with a scheme and a host",
    "email": "text: an e-mail address",
    "percentage": 'text: a number and a percent sign, `"12.5%"`',
    "date": "text: a day that exists, `2024-05-31`",
    "time": "text: a time of day, `17:30:00`",
    "date-time": "text: both, `2024-05-31T17:30:00Z`",
}


def _of_format(format: StringFormat, tag: str) -> ElementType:
    """Return the row for a format that has its own element."""
    own: tuple[Attribute, ...] = (*_LENGTHS, _PATTERN)
    if format.strptime_attribute is not None:
        doc = "How it is written, as strptime says it: `%d.%m.%Y`."
        own = (*own, Attribute(format.strptime_attribute, "strptime", STRPTIME, doc))
    doc = _OF_FORMATS.get(tag) or f"text: {format.article} {format.one} {format.such_as}".rstrip()
    return ElementType(
        tag, StringNode, _STRING, doc, own, aliases=format.aliases, fixed={"format": format.name}, plain=str
    )


_FORMAT = Attribute("format", "format", STRING_FORMAT, "A format of text that is checked.")
_VALUES = Attribute("values", "values", VALUES, "The allowed values: `red, green`, or a literal, `{[1, 2, 'none']}`.")
_DISCRIMINATOR = Attribute("discriminator", "discriminator", TEXT, "The name of the member that says which case it is.")
_DISCRIMINATOR_DOC = Attribute(
    "discriminator-description", "discriminator_description", TEXT, "What the discriminator means, for the model."
)
_TO = Attribute("to", "name", TEXT, "The name of the definition that it refers to.")

ROWS: tuple[ElementType, ...] = (
    *(_of_format(format, format.element) for format in FORMATS.values() if format.element is not None),
    ElementType("string", StringNode, _STRING, "text", (*_LENGTHS, _PATTERN, _FORMAT), plain=str),
    ElementType(
        "integer",
        IntegerNode,
        _types("integer"),
        'a whole number; `true`, `"36"` and `12.7` are none',
        _BOUNDS,
        plain=int,
    ),
    ElementType(
        "float", FloatNode, _types("number"), "a finite number", _BOUNDS, aliases=("number",), plain=(int, float)
    ),
    ElementType("bool", BooleanNode, _types("boolean"), "`true` or `false`", aliases=("boolean",), plain=bool),
    ElementType(
        "enum",
        EnumNode,
        ANY_TYPE,
        "one of `values`; equal is same type and same value",
        (_VALUES,),
        needs=("values",),
        plain=str,
    ),
    ElementType("list", ListNode, _types("array"), "a list", _ITEMS, "item"),
    ElementType("object", ObjectNode, _types("object"), "an object", _PROPERTIES, "fields"),
    ElementType(
        "choice",
        ChoiceNode,
        _types("object"),
        "an object whose discriminator says which case it is",
        (_DISCRIMINATOR, _DISCRIMINATOR_DOC),
        "cases",
        needs=("discriminator",),
    ),
    ElementType("any", AnyNode, ANY_TYPE, "any JSON value"),
    ElementType("null", NullNode, _types("null"), "null"),
    ElementType("union", UnionNode, ANY_TYPE, "a value of one of its elements", (), "options"),
    ElementType("ref", RefNode, ANY_TYPE, "a value of the definition named `to`", (_TO,), needs=("to",)),
)

TAGS: dict[str, ElementType] = {tag: row for row in ROWS for tag in (row.tag, *row.aliases)}
"""Maps a tag to its row."""


def row_of(node: Node) -> ElementType | None:
    """Return the row that writes a node, or None."""
    for row in ROWS:
        if row.node is type(node) and all(getattr(node, name) == value for name, value in row.fixed.items()):
            return row
    return None


def default_of(node: type[Node], name: str) -> Any:
    """Return a node field's default, or MISSING if the field is required."""
    return next((f.default for f in fields(node) if f.name == name), MISSING)
