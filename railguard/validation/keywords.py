"""The keywords of JSON Schema that a validator may give as its constraint, and what each of them takes (draft 2020-12,
validation, 6). Whatever else a `constraint` answers is refused when the rule is made, before a schema is sent anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from railguard.errors import SpecError
from railguard.validation.vocabulary import KEYWORDS

__all__ = ["keywords"]


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
        row = KEYWORDS.get(name)
        if row is None or not row.implied:
            may = ", ".join(sorted(row.name for row in KEYWORDS.values() if row.implied))
            raise _wrong(validator, f"has {name!r:.40}", f"the keywords it may have are {may}")
        if not row.takes.fits(value):
            raise _wrong(validator, f"has {value!r:.60} as {name}", f"{name} takes {row.takes.words}")
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
