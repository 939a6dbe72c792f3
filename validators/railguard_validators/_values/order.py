"""The order of values: numbers as numbers, percentages as numbers, timestamps by time, other texts by code point. Other
values have no order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

__all__ = ["comparable", "has_order", "percents"]

_PERCENTAGE = re.compile(r"([+-]?(?:\d+(?:\.\d+)?|\.\d+)) ?%", re.ASCII)
_TIMESTAMP = re.compile(  # date-time of RFC 3339, section 5.6, with the space that it allows instead of the T
    r"(\d{4}-\d\d-\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)


def percents(text: str) -> Decimal | None:
    """Return the number of a percentage, exactly as written; None for any other text.

    >>> percents("12.50%"), percents("+1 %"), percents("12")
    (Decimal('12.50'), Decimal('1'), None)
    """
    found = _PERCENTAGE.fullmatch(text)
    return None if found is None else Decimal(found[1])


def has_order(value: Any) -> bool:
    """Whether a value can be compared: a number or a text, not NaN.

    >>> has_order(1), has_order(""), has_order(True), has_order(None), has_order([1])
    (True, True, False, False, False)
    """
    return type(value) is str or (type(value) in (int, float) and value == value)


def comparable(values: Sequence[Any]) -> Sequence[Any] | None:
    """Return keys that Python can compare and that have the values' order; None if the values cannot be compared with
    each other.

    >>> comparable(["9%", "10%"]), comparable(["9", "10%"]), comparable([1, "1"])
    ([Decimal('9'), Decimal('10')], ['9', '10%'], None)
    >>> one, two = comparable(["2024-05-31T12:00:00+02:00", "2024-05-31T10:00:00.0Z"])
    >>> one == two
    True
    """
    if not all(map(has_order, values)):
        return None
    texts = sum(isinstance(value, str) for value in values)
    if not texts:
        return values
    if texts < len(values):
        return None
    for read in (percents, _instant):
        if (keys := _all(read, values)) is not None:
            return keys
    return values


def _all(read: Callable[[str], Any], texts: Sequence[str]) -> list[Any] | None:
    keys = []
    for text in texts:
        key = read(text)
        if key is None:
            return None
        keys.append(key)
    return keys


def _instant(text: str) -> tuple[int, str] | None:
    """Return the seconds since the year 1, and the digits of the fraction. A leap second is the first second of the
    next minute.
    """
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        return None
    day, hour, minute, second, fraction, sign, hours, minutes = found.groups()
    try:
        days = date.fromisoformat(day).toordinal()
    except ValueError:
        return None
    offset = (int(hours) * 60 + int(minutes)) * (-1 if sign == "-" else 1) if sign else 0
    seconds = ((days * 24 + int(hour)) * 60 + int(minute) - offset) * 60 + int(second)
    return seconds, (fraction or "").rstrip("0")
