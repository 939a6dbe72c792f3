"""Writes rules as JSON Schema keywords: those of a validator's constraint, combined with the node's own keywords.

Only if a failing value cannot be in the output (on-fail reask, fix_reask, exception or refrain): values that are kept,
fixed or removed must not be forbidden to the model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from railguard.lazy import regex
from railguard.schema.targets import Dialect
from railguard.validation import Rule
from railguard.validation.vocabulary import KEYWORDS
from railguard.values import JsonSchema

__all__ = ["is_portable", "narrowing_of", "pushed_keywords"]

_VALUES = ("enum", "const", "format")
"""Keywords that define a text's values, or its form, by themselves."""
_MOST_VALUES = 250  # values of an enum; more would make requests that providers refuse
# Syntax that RE2 supports but ECMA-262, JSON Schema's dialect, does not: flags, (?P<name>…), \A, \z, \Q…\E, \C,
# [[:alpha:]].
_RE2_ONLY = regex(r"\\(?P<escape>.)|\(\?(?!:|<[^=!])|\[\[:", re.DOTALL)


def pushed_keywords(rule: Rule, body: JsonSchema, dialect: Dialect) -> JsonSchema | None:
    """Return the keywords of a rule, combined with those of `body`; None if keywords cannot express it there."""
    kind = body.get("type")
    if not rule.forbids or not isinstance(kind, str):
        return None
    demanded = rule.constraint(kind)
    return _beside(body, demanded, kind, dialect) if demanded else None


def narrowing_of(rule: Rule, body: JsonSchema, dialect: Dialect) -> JsonSchema | None:
    """Return the keywords that narrow decoding for a rule, combined with those of `body`; None if there are none."""
    if not rule.forbids or not rule.narrowing or body.get("type") != "string" or not body.keys().isdisjoint(_VALUES):
        return None
    return _beside(body, rule.narrowing, "string", dialect)


def _beside(body: JsonSchema, demanded: Mapping[str, Any], kind: str, dialect: Dialect) -> JsonSchema | None:
    """Combine keywords with those of a schema; None if the target cannot express the result."""
    if not all(_known(keyword, value, kind, dialect) for keyword, value in demanded.items()):
        return None
    joined: JsonSchema = {}
    for keyword, value in demanded.items():
        there = body.get(keyword)
        both = value if there is None else _joined(keyword, there, value)
        if both is None:
            return None
        joined[keyword] = both
    after = {**body, **joined}
    pairs = ((row.name, row.upper) for row in KEYWORDS.values() if row.name in after and row.upper in after)
    return joined if all(after[low] <= after[high] for low, high in pairs if high is not None) else None


def is_portable(pattern: str) -> bool:
    """Whether a pattern has the same meaning in RE2 and ECMA-262."""
    return not any(match["escape"] is None or match["escape"] in "AzQEC" for match in _RE2_ONLY.finditer(pattern))


def _known(keyword: str, value: Any, kind: str, dialect: Dialect) -> bool:
    if keyword == "enum":
        return len(value) <= _MOST_VALUES and (
            dialect.enums is None or all(type(one) in dialect.enums for one in value)
        )
    return dialect.knows(keyword, value, kind) and (keyword != "pattern" or is_portable(value))


def _joined(keyword: str, there: Any, value: Any) -> Any:
    """Return one value that expresses both; None if one keyword cannot."""
    join = KEYWORDS[keyword].joined
    if join is None:
        return there if there == value else None
    return join(there, value) or None if keyword == "enum" else join(there, value)
