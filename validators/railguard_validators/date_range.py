"""date-range: a date or a point in time between two others."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from railguard import FailResult, validator
from railguard_validators._wording import shown

_DATE = r"(\d{4}-\d\d-\d\d)"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_MOMENT = re.compile(rf"{_DATE}(?:[Tt]({_TIME})(?:\.(\d{{1,30}}))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?", re.ASCII)
_DAY = 86_400


class _Moment(NamedTuple):
    """The content of a text: the day as written, the seconds since the year 1 (in UTC if `zoned`), the digits after the
    decimal point. A date has no seconds.
    """

    day: int
    seconds: int | None
    fraction: str
    zoned: bool


class DateRange:
    """A date (YYYY-MM-DD) or a date-time (YYYY-MM-DDThh:mm:ss, optionally with decimals and Z or an offset; RFC 3339),
    not before `min` and not after `max`. The bounds determine the comparison:

    - bounds that are dates: by day. A date-time counts as the day that is written in it, whatever its offset.
    - bounds that are date-times with Z or an offset: by the instant. Dates, and date-times without offset, fail.
    - bounds that are date-times without one: by the written time. Dates, and date-times with an offset, fail.

    A moving bound, such as today, must be set when the rule is made. The second 60 of a leap second is refused. There
    is no fix.

    min: the first date or date-time that passes; None for no bound.
    max: the last one that passes; None for no bound.

    >>> rule = date_range("2024-01-01", "2024-12-31")
    >>> rule.run("2024-02-29")
    >>> rule.run("2025-01-01").message
    '"2025-01-01" is too late; it must be 2024-12-31 or earlier.'
    >>> date_range(min="2024-01-01T00:00:00Z").run("2024-01-01T00:30:00+01:00").message
    '"2024-01-01T00:30:00+01:00" is too early; it must be 2024-01-01T00:00:00Z or later.'
    """

    __slots__ = ("_by_day", "_max", "_max_text", "_min", "_min_text", "_wanted", "_zoned", "prompt")

    def __init__(self, min: str | None = None, max: str | None = None) -> None:
        bounds = [(name, text, _bound(name, text)) for name, text in (("min", min), ("max", max)) if text is not None]
        if not bounds:
            raise ValueError("give min or max, or use iso-date for any date")
        kinds = {(bound.seconds is None, bound.zoned) for _, _, bound in bounds}
        if len(kinds) > 1:
            raise ValueError(
                f"min is {min!r} and max is {max!r}; write both as dates, or as date-times with an offset, or without one"
            )
        self._by_day, self._zoned = kinds.pop()
        self._min = _bound("min", min) if min is not None else None
        self._max = _bound("max", max) if max is not None else None
        self._min_text, self._max_text = min, max
        if self._min and self._max and self._before(self._max, self._min):
            raise ValueError(f"max is {max!r} and min is {min!r}; nothing lies between them")
        what, example = ("date", "2024-05-31") if self._by_day else ("date-time", "2024-05-31T09:30:00")
        self._wanted = f"a {what} as {example}{'Z' if self._zoned else ''}"
        if min is not None and max is not None:
            self.prompt = f"{self._wanted}, from {min} to {max}"
        else:
            self.prompt = f"{self._wanted}, {min} or later" if min is not None else f"{self._wanted}, {max} or earlier"

    def __call__(self, value: str) -> FailResult | None:
        found = _read(value)
        if isinstance(found, str):
            return FailResult(f"{shown(value)} is not {self._wanted}{found}.")
        if not self._by_day and (found.seconds is None or found.zoned is not self._zoned):
            lacks = "an offset such as Z or +02:00" if self._zoned else "no offset"
            what = "it has no time of day" if found.seconds is None else f"it must have {lacks}"
            return FailResult(f"{shown(value)} is not {self._wanted}: {what}.")
        if self._min and self._before(found, self._min):
            return FailResult(f"{shown(value)} is too early; it must be {self._min_text} or later.")
        if self._max and self._before(self._max, found):
            return FailResult(f"{shown(value)} is too late; it must be {self._max_text} or earlier.")
        return None

    def _before(self, a: _Moment, b: _Moment) -> bool:
        if self._by_day:
            return a.day < b.day
        return (a.seconds or 0, a.fraction) < (b.seconds or 0, b.fraction)


def _bound(name: str, text: str) -> _Moment:
    bound = _read(text)
    if isinstance(bound, str):
        raise ValueError(f"{name} is {text!r}; write a date as 2024-05-31 or a date-time as 2024-05-31T09:30:00Z")
    return bound


def _read(text: str) -> _Moment | str:
    """Parse a text; otherwise return the error, in words that follow "is not a date"."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return ""
    try:
        day = date.fromisoformat(found[1]).toordinal()
    except ValueError:
        return ": there is no such day"
    if found[2] is None:
        return _Moment(day, None, "", False)
    hours, minutes, seconds = map(int, found[2].split(":"))
    since = day * _DAY + hours * 3600 + minutes * 60 + seconds
    offset = found[4] or ""
    if len(offset) > 1:
        since -= (1 if offset[0] == "+" else -1) * (int(offset[1:3]) * 3600 + int(offset[4:6]) * 60)
    return _Moment(day, since, (found[3] or "").rstrip("0"), bool(offset))


date_range = validator("date-range", subject="Formats")(DateRange)
