"""The keywords of JSON Schema: which of them constrain, and values of which type.

A schema without `type` whose keywords all belong to one type has that type: the one departure from the specification.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from railguard.values import json_key

__all__ = [
    "CONSTRAINTS",
    "FAMILIES",
    "FAMILY_OF",
    "FORMAT_NAMES",
    "GROUPS",
    "HARMLESS",
    "HIGHEST",
    "HOLDS",
    "LOWEST",
    "OBJECT",
    "RULES",
    "UNEVALUATED",
    "distinct",
    "enumerated",
    "format_check",
    "has_type",
    "told",
    "type_names",
    "type_of",
    "types_of",
    "without_annotations",
    "words",
]


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


RULES = "x-railguard-rules"
"""The keyword under which the rules of a pydantic source travel: a list of numbers."""

UNEVALUATED = ("unevaluatedItems", "unevaluatedProperties")

HIGHEST = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")
LOWEST = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
OBJECT = ("properties", "additionalProperties", "patternProperties")
GROUPS = (
    ("items", "prefixItems"),
    ("if", "then", "else"),
    ("contains", "minContains", "maxContains"),
    ("contentEncoding", "contentMediaType", "contentSchema"),
    *((keyword,) for keyword in ("anyOf", "oneOf", "not", "propertyNames", "dependentRequired", "dependentSchemas")),
    *((keyword,) for keyword in ("format", "pattern", "multipleOf", "$ref", "allOf")),
)
CONSTRAINTS = frozenset(
    [*HIGHEST, *LOWEST, *OBJECT, *UNEVALUATED, "type", "enum", "const", "required", "uniqueItems", RULES]
    + [keyword for group in GROUPS for keyword in group]
)
"""Every keyword that a value can break, and the rules. All others are annotations, as the specification says."""


FAMILIES: dict[str, frozenset[str]] = {
    "string": words("minLength maxLength pattern format contentEncoding contentMediaType contentSchema"),
    "number": words("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf"),
    "array": words("items prefixItems contains minContains maxContains minItems maxItems uniqueItems unevaluatedItems"),
    "object": words(
        "properties additionalProperties patternProperties required minProperties maxProperties propertyNames "
        "dependentRequired dependentSchemas unevaluatedProperties"
    ),
}
"""Keywords that look at values of one type only; of integers as of numbers."""

FAMILY_OF = {"integer": "number"}
HOLDS: dict[str, frozenset[str]] = {
    "string": frozenset(("minLength", "maxLength", "pattern", "format")),
    "number": FAMILIES["number"],
    "array": frozenset(("items", "minItems", "maxItems", "uniqueItems")),
    "object": frozenset(("properties", "additionalProperties", "required", "minProperties", "maxProperties")),
}
"""What the tree holds of each."""

HARMLESS = frozenset(("minContains", "maxContains", "contentSchema", "then", "else"))
"""Keywords that say nothing without the one they belong to."""


def without_annotations(schema: dict[str, Any]) -> dict[str, Any]:
    """The keywords of a schema that constrain values."""
    return {keyword: value for keyword, value in schema.items() if keyword in CONSTRAINTS}


def type_names(stated: Any) -> list[str]:
    """A `type` as a list."""
    return list(dict.fromkeys(stated)) if isinstance(stated, list) else [stated]


def enumerated(schema: dict[str, Any]) -> list[Any] | None:
    """The values that `enum` and `const` leave; None if there is neither."""
    if "const" in schema:
        const = schema["const"]
        inside = "enum" not in schema or json_key(const) in {json_key(value) for value in schema["enum"]}
        return [const] if inside else []
    return schema.get("enum")


FORMAT_NAMES = {"idn-email": "email", "guid": "uuid"}
"""JSON Schema's names of formats where the tree has another."""


def format_check(name: str) -> Callable[[str], bool] | None:
    """The check of a format by JSON Schema's name for it; None for a format that nothing checks."""
    from railguard.schema import formats

    dated = {"date": formats.is_date, "time": formats.is_time, "date-time": formats.is_date_time}
    return dated.get(name) or formats.FORMATS.get(FORMAT_NAMES.get(name, name))


def types_of(flat: dict[str, Any]) -> list[str]:
    """The types a schema names; those its keywords name if it names none; [] for any."""
    if "type" in flat:
        names = type_names(flat["type"])
        return [name for name in names if not (name == "integer" and "number" in names)]
    families = [family for family, keywords in FAMILIES.items() if not keywords.isdisjoint(flat)]
    if len(families) != 1:
        return []
    if (
        families == ["string"]
        and not FAMILIES["string"] & flat.keys() - {"format"}
        and format_check(flat["format"]) is None
    ):
        return []
    return families


def distinct(values: Iterable[Any]) -> list[Any]:
    """JSON values without those that equal an earlier one."""
    found: dict[Any, Any] = {}
    for value in values:
        found.setdefault(json_key(value), value)
    return list(found.values())


def type_of(value: Any) -> str:
    """The JSON type of a value; a whole number is an integer, however it is written."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    found: dict[type, str] = {type(None): "null", str: "string", int: "integer", list: "array", dict: "object"}
    return found[type(value)]


def has_type(value: Any, types: Sequence[str]) -> bool:
    """Whether a value is of one of the types."""
    name = type_of(value)
    return name in types or (name == "integer" and "number" in types)


def told(raw: dict[str, Any]) -> dict[str, Any]:
    """What a schema says about itself: words, default and rules."""
    return {k: v for k, v in raw.items() if k in ("title", "description", "examples", "default", RULES)}
