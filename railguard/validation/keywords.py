"""The keywords of JSON Schema that a validator may give as its constraint, and what each of them takes (draft 2020-12,
validation, 6). Whatever else a `constraint` answers is refused when the rule is made, before a schema is sent anywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from railguard.errors import SpecError

__all__ = ["keywords"]


def _count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _schema(value: Any) -> bool:
    return isinstance(value, (bool, dict))


def _schemas(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_schema, value))


def _by_name(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(name, str) for name in value)


_TAKES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(
        (
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
            "minContains",
            "maxContains",
        ),
        ("a whole number, 0 or more", _count),
    ),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), ("a number", _number)),
    "multipleOf": ("a number above 0", lambda value: _number(value) and value > 0),
    **dict.fromkeys(("pattern", "format"), ("a text", lambda value: isinstance(value, str))),
    "enum": ("a list with something in it", lambda value: isinstance(value, list) and bool(value)),
    "const": ("any value", lambda value: True),
    "uniqueItems": ("true or false", lambda value: isinstance(value, bool)),
    "required": ("a list of names", _names),
    "dependentRequired": ("lists of names by name", lambda value: _by_name(value) and all(map(_names, value.values()))),
    **dict.fromkeys(
        ("contains", "propertyNames", "not", "items", "additionalProperties", "if", "then", "else"),
        ("a schema", _schema),
    ),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), ("a list of schemas", _schemas)),
    **dict.fromkeys(
        ("properties", "patternProperties", "dependentSchemas"),
        ("schemas by name", lambda value: _by_name(value) and all(map(_schema, value.values()))),
    ),
}


def keywords(validator: str, answer: Any) -> Mapping[str, Any] | None:
    """What a validator's `constraint` answers, checked. Raises SpecError, code "validator-constraint".

    >>> keywords("short", {"maxLength": 3})
    {'maxLength': 3}
    >>> keywords("short", {"maxLength": "3"})
    Traceback (most recent call last):
    railguard.errors.SpecError: error[validator-constraint]: the constraint of validator 'short' has '3' as maxLength
      hint: maxLength takes a whole number, 0 or more
    """
    if answer is None:
        return None
    if not isinstance(answer, Mapping):
        raise _wrong(validator, f"is {answer!r:.60}", "it is a dict of keywords of JSON Schema, or None")
    for name, value in answer.items():
        if name not in _TAKES:
            raise _wrong(validator, f"has {name!r:.40}", f"the keywords it may have are {', '.join(sorted(_TAKES))}")
        takes, fits = _TAKES[name]
        if not fits(value):
            raise _wrong(validator, f"has {value!r:.60} as {name}", f"{name} takes {takes}")
        if name == "pattern":
            _check_pattern(validator, value)
    return answer


def _check_pattern(validator: str, pattern: str) -> None:
    from railguard.validation import patterns

    try:
        patterns.compile(pattern)
    except SpecError as error:
        problem = error.problems[0]
        raise _wrong(validator, f"has a pattern that cannot be run: {problem.message}", problem.hint) from error


def _wrong(validator: str, what: str, hint: str | None) -> SpecError:
    return SpecError.of(f"the constraint of validator {validator!r} {what}", code="validator-constraint", hint=hint)
