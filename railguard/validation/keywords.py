"""The keywords of JSON Schema that a validator may return as its constraint, and their values (draft 2020-12,
validation, 6). Any other result of `constraint` is refused when the rule is created, before a schema is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from railguard.errors import SpecError
from railguard.validation.vocabulary import KEYWORDS

__all__ = ["keywords"]


def keywords(validator: str, answer: Any, what: str = "constraint") -> Mapping[str, Any] | None:
    """Check the keywords from a validator's `constraint` or `narrowing` and return them. Raises SpecError, code
    "validator-constraint".

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
        raise _wrong(
            f"the {what} of validator {validator!r}",
            f"is {answer!r:.60}",
            "it is a dict of keywords of JSON Schema, or None",
        )
    for name, value in answer.items():
        row = KEYWORDS.get(name)
        if row is None or not row.implied:
            may = ", ".join(sorted(row.name for row in KEYWORDS.values() if row.implied))
            raise _wrong(
                f"the {what} of validator {validator!r}", f"has {name!r:.40}", f"the keywords it may have are {may}"
            )
        if not row.takes.fits(value):
            raise _wrong(
                f"the {what} of validator {validator!r}",
                f"has {value!r:.60} as {name}",
                f"{name} takes {row.takes.words}",
            )
        if name == "pattern":
            _check_pattern(f"the {what} of validator {validator!r}", value)
    return answer


def _check_pattern(of: str, pattern: str) -> None:
    from railguard.validation import patterns

    try:
        patterns.compile(pattern)
    except SpecError as error:
        problem = error.problems[0]
        raise _wrong(of, f"has a pattern that cannot be run: {problem.message}", problem.hint) from error


def _wrong(of: str, what: str, hint: str | None) -> SpecError:
    return SpecError.of(f"{of} {what}", code="validator-constraint", hint=hint)
