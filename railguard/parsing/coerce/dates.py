"""Converts dates and times in other notations to RFC 3339, or to the node's own format.

Only unambiguous texts are read: a numeric day and month are distinguished by a month's name, by the year before them,
or by a day above 12; a year has four digits; only seconds of zero are added, and only midnight and a right weekday are
dropped.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import NamedTuple

from railguard.lazy import regex
from railguard.schema import StringNode
from railguard.schema.formats import check_of, is_time, matches_strptime, read_strptime
from railguard.values import RepairClass

__all__ = ["Moment", "respelt"]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july",
            "aug august", "sep sept september", "oct october", "nov november", "dec december",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_WEEKDAY = regex(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_YEAR_FIRST = regex(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})|(\d{4})(\d{2})(\d{2})", re.ASCII)
_YEAR_LAST = regex(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_DAY_MONTH = regex(r"(\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+([A-Za-z]+)\.?,?[\s-]+(\d{4})", re.ASCII)
_MONTH_DAY = regex(r"([A-Za-z]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.ASCII)
_YEAR_MONTH_DAY = regex(r"(\d{4})[\s-]+([A-Za-z]+)\.?[\s-]+(\d{1,2})", re.ASCII)
_TIME = regex(
    r"(\d{1,2}):(\d{2})(?::(\d{2})([.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?",
    re.ASCII,
)
_HOUR = regex(r"(\d{1,2})\s*([AaPp])\.?[Mm]\.?", re.ASCII)
_BETWEEN = regex(r"[Tt]|\s+at\s+|,?\s+")


class Moment(NamedTuple):
    """value: the text in the required notation. kind: judgement if a part was dropped."""

    value: str
    kind: RepairClass = "lossless"


def respelt(text: str, node: StringNode) -> Moment | None:
    """Return a date or time in the notation that the node requires; None if it cannot be read, or only ambiguously.

    >>> respelt("Jan 5th, 2024", StringNode(format="date")), respelt("05/06/2024", StringNode(format="date"))
    (Moment(value='2024-01-05', kind='lossless'), None)
    """
    text = text.strip().strip("\"'`").strip().rstrip(".")
    if not text or len(text) > 80:
        return None
    if node.format == "time":
        found = _time(text)
        return _as_wanted(None, found, "lossless", node)
    day = _date(text)
    if day is not None:
        # a date alone is not a date and time: midnight is not guessed
        return _as_wanted(day, None, "lossless", node) if node.format == "date" else None
    for match in _BETWEEN.finditer(text):
        day, clock = _date(text[: match.start()]), _time(text[match.end() :])
        if day is None or clock is None:
            continue
        if node.format == "date-time":
            return _as_wanted(day, clock, "lossless", node)
        midnight = re.fullmatch(r"00:00:00(\.0+)?Z?", clock) is not None
        return _as_wanted(day, None, "lossless" if midnight else "judgement", node)
    return None


def _as_wanted(day: date | None, clock: str | None, kind: RepairClass, node: StringNode) -> Moment | None:
    if day is None and clock is None:
        return None
    if node.strptime is None:
        value = "T".join(part for part in (day.isoformat() if day is not None else None, clock) if part is not None)
        sound = check_of(node.format, None)
        return Moment(value, kind) if sound is not None and sound(value) else None
    has_offset = clock is not None and re.search(r"(?:Z|[+-]\d{2}:\d{2})\Z", clock) is not None
    if has_offset and "%z" not in node.strptime:
        return None
    try:
        moment = datetime.combine(day or date(1900, 1, 1), time.fromisoformat(clock) if clock else time())
        value = moment.strftime(node.strptime)
        back = read_strptime(value, node.strptime)
    except ValueError:
        return None
    same_day = day is None or back.date() == day
    same_time = clock is None or back.time() == moment.time()
    return Moment(value, kind) if same_day and same_time and matches_strptime(value, node.strptime) else None


def _date(text: str) -> date | None:
    text = text.strip()
    match = _WEEKDAY.match(text)
    day = _plain_date(text[match.end() :] if match is not None else text)
    if match is not None and day is not None and _WEEKDAYS[day.weekday()] != match[1].lower():
        return None  # the weekday does not fit: either part may be wrong
    return day


def _plain_date(text: str) -> date | None:
    if (match := _YEAR_FIRST.fullmatch(text)) is not None:
        groups = match.groups()
        return _day(groups[0], groups[2], groups[3]) if groups[0] is not None else _day(*groups[4:])
    if (match := _YEAR_LAST.fullmatch(text)) is not None:
        first, _, second, year = match.groups()
        if int(first) > 12 >= int(second) or first == second:
            return _day(year, second, first)
        return _day(year, first, second) if int(second) > 12 >= int(first) else None
    for pattern, order in ((_DAY_MONTH, (2, 1, 0)), (_MONTH_DAY, (2, 0, 1)), (_YEAR_MONTH_DAY, (0, 1, 2))):
        if (match := pattern.fullmatch(text)) is not None:
            year, month, day = (match.groups()[place] for place in order)
            number = _MONTHS.get(month.lower())
            return _day(year, str(number), day) if number is not None else None
    return None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _time(text: str) -> str | None:
    text = text.strip()
    if (match := _HOUR.fullmatch(text)) is not None:
        hour = _hour(int(match[1]), match[2])
        return f"{hour:02}:00:00" if hour is not None else None
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds, fraction, half, offset = match.groups()
    hour = _hour(int(hours), half)
    if hour is None:
        return None
    value = f"{hour:02}:{minutes}:{seconds or '00'}{(fraction or '').replace(',', '.')}"
    if offset is not None:
        if offset in ("Z", "z", "UTC", "GMT"):
            value += "Z"
        else:
            value += offset[:3] + ":" + (offset[3:].lstrip(":") or "00")
    return value if is_time(value) else None


def _hour(hour: int, half: str | None) -> int | None:
    if half is None:
        return hour if hour < 24 else None
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if half[0] in "pP" else 0)
