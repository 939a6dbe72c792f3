"""The keywords of JSON Schema: which of them are constraints, and for values of which type.

A schema without `type` whose keywords all belong to one type has that type: the only deviation from the specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, get_args

from railguard.schema.formats import read_format
from railguard.validation.vocabulary import KEYWORDS, Family, keywords_for_type
from railguard.values import json_key

__all__ = [
    "CONSTRAINTS",
    "DEPENDENT_KEYWORDS",
    "FAMILIES",
    "FAMILY_OF",
    "GROUPS",
    "HOLDS",
    "JOINED",
    "NAMES_KEYWORD",
    "OBJECT",
    "RULES_KEYWORD",
    "UNEVALUATED",
    "annotations_of",
    "distinct",
    "enumerated",
    "has_type",
    "keyword_fields",
    "type_names",
    "types_of",
    "value_type",
    "without_annotations",
]


NAMES_KEYWORD = "x-railguard-names"
"""The keyword with the alternative names of a field in a pydantic source."""

RULES_KEYWORD = "x-railguard-rules"
"""The keyword with the rules of a pydantic source: a list of numbers."""

_ROWS = tuple(row for row in KEYWORDS.values() if not row.annotates)
CONSTRAINTS = frozenset([RULES_KEYWORD, *(row.name for row in _ROWS)])
"""Every keyword that a value can violate, and the rules. All others are annotations, as the specification defines."""


def _group(name: str) -> tuple[str, ...]:
    return tuple(row.name for row in _ROWS if row.group == name)


UNEVALUATED = _group("unevaluated")
OBJECT = _group("properties")
JOINED = {row.name: row.joined for row in _ROWS if row.joined is not None and row.name != "enum"}
"""Keywords of which two can be combined to one equivalent value."""

GROUPS = tuple(
    dict.fromkeys(
        _group(row.group)
        for row in _ROWS
        if row.joined is None and row.name not in ("type", "const", *OBJECT, *UNEVALUATED)
    )
)
"""Keywords that are merged together, and only with equal ones."""

FAMILIES: dict[str, frozenset[str]] = {
    family: frozenset(row.name for row in _ROWS if row.family == family) for family in get_args(Family)
}
"""Keywords that apply to values of one type only; integers have those of numbers."""

FAMILY_OF = {"integer": "number"}
HOLDS: dict[str, frozenset[str]] = {
    family: frozenset(row.name for row in _ROWS if row.family == family and row.held) for family in get_args(Family)
}
"""The keywords of each family that the tree supports."""

DEPENDENT_KEYWORDS = frozenset(row.name for row in _ROWS if not row.alone)
"""Keywords that have no meaning without the one they belong to."""


def keyword_fields(family: Family, schema: dict[str, Any]) -> dict[str, Any]:
    """Return the node fields that the keywords of a schema set, by name."""
    rows = keywords_for_type(family, attribute=True)
    return {row.attribute: schema[row.name] for row in rows if row.attribute is not None and row.name in schema}


def without_annotations(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords of a schema that constrain values."""
    return {keyword: value for keyword, value in schema.items() if keyword in CONSTRAINTS}


def type_names(stated: Any) -> list[str]:
    """Return a `type` as a list."""
    return list(dict.fromkeys(stated)) if isinstance(stated, list) else [stated]


def enumerated(schema: dict[str, Any]) -> list[Any] | None:
    """Return the values that `enum` and `const` allow; None if there is neither."""
    if "const" in schema:
        const = schema["const"]
        inside = "enum" not in schema or json_key(const) in {json_key(value) for value in schema["enum"]}
        return [const] if inside else []
    return schema.get("enum")


def types_of(flat: dict[str, Any]) -> list[str]:
    """Return the types of a schema; without `type`, those of its keywords; [] for any."""
    if "type" in flat:
        names = type_names(flat["type"])
        return [name for name in names if not (name == "integer" and "number" in names)]
    families = [family for family, keywords in FAMILIES.items() if not keywords.isdisjoint(flat)]
    if len(families) != 1:
        return []
    if (
        families == ["string"]
        and not FAMILIES["string"] & flat.keys() - {"format"}
        and read_format(flat["format"]) is None
    ):
        return []
    return families


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return JSON values without those that equal an earlier one."""
    found: dict[Any, Any] = {}
    for value in values:
        found.setdefault(json_key(value), value)
    return list(found.values())


def value_type(value: Any) -> str:
    """Return the JSON type of a value; a number without a fraction is an integer, however it is written."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    found: dict[type, str] = {type(None): "null", str: "string", int: "integer", list: "array", dict: "object"}
    return found[type(value)]


def has_type(value: Any, types: Sequence[str]) -> bool:
    """Whether a value has one of the types."""
    name = value_type(value)
    return name in types or (name == "integer" and "number" in types)


def annotations_of(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a schema's annotations, default and rules."""
    return {k: v for k, v in raw.items() if k in ("title", "description", "examples", "default", RULES_KEYWORD)}
