"""Which rules a JSON Schema can say: the keywords of a validator's constraint, joined to those a node has already.

Only where a value that fails is no answer (on-fail reask, fix_reask, exception or refrain): what is kept, mended or left
out must not be forbidden to the model.
"""

from __future__ import annotations

import re
from typing import Any

from railguard.schema.targets import Dialect
from railguard.validation import Rule
from railguard.validation.vocabulary import KEYWORDS
from railguard.values import JsonSchema

__all__ = ["is_portable", "keywords_of"]

_MOST_VALUES = 250  # of an enum; more would make requests that providers refuse
# What RE2 reads and ECMA-262, JSON Schema's dialect, does not: flags, (?P<name>…), \A, \z, \Q…\E, \C, [[:alpha:]].
_RE2_ONLY = re.compile(r"\\(?P<escape>.)|\(\?(?!:|<[^=!])|\[\[:", re.DOTALL)


def keywords_of(rule: Rule, body: JsonSchema, dialect: Dialect) -> JsonSchema | None:
    """The keywords that say a rule beside those of `body`, joined with them; None if keywords cannot say it there."""
    kind = body.get("type")
    if not rule.forbids or not isinstance(kind, str):
        return None
    demanded = rule.constraint(kind)
    if not demanded or not all(_known(keyword, value, kind, dialect) for keyword, value in demanded.items()):
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
    """Whether RE2 and ECMA-262 read a pattern alike."""
    return not any(match["escape"] is None or match["escape"] in "AzQEC" for match in _RE2_ONLY.finditer(pattern))


def _known(keyword: str, value: Any, kind: str, dialect: Dialect) -> bool:
    if keyword == "enum":
        return len(value) <= _MOST_VALUES and (
            dialect.enums is None or all(type(one) in dialect.enums for one in value)
        )
    return dialect.knows(keyword, value, kind) and (keyword != "pattern" or is_portable(value))


def _joined(keyword: str, there: Any, value: Any) -> Any:
    """What says both; None if one keyword cannot."""
    join = KEYWORDS[keyword].joined
    if join is None:
        return there if there == value else None
    return join(there, value) or None if keyword == "enum" else join(there, value)
