"""Formats values, numbers and counts for validators' messages: every JSON value is accepted, and large ones are
shortened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any

__all__ = ["counted", "listed", "number", "shown", "within"]

_LONGEST_INTEGER = 40  # the most digits that are written out


def shown(value: Any, limit: int = 60) -> str:
    """Return a value as JSON, cut after about `limit` characters; text that JSON cannot encode is escaped.

    >>> shown("a\\nb"), shown([1, {"a": None}]), shown("x" * 99, 5), shown(10**50)
    ('"a\\\\nb"', '[1, {"a": null}]', '"xxxxx…"', 'an integer of 51 digits')
    """
    if isinstance(value, str):
        text = json.dumps(value[:limit] + "…" if len(value) > limit else value, ensure_ascii=False)
    elif isinstance(value, bool) or value is None:
        return "null" if value is None else "true" if value else "false"
    elif isinstance(value, (int, float)):
        return number(value)
    else:
        try:
            text = json.dumps(value, ensure_ascii=False)
        except (ValueError, TypeError, RecursionError):
            return "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else "a value"
        if len(text) > limit:
            text = text[:limit] + "…"
    return text.encode("utf-8", "backslashreplace").decode()


def number(value: float) -> str:
    """Return a number as people write it: 10 for 10.0, and large whole numbers without an exponent.

    >>> number(10.0), number(0.1), number(-3), number(float("nan"))
    ('10', '0.1', '-3', 'NaN')
    """
    if isinstance(value, float):
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
        if not value.is_integer() or abs(value) >= 1e16:
            return repr(value)
        value = int(value)
    if abs(value).bit_length() * 0.30103 > _LONGEST_INTEGER:
        return f"an integer of {_digits(value)} digits"
    return str(value)


def _digits(value: int) -> int:
    value = abs(value)
    digits = int(value.bit_length() * 0.30102999566398120)
    return digits + 1 if value >= 10**digits else digits


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a count and its noun: 1 word, 2 words, 1,200 words.

    >>> counted(1, "word"), counted(1200, "word"), counted(2, "entry", "entries")
    ('1 word', '1,200 words', '2 entries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(values: Iterable[Any], most: int = 50) -> str:
    """Return values as JSON, separated by commas; of more than `most` only the first ones.

    >>> listed(["a", 1, None]), listed(range(9), 2)
    ('"a", 1, null', '0, 1 and 7 more')
    """
    rest = iter(values)
    text = ", ".join(shown(value) for value in islice(rest, most))
    left = sum(1 for _ in rest)
    return f"{text} and {left:,} more" if left else text


def within(least: int, most: int | None) -> str:
    """Return the bounds of a count in words.

    >>> within(0, 5), within(2, None), within(3, 3), within(1, 1000)
    ('at most 5', 'at least 2', 'exactly 3', 'between 1 and 1,000')
    """
    if most is None:
        return f"at least {least:,}"
    if least == most:
        return f"exactly {least:,}"
    return f"between {least:,} and {most:,}" if least else f"at most {most:,}"
