"""cron: the schedule of a job."""

from __future__ import annotations

import re

from railguard import FailResult, validator
from railguard_validators._wording import counted, shown

_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    ("day of the week", 0, 7, {name: number for number, name in enumerate(_DAYS)}),
)
_NICKNAMES = frozenset(["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"])
_PART = re.compile(r"(?:(\*)|([0-9]{1,2}|[A-Za-z]{3})(?:-([0-9]{1,2}|[A-Za-z]{3}))?)(?:/([0-9]{1,2}))?")


@validator("cron", subject="Formats", aliases=("cron-expression",), prompt="a cron expression of five fields")
def cron(value: str) -> FailResult | None:
    """A schedule of five fields as crontab(5) reads it: minute, hour, day of the month, month, day of the week; each *,
    a number, a range, a list, or one of these with a step (*/5, 1-5, MON,FRI). Names of months and days are allowed,
    and so are @hourly, @daily, @weekly, @monthly and @yearly. There is no fix.

    >>> cron().run("*/15 9-17 * * MON-FRI")
    >>> cron().run("61 * * * *").message
    'The minute "61" of the cron expression is outside 0-59.'
    >>> cron().run("* * *").message
    'A cron expression has 5 fields (minute, hour, day of the month, month, day of the week); this one has 3 fields.'
    """
    if value in _NICKNAMES:
        return None
    fields = value.split(None, 5)
    if len(fields) != 5:
        names = ", ".join(name for name, *_ in _FIELDS)
        count = counted(len(value.split()), "field")
        return FailResult(f"A cron expression has 5 fields ({names}); this one has {count}.")
    for text, (name, least, most, words) in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            if flaw := _flaw(part, least, most, words):
                return FailResult(f"The {name} {shown(part)} of the cron expression {flaw}.")
    return None


def _flaw(part: str, least: int, most: int, words: dict[str, int]) -> str | None:
    found = _PART.fullmatch(part)
    if found is None:
        return "is not *, a number, a range such as 1-5, or one of these with a step such as */5"
    star, first, last, step = found.groups()
    if step is not None and int(step) == 0:
        return "has the step 0"
    if star:
        return None
    if step is not None and last is None:
        return "has a step without a range; write */5 or 1-5/2"
    bounds = []
    for text in (first, last):
        if text is None:
            continue
        number = words.get(text.upper()) if text.isalpha() else int(text)
        if number is None:
            return f"has the name {shown(text)}, which is none here"
        if not least <= number <= most:
            return f"is outside {least}-{most}"
        bounds.append(number)
    return "is a range that ends before it starts" if bounds[0] > bounds[-1] else None
