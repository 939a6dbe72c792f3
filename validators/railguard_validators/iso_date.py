"""iso-date: a calendar date."""

from __future__ import annotations

import re
from datetime import date

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import shown

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_OTHER = re.compile(r"\s*(?:(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})(\d\d)(\d\d))\s*", re.ASCII)


class IsoDate:
    """An existing day, written YYYY-MM-DD (RFC 3339 full-date, the extended form of ISO 8601).

    The fix writes dates in the same order with other separators, without any, or without leading zeros in that form.
    A date such as 1/2/2024 has no fix: it is the first of February to some and the second of January to others.

    >>> iso_date().run("2024-02-29")
    >>> iso_date().run("2023-02-29").message
    '"2023-02-29" is not a date: there is no such day.'
    >>> iso_date().run("2024/5/1").fix
    '2024-05-01'
    """

    __slots__ = ()

    def __call__(self, value: str) -> FailResult | None:
        if _DATE.fullmatch(value):
            if _exists(value):
                return None
            return FailResult(f"{shown(value)} is not a date: there is no such day.")
        fix = None
        if len(value) < 100 and (other := _OTHER.fullmatch(value)):
            year, month, day = (other[1], other[3], other[4]) if other[1] else (other[5], other[6], other[7])
            fix = f"{year}-{month:0>2}-{day:0>2}"
        message = f"{shown(value)} is not a date written as YYYY-MM-DD, for example 2024-05-31."
        return FailResult(message, fix=fix if fix and _exists(fix) else UNSET)

    def constraint(self, json_type: str) -> dict[str, str] | None:
        """Return the equivalent keyword of JSON Schema."""
        return {"format": "date"} if json_type == "string" else None


def _exists(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


iso_date = validator("iso-date", subject="Formats", prompt="a date as 2024-05-31")(IsoDate)
