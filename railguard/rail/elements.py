"""The type elements: one row a tag, read by the reader and the writer alike. To add a type, add a row.

A row says which node an element becomes, which attributes it has beyond those of all elements, and what may stand
inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal

from railguard.rail.attributes import (
    COUNT,
    EXAMPLES,
    FLAG,
    FORMAT,
    NUMBER,
    ON_FAIL,
    PATTERN,
    STEP,
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

__all__ = ["COMMON", "MEMBER", "OTHER_NAMES", "ROWS", "TAGS", "Row", "default_of", "row_of"]

COMMON: tuple[Attribute, ...] = (
    Attribute("title", "title", TEXT),
    Attribute("description", "description", TEXT),
    Attribute("hint", "hint", TEXT),
    Attribute("nullable", "nullable", FLAG),
    Attribute("examples", "examples", EXAMPLES),
    Attribute("on-fail", "on_fail", ON_FAIL),
)
"""Attributes of every type element, beside `validators` and `on-fail-NAME`."""

MEMBER = ("name", "required", "default")
"""Attributes of an element that is a member of an object."""

ANY_TYPE: frozenset[JsonType] = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})

_LENGTHS = (Attribute("min-length", "min_length", COUNT), Attribute("max-length", "max_length", COUNT))
_PATTERN = Attribute("pattern", "pattern", PATTERN)
_BOUNDS = (
    Attribute("minimum", "minimum", NUMBER),
    Attribute("maximum", "maximum", NUMBER),
    Attribute("exclusive-minimum", "exclusive_minimum", NUMBER),
    Attribute("exclusive-maximum", "exclusive_maximum", NUMBER),
    Attribute("multiple-of", "multiple_of", STEP),
)
_ITEMS = (
    Attribute("min-items", "min_items", COUNT),
    Attribute("max-items", "max_items", COUNT),
    Attribute("unique", "unique", FLAG),
)
_PROPERTIES = (
    Attribute("min-properties", "min_properties", COUNT),
    Attribute("max-properties", "max_properties", COUNT),
    Attribute("extra", None, FLAG),
)


@dataclass(frozen=True)
class Row:
    """One element. types: the JSON types of its values. content: what stands inside. fixed: fields its tag settles.
    needs: attributes that must be given. plain: the type of a `default` written without braces."""

    tag: str
    node: type[Node]
    types: frozenset[JsonType]
    own: tuple[Attribute, ...] = ()
    content: Literal["nothing", "item", "fields", "cases", "options"] = "nothing"
    aliases: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    plain: type | tuple[type, ...] | None = None

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """All that the element may have, beside validators, on-fail-NAME and those of a member."""
        return COMMON + self.own


def _types(*names: JsonType) -> frozenset[JsonType]:
    return frozenset(names)


_STRING = _types("string")


def _of_format(format: StringFormat, tag: str) -> Row:
    """The element of a format that has one of its own."""
    own: tuple[Attribute, ...] = (*_LENGTHS, _PATTERN)
    if format.strptime_attribute is not None:
        own = (*own, Attribute(format.strptime_attribute, "strptime", STRPTIME))
    return Row(tag, StringNode, _STRING, own, aliases=format.aliases, fixed={"format": format.name}, plain=str)


ROWS: tuple[Row, ...] = (
    *(_of_format(format, format.element) for format in FORMATS.values() if format.element is not None),
    Row("string", StringNode, _STRING, (*_LENGTHS, _PATTERN, Attribute("format", "format", FORMAT)), plain=str),
    Row("integer", IntegerNode, _types("integer"), _BOUNDS, plain=int),
    Row("float", FloatNode, _types("number"), _BOUNDS, aliases=("number",), plain=(int, float)),
    Row("bool", BooleanNode, _types("boolean"), aliases=("boolean",), plain=bool),
    Row("enum", EnumNode, ANY_TYPE, (Attribute("values", "values", VALUES),), needs=("values",), plain=str),
    Row("list", ListNode, _types("array"), _ITEMS, "item"),
    Row("object", ObjectNode, _types("object"), _PROPERTIES, "fields"),
    Row(
        "choice",
        ChoiceNode,
        _types("object"),
        (
            Attribute("discriminator", "discriminator", TEXT),
            Attribute("discriminator-description", "discriminator_description", TEXT),
        ),
        "cases",
        needs=("discriminator",),
    ),
    Row("any", AnyNode, ANY_TYPE),
    Row("null", NullNode, _types("null")),
    Row("union", UnionNode, ANY_TYPE, (), "options"),
    Row("ref", RefNode, ANY_TYPE, (Attribute("to", "name", TEXT),), needs=("to",)),
)

TAGS: dict[str, Row] = {tag: row for row in ROWS for tag in (row.tag, *row.aliases)}
"""tag → row."""


OTHER_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("text", "str", "char", "varchar", "uuid", "markdown", "html"), "string"),
    **dict.fromkeys(("int", "long", "whole", "int32", "int64", "count"), "integer"),
    **dict.fromkeys(("double", "decimal", "num", "real", "money", "currency"), "float"),
    **dict.fromkeys(("array", "tuple", "set", "items", "sequence"), "list"),
    **dict.fromkeys(("dict", "map", "struct", "record", "model", "schema"), "object"),
    **dict.fromkeys(("timestamp", "date_time"), "date-time"),
    **dict.fromkeys(("uri", "link", "href", "website"), "url"),
    **dict.fromkeys(("mail", "e-mail"), "email"),
    **dict.fromkeys(("percent",), "percentage"),
    **dict.fromkeys(("literal", "select", "choices", "options"), "enum"),
    **dict.fromkeys(("anyof", "oneof", "optional"), "union"),
    **dict.fromkeys(("none", "nil"), "null"),
    **dict.fromkeys(("reference", "$ref"), "ref"),
    "logical": "bool",
}
"""What other languages call a type → its element here."""


def row_of(node: Node) -> Row | None:
    """The row that writes a node, None if there is none."""
    for row in ROWS:
        if row.node is type(node) and all(getattr(node, name) == value for name, value in row.fixed.items()):
            return row
    return None


def default_of(node: type[Node], name: str) -> Any:
    """What a field of a node is if nobody says; MISSING if somebody must."""
    return next((f.default for f in fields(node) if f.name == name), MISSING)
