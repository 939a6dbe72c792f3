"""The keywords of JSON Schema, draft 2020-12: one row per keyword, used by every package. To add a keyword, add a row.

A row defines the keyword's value, the node attribute for it, its check, pydantic-core's name for it, and how two of it
are combined. The English messages are in `prompting/issue_messages.py`, under the same names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

from railguard.values import json_key

__all__ = ["JSON_TYPES", "KEYWORDS", "Family", "JsonType", "Keyword", "KeywordKind", "is_multiple", "keywords_for_type"]

JsonType: TypeAlias = Literal["string", "integer", "number", "boolean", "array", "object", "null"]
JSON_TYPES: tuple[JsonType, ...] = get_args(JsonType)

Family: TypeAlias = Literal["string", "number", "array", "object"]
"""The JSON type of the values that a keyword applies to; integers belong to the family "number"."""

Check: TypeAlias = Callable[[Any], bool]


@dataclass(frozen=True, slots=True, eq=False)
class KeywordKind:
    """The kind of a keyword's value. words: a description after "it takes". fits: whether a value has this kind.

    schemas: "one", "many" or "named" if the value contains schemas, whose content the caller checks. whole: whether 3.0
    is read as 3.
    """

    words: str
    fits: Check
    schemas: Literal["one", "many", "named"] | None = None
    whole: bool = False


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_by_name(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(name, str) for name in value)


def _is_type(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in JSON_TYPES for name in names)


def _is_json(value: Any) -> bool:
    todo = [value]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            todo.extend(value.values())
            if not _is_by_name(value):
                return False
        elif isinstance(value, list):
            todo.extend(value)
        elif value is not None and not isinstance(value, (str, bool)) and not _is_number(value):
            return False
    return True


def _is_schema(value: Any) -> bool:
    return isinstance(value, (bool, dict))


_COUNT = KeywordKind("a whole number, 0 or more", lambda v: _is_number(v) and v >= 0 and v == int(v), whole=True)
_NUMBER = KeywordKind("a number", _is_number)
_STEP = KeywordKind("a number above 0", lambda v: _is_number(v) and v > 0)
_TEXT = KeywordKind("a text", lambda v: isinstance(v, str))
_FLAG = KeywordKind("true or false", lambda v: isinstance(v, bool))
_NAMES = KeywordKind("a list of names", _is_names)
_NAMES_BY_NAME = KeywordKind("lists of names by name", lambda v: _is_by_name(v) and all(map(_is_names, v.values())))
_TYPE = KeywordKind(f"one of {', '.join(JSON_TYPES)}, or a list of them", _is_type)
_VALUES = KeywordKind(
    "a list of JSON values, with something in it", lambda v: isinstance(v, list) and bool(v) and _is_json(v)
)
_VALUE = KeywordKind("JSON data", _is_json)
_SCHEMA = KeywordKind("a schema", _is_schema, "one")
_SCHEMAS = KeywordKind(
    "a list of schemas, with something in it",
    lambda v: isinstance(v, list) and bool(v) and all(map(_is_schema, v)),
    "many",
)
_SCHEMAS_BY_NAME = KeywordKind(
    "schemas by name", lambda v: _is_by_name(v) and all(map(_is_schema, v.values())), "named"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Keyword:
    """One keyword.

    name: JSON Schema's. takes: what its value must be. family: the type of the values it looks at, None for all of
    them.

    attribute: the field that holds it on the nodes of its family. held: whether the tree holds it at all; if not, a
    rule enforces it. check: makes the check of a value from the keyword's own value, for values whose type is sound.

    core: the constraint of pydantic-core that is exactly this one. errors: the errors of pydantic-core that mean it.

    joined: of two values of it, the one that says both; None: they are only joined if they are equal. upper: the
    keyword that is its upper bound. group: the keyword whose group it is merged with, by default its own. with_: the
    keywords that it cannot be understood without. alone: False if it says nothing without the first of its group.

    in_place: whether its schemas look at the same value as the schema that it is in. annotates: it constrains nothing.
    implied: whether a validator may say by it what it demands.
    """

    name: str
    takes: KeywordKind
    family: Family | None = None
    attribute: str | None = None
    held: bool = False
    check: Callable[[Any], Check] | None = None
    core: str | None = None
    errors: tuple[str, ...] = ()
    joined: Callable[[Any, Any], Any] | None = None
    upper: str | None = None
    group: str = ""
    with_: tuple[str, ...] = ()
    alone: bool = True
    in_place: bool = False
    annotates: bool = False
    implied: bool = True


def _at_least(bound: Any) -> Check:
    return lambda value: bool(value >= bound)


def _at_most(bound: Any) -> Check:
    return lambda value: bool(value <= bound)


def _above(bound: Any) -> Check:
    return lambda value: bool(value > bound)


def _below(bound: Any) -> Check:
    return lambda value: bool(value < bound)


def _has_at_least(bound: Any) -> Check:
    return lambda value: len(value) >= bound


def _has_at_most(bound: Any) -> Check:
    return lambda value: len(value) <= bound


def is_multiple(value: float, step: float) -> bool:
    """Whether a number is a multiple of another, both as they are spelled: 0.3 is one of 0.1."""
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    if isinstance(value, float) and not math.isfinite(value):
        return False
    from fractions import Fraction

    exact, exact_step = (Fraction(one) if isinstance(one, int) else Fraction(repr(one)) for one in (value, step))
    return exact % exact_step == 0


def _multiple_of(step: Any) -> Check:
    return lambda value: is_multiple(value, step)


def _matches(pattern: Any) -> Check:
    from railguard.validation import patterns

    search = patterns.compile(pattern).search
    return lambda value: bool(search(value))


def _all_different(wanted: Any) -> Check:
    return lambda value: not wanted or len({json_key(item) for item in value}) == len(value)


def _one_of(values: Any) -> Check:
    allowed = {json_key(value) for value in values}
    return lambda value: json_key(value) in allowed


def _all_names(one: Any, other: Any) -> list[str]:
    return list(dict.fromkeys([*one, *other]))


def _in_both(one: Any, other: Any) -> list[Any]:
    allowed = {json_key(value) for value in other}
    return [value for value in one if json_key(value) in allowed]


def _either(one: Any, other: Any) -> bool:
    return bool(one or other)


def _row(name: str, takes: KeywordKind, family: Family | None = None, **more: Any) -> Keyword:
    return Keyword(name=name, takes=takes, family=family, **{"group": name, **more})


def _held(name: str, takes: KeywordKind, family: Family, attribute: str, check: Any, **more: Any) -> Keyword:
    return _row(name, takes, family, attribute=attribute, held=True, check=check, **more)


_KEYWORDS = (
    _row("type", _TYPE, held=True, implied=False),
    _row("enum", _VALUES, held=True, check=_one_of, errors=("literal_error", "enum"), joined=_in_both),
    _row("const", _VALUE, held=True),
    # texts
    _held(
        "minLength",
        _COUNT,
        "string",
        "min_length",
        _has_at_least,
        core="min_length",
        errors=("string_too_short",),
        joined=max,
        upper="maxLength",
    ),
    _held(
        "maxLength",
        _COUNT,
        "string",
        "max_length",
        _has_at_most,
        core="max_length",
        errors=("string_too_long",),
        joined=min,
    ),
    _held("pattern", _TEXT, "string", "pattern", _matches, errors=("string_pattern_mismatch",)),
    _held("format", _TEXT, "string", "format", None),  # its check is in its row of schema/formats.py
    _row("contentEncoding", _TEXT, "string"),
    _row("contentMediaType", _TEXT, "string", group="contentEncoding", with_=("contentEncoding", "contentSchema")),
    _row("contentSchema", _SCHEMA, "string", group="contentEncoding", alone=False, implied=False),
    # numbers
    _held(
        "minimum",
        _NUMBER,
        "number",
        "minimum",
        _at_least,
        core="ge",
        errors=("greater_than_equal",),
        joined=max,
        upper="maximum",
    ),
    _held("maximum", _NUMBER, "number", "maximum", _at_most, core="le", errors=("less_than_equal",), joined=min),
    _held(
        "exclusiveMinimum",
        _NUMBER,
        "number",
        "exclusive_minimum",
        _above,
        core="gt",
        errors=("greater_than",),
        joined=max,
    ),
    _held(
        "exclusiveMaximum", _NUMBER, "number", "exclusive_maximum", _below, core="lt", errors=("less_than",), joined=min
    ),
    _held("multipleOf", _STEP, "number", "multiple_of", _multiple_of, errors=("multiple_of",)),
    # lists
    _row("items", _SCHEMA, "array", held=True, with_=("prefixItems",)),
    _row("prefixItems", _SCHEMAS, "array", group="items", with_=("items",)),
    _held(
        "minItems",
        _COUNT,
        "array",
        "min_items",
        _has_at_least,
        core="min_length",
        errors=("too_short",),
        joined=max,
        upper="maxItems",
    ),
    _held("maxItems", _COUNT, "array", "max_items", _has_at_most, core="max_length", errors=("too_long",), joined=min),
    _held("uniqueItems", _FLAG, "array", "unique", _all_different, joined=_either),
    _row("contains", _SCHEMA, "array", with_=("minContains", "maxContains")),
    _row("minContains", _COUNT, "array", group="contains", alone=False),
    _row("maxContains", _COUNT, "array", group="contains", alone=False),
    _row(
        "unevaluatedItems",
        _SCHEMA,
        "array",
        group="unevaluated",
        with_=("items", "prefixItems", "contains", "minContains"),
        implied=False,
    ),
    # objects
    _row(
        "properties",
        _SCHEMAS_BY_NAME,
        "object",
        held=True,
    ),
    _row(
        "additionalProperties",
        _SCHEMA,
        "object",
        held=True,
        group="properties",
        with_=("properties", "patternProperties"),
        errors=("extra_forbidden", "no_such_attribute", "unexpected_keyword_argument"),
    ),
    _row(
        "patternProperties",
        _SCHEMAS_BY_NAME,
        "object",
        group="properties",
        with_=("properties", "additionalProperties"),
    ),
    _row(
        "required",
        _NAMES,
        "object",
        held=True,
        joined=_all_names,
        errors=("missing", "missing_argument", "missing_keyword_only_argument"),
    ),
    _held("minProperties", _COUNT, "object", "min_properties", _has_at_least, joined=max, upper="maxProperties"),
    _held("maxProperties", _COUNT, "object", "max_properties", _has_at_most, joined=min),
    _row("propertyNames", _SCHEMA, "object"),
    _row("dependentRequired", _NAMES_BY_NAME, "object"),
    _row("dependentSchemas", _SCHEMAS_BY_NAME, "object", in_place=True),
    _row(
        "unevaluatedProperties",
        _SCHEMA,
        "object",
        group="unevaluated",
        with_=("properties", "additionalProperties"),
        implied=False,
    ),
    # schemas on the same value
    _row("$ref", _TEXT, implied=False),
    _row("allOf", _SCHEMAS, in_place=True),
    _row("anyOf", _SCHEMAS, in_place=True),
    _row("oneOf", _SCHEMAS, in_place=True),
    _row("not", _SCHEMA, in_place=True),
    _row("if", _SCHEMA, in_place=True, with_=("then", "else")),
    _row("then", _SCHEMA, in_place=True, group="if", alone=False),
    _row("else", _SCHEMA, in_place=True, group="if", alone=False),
    # annotations
    *(
        _row(name, _TEXT, annotates=True, implied=False)
        for name in ("title", "description", "$id", "$anchor", "$dynamicAnchor", "$comment", "$schema")
    ),
    _row("default", _VALUE, annotates=True, implied=False),
    _row("$defs", _SCHEMAS_BY_NAME, annotates=True, implied=False),
    _row("definitions", _SCHEMAS_BY_NAME, annotates=True, implied=False),
)

KEYWORDS: dict[str, Keyword] = {row.name: row for row in _KEYWORDS}
"""The rows by name, in the order in which they are reported and written."""


def keywords_for_type(family: Family, *, attribute: bool = False) -> Iterable[Keyword]:
    """Return the keywords that apply to values of one type. attribute: only those with a field in its nodes."""
    return (row for row in KEYWORDS.values() if row.family == family and (row.attribute is not None or not attribute))
