"""The keywords of JSON Schema: which of them constrain, and values of which type.

A schema without `type` whose keywords all belong to one type has that type: the one departure from the specification.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, get_args

from railguard.schema.formats import read_format
from railguard.validation.vocabulary import KEYWORDS, Family, keywords_of
from railguard.values import json_key

__all__ = [
    "CONSTRAINTS",
    "FAMILIES",
    "FAMILY_OF",
    "GROUPS",
    "HARMLESS",
    "HOLDS",
    "JOINED",
    "NAMES",
    "OBJECT",
    "RULES",
    "UNEVALUATED",
    "distinct",
    "enumerated",
    "fields_of",
    "has_type",
    "told",
    "type_names",
    "type_of",
    "types_of",
    "without_annotations",
]


NAMES = "x-railguard-names"
"""The keyword under which a field of a pydantic source says by which other names it is taken."""

RULES = "x-railguard-rules"
"""The keyword under which the rules of a pydantic source travel: a list of numbers."""

_ROWS = tuple(row for row in KEYWORDS.values() if not row.annotates)
CONSTRAINTS = frozenset([RULES, *(row.name for row in _ROWS)])
"""Every keyword that a value can break, and the rules. All others are annotations, as the specification says."""


def _group(name: str) -> tuple[str, ...]:
    return tuple(row.name for row in _ROWS if row.group == name)


UNEVALUATED = _group("unevaluated")
OBJECT = _group("properties")
JOINED = {row.name: row.joined for row in _ROWS if row.joined is not None and row.name != "enum"}
"""Keywords of which two become one that says both."""

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
"""Keywords that look at values of one type only; of integers as of numbers."""

FAMILY_OF = {"integer": "number"}
HOLDS: dict[str, frozenset[str]] = {
    family: frozenset(row.name for row in _ROWS if row.family == family and row.held) for family in get_args(Family)
}
"""What the tree holds of each."""

HARMLESS = frozenset(row.name for row in _ROWS if not row.alone)
"""Keywords that say nothing without the one they belong to."""


def fields_of(family: Family, schema: dict[str, Any]) -> dict[str, Any]:
    """The fields of a node that the keywords of a schema fill, by name."""
    rows = keywords_of(family, attribute=True)
    return {row.attribute: schema[row.name] for row in rows if row.attribute is not None and row.name in schema}


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
        and read_format(flat["format"]) is None
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
