"""Finds the numbers, dates and times in a text: their positions and possible meanings."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from railguard_validators._numbers.numerals import SCALES, Number, number_words, numeral, words

__all__ = ["MONTHS", "Figure", "figures"]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, date or time at an offset. Two figures may be equal if they have a common key.

    numbers: its possible numbers. other: keys of its possible dates and times, or of its spelling if it is neither
    ("1.2.3"). parts: adjacent figures that it may be instead. spelled: whether it is written in words and less than a
    hundred. tells: numbers that a source with this figure also contains, such as the year of a date.
    """

    start: int
    end: int
    numbers: tuple[Number, ...] = ()
    other: tuple[str, ...] = ()
    parts: tuple[Figure, ...] = ()
    spelled: bool = False
    tells: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All keys of its possible meanings."""
        return (*(number.key for number in self.numbers), *self.other)


_DIGIT = re.compile("[0-9]")
_FOREIGN = re.compile(r"(?![0-9])\d")
_ASCII = bytes(range(128))
_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_LETTERS = rf"[^\W\d_{_ALONE}]"
_THIN = "\u00a0\u2007\u2009\u202f"

_FIGURE = re.compile(
    rf"""
      (?P<date> [0-9]{{1,4}}(?P<dash>[-/.‐‑–])[0-9]{{1,2}}(?P=dash)[0-9]{{1,4}}(?![0-9]|(?P=dash)[0-9]) )
    | (?P<cjk> [0-9]{{4}}[年년]\s?[0-9]{{1,2}}[月월]\s?[0-9]{{1,2}}[日일号號] )
    | (?P<time> (?:[01]?[0-9]|2[0-3])
        (?:\s?h\s?|:|\.(?=[0-5][0-9]\s?(?:[Uu]hr\b|[ap]\.?\s?m\b)))
        [0-5][0-9](?::[0-5][0-9])?(?![0-9]) )
    | (?P<science> [0-9]++(?:\.[0-9]++)?+[eE][+-]?[0-9]{{1,3}}(?!\w) )
    | (?P<number> [0-9]++(?:(?:[.,'’_·٫٬{_THIN}]|[ ](?=[0-9]{{3}}(?![0-9])))[0-9]++)*+ )
    """,
    re.VERBOSE,
)
_BEFORE = re.compile(rf"({_LETTERS}{{1,20}})([-‐‑]?)\Z")
_AFTER = re.compile(rf"(?:[\s{_THIN}]|-){{0,2}}({_LETTERS}{{1,12}}|[千万萬亿億兆百]{{1,2}})")
_MORE = re.compile(rf"\.?\s({_LETTERS}{{1,10}})")
_PERCENT = re.compile(
    r"[\s\u00a0\u202f-]{0,2}(?:[%％٪]|per\s?cent\b|pct\b|prozent\b|pour\scent\b|por\sciento\b|por\scento\b|per\scento\b|procent\b"
    r"|процент)",
    re.IGNORECASE,
)
_PER_MILLE = re.compile(r"\s?‰")
_NAME_BEHIND = re.compile(r"[^\W\d_]{1,20}\d")
_HOURS_END = re.compile(r"\s?h\s?|\.")
_O_CLOCK = re.compile(r"\s?[Uu]hr\b")
_HALF_DAY = re.compile(r"[\s\u00a0\u202f]?([ap])\.?\s?m\b", re.IGNORECASE)
_MONTH_BEFORE = re.compile(rf"({_LETTERS}{{3,10}})\.?[\s\u00a0]{{1,2}}(?:the\s|le\s)?\Z")
_MONTH_BEHIND = re.compile(
    rf"(?:st|nd|rd|th|er|[.ºª])?[\s\u00a0]{{1,2}}(?:of\s|de\s|di\s)?({_LETTERS}{{3,10}})", re.IGNORECASE
)
_YEAR_BEHIND = re.compile(r"(?:st|nd|rd|th|er)?\.?,?[\s\u00a0]{0,2}(?:(?:de|of)\s)?([12][0-9]{3})(?![0-9])")
_DAY = re.compile(r"[0-9]{1,2}")
_SHORT_YEARS = re.compile(r"[-/–][0-9]{2}(?![0-9])")
_MONEY = "EUR USD GBP CHF JPY CNY RMB INR RS SEK NOK DKK PLN CZK HUF RUB BRL MXN CAD AUD NZD ZAR KRW TRY ILS"
_CODES = frozenset(_MONEY.split())

MONTHS = {
    name: number
    for names in (
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "jan feb mar apr may jun jul aug sept oct nov dec",
        "januar februar märz april mai juni juli august september oktober november dezember",
        "jänner feber mrz apr mai jun jul aug sep okt nov dez",
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "januari februari maart april mei juni juli augustus september oktober november december",
        "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    )
    for number, name in enumerate(names.split(), 1)
}


def figures(text: str) -> Iterator[Figure]:
    """Return the figures of a text in order. Digits in a name, as in B2B and COVID-19, are not figures.

    >>> [figure.keys for figure in figures("3.4 million on 1 March 2024, COVID-19, 12 % at 2:30 pm")]
    [('34e5',), ('2024-3-1',), ('12e0', '12e-2'), ('14:30',)]
    """
    plain = _FOREIGN.sub(lambda digit: str(int(digit[0])), text) if _has_foreign_digits(text) else text
    spelled = _spelled(plain)
    pending = next(spelled, None)
    after = 0
    at = 0
    while (digit := _DIGIT.search(plain, at)) is not None:
        match = _FIGURE.match(plain, digit.start())  # every figure begins with a digit, and every digit begins one
        if match is None:
            at = digit.end()
            continue
        at = match.end()
        while pending is not None and pending.start < match.start():
            yield pending
            pending = next(spelled, None)
        if match.start() < after:
            continue
        figure = _figure(plain, match)
        if figure is not None:
            after = figure.end
            yield figure
    while pending is not None:
        yield pending
        pending = next(spelled, None)


def _has_foreign_digits(text: str) -> bool:
    if text.isascii():
        return False
    foreign = text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
    return _FOREIGN.search(foreign) is not None


def _spelled(text: str) -> Iterator[Figure]:
    for match in number_words(text):
        found, large = words(match[0])
        whole = tuple(Figure(match.start(), match.end(), (number,), spelled=not large) for number in found)
        yield whole[0] if len(whole) == 1 else Figure(match.start(), match.end(), parts=whole, spelled=not large)


def _figure(text: str, match: re.Match[str]) -> Figure | None:
    start, end = match.span()
    if _in_a_name(text, start, end, match):
        return None
    if match["date"]:
        return _numeric_date(match[0], start, end)
    if match["cjk"]:
        year, month, day = map(int, re.findall(r"[0-9]+", match[0]))
        return Figure(start, end, other=tuple(_date(year, month, day)), tells=_number_keys(year))
    if match["time"]:
        return _time(text, _HOURS_END.sub(":", match[0]), start, end)
    if match["science"]:
        mantissa, _, power = match[0].lower().partition("e")
        return Figure(start, end, tuple(number.scaled(int(power)) for number in numeral(mantissa)[-1:]))
    return _number(text, match[0], start, end)


def _in_a_name(text: str, start: int, end: int, match: re.Match[str]) -> bool:
    before = _BEFORE.search(text, max(0, start - 21), start) if start and not text[start - 1].isspace() else None
    if before:
        letters, dash = before[1], before[2]
        if not dash and letters.upper() not in _CODES:
            return True
        if dash and letters != letters.lower() and letters.upper() not in _CODES:
            return True
    behind = _NAME_BEHIND.match(text, end)
    return behind is not None and behind[0][:-1].lower() not in ("x", "h", "min", "e") and not match["science"]


def _number(text: str, written: str, start: int, end: int) -> Figure:
    found = _behind_month(text, written, start, end) or _before_month(text, written, start, end)
    if found is not None:
        return found
    half = _HALF_DAY.match(text, end)
    if half and _DAY.fullmatch(written) and 1 <= int(written) <= 12:
        hour = int(written) % 12 + (12 if half[1].lower() == "p" else 0)
        return Figure(start, half.end(), other=(f"{hour}:00",), tells=tuple(number.key for number in numeral(written)))
    if _DAY.fullmatch(written) and int(written) <= 24 and (clock := _O_CLOCK.match(text, end)):
        return Figure(start, clock.end(), other=(f"{int(written)}:00",), tells=_number_keys(int(written)))
    spaced = " " in written
    numbers = numeral(written)
    if start and text[start - 1] in ".,٫" and written.isdigit() and (start == 1 or not text[start - 2].isalnum()):
        numbers = [*numbers, Number(written.lstrip("0"), -len(written), True)]
    parts: tuple[Figure, ...] = ()
    if spaced:
        parts = tuple(_parts(written, start))
    stop, numbers = _scaled(text, end, numbers)
    other = () if numbers else (written,)
    if len(written) == 4 and _SHORT_YEARS.match(text, end):
        short = text[end + 1 : end + 3]
        second = Figure(end + 1, end + 3, (*numeral(written[:2] + short), *numeral(short)))
        return Figure(start, end + 3, parts=(Figure(start, end, tuple(numbers)), second))
    return Figure(start, stop, tuple(numbers), other, parts)


def _parts(written: str, start: int) -> Iterator[Figure]:
    at = start
    for piece in written.split(" "):
        numbers = tuple(numeral(piece))
        yield Figure(at, at + len(piece), numbers, () if numbers else (piece,))
        at += len(piece) + 1


def _scaled(text: str, end: int, numbers: list[Number]) -> tuple[int, list[Number]]:
    """Return the end of a number with its percent sign or word of scale, and the resulting numbers."""
    percent = _PERCENT.match(text, end)
    if percent:
        return percent.end(), [*numbers, *(number.scaled(-2) for number in numbers)]
    mille = _PER_MILLE.match(text, end)
    if mille:
        return mille.end(), [*numbers, *(number.scaled(-3) for number in numbers)]
    behind = _AFTER.match(text, end)
    if behind is None:
        return end, numbers
    word = behind[1].casefold()
    letter = {"k": 3, "m": 6, "b": 9}.get(word)
    if letter:  # thousands or kelvins, millions or metres
        return behind.end(), [*(number.scaled(letter) for number in numbers), *numbers]
    powers = SCALES.get(word) or (SCALES.get(word[0]) if len(word) == 2 and word[0] in "千万萬亿億兆" else None)
    if powers is None:
        return end, numbers
    stop = behind.end()
    if word in ("mil", "thousand"):
        more = _MORE.match(text, stop)
        further = SCALES.get(more[1].casefold()) if more else None
        if more and further:
            powers, stop = tuple(3 + power for power in further), more.end()
    return stop, [number.scaled(power) for power in powers for number in numbers]


def _date(year: int | None, month: int, day: int) -> list[str]:
    try:
        datetime.date(2000 if year is None else year, month, day)
    except (ValueError, OverflowError):
        return []
    return [f"{month}-{day}" if year is None else f"{year}-{month}-{day}"]


def _number_keys(value: int) -> tuple[str, ...]:
    return tuple(number.key for number in numeral(str(value)))


def _numeric_date(written: str, start: int, end: int) -> Figure:
    parts = re.split(r"\D", written)
    a, b, c = map(int, parts)
    found: list[str] = []
    years: list[int] = []
    if len(parts[0]) >= 3:
        found, years = _date(a, b, c), [a]
    elif len(parts[2]) in (2, 4):
        years = [c] if len(parts[2]) == 4 else [2000 + c, 1900 + c]
        for year in years:
            found += _date(year, b, a) + ([] if "." in written else _date(year, a, b))
        if len(parts[2]) == 2 and "-" in written:
            found += _date(2000 + a, b, c)
    numbers = tuple(numeral(written))
    if found:
        tells = tuple(key for year in years for key in _number_keys(year))
        return Figure(start, end, numbers, (*dict.fromkeys(found), written), tells=tells)
    at = start
    pieces = []
    for part in parts:
        pieces.append(Figure(at, at + len(part), tuple(numeral(part))))
        at += len(part) + 1
    return Figure(start, end, numbers, (written,), () if "." in written else tuple(pieces))


def _time(text: str, written: str, start: int, end: int) -> Figure:
    hour, minute, *second = written.split(":")
    half = _HALF_DAY.match(text, end)
    tail = "".join(f":{part}" for part in second if part != "00")
    hours = [int(hour)]
    if half and 1 <= int(hour) <= 12:
        hours = [int(hour) % 12 + (12 if half[1].lower() == "p" else 0)]
        end = half.end()
    elif int(hour) < 12 and not hour.startswith("0"):
        hours = [int(hour), int(hour) + 12]
    parts = (Figure(start, start + len(hour), tuple(numeral(hour))), Figure(end, end, tuple(numeral(minute))))
    other = tuple(f"{one}:{minute}{tail}" for one in hours)
    return Figure(start, end, other=other, parts=() if half or len(minute) == len(hour) == 2 else parts)


def _before_month(text: str, written: str, start: int, end: int) -> Figure | None:
    """Read 1 March 2024, 1st of March, 1. März."""
    if not _DAY.fullmatch(written):
        return None
    behind = _MONTH_BEHIND.match(text, end)
    month = MONTHS.get(behind[1].casefold()) if behind else None
    if behind is None or month is None:
        return None
    return _with_year(text, month, int(written), start, behind.end())


def _behind_month(text: str, written: str, start: int, end: int) -> Figure | None:
    """Read March 1, 2024; the figure is found at its day."""
    if not _DAY.fullmatch(written):
        return None
    if start < 4 or not text[start - 1].isspace():
        return None
    before = _MONTH_BEFORE.search(text, max(0, start - 18), start)
    month = MONTHS.get(before[1].casefold()) if before else None
    if before is None or month is None or (before.start() and text[before.start() - 1].isalnum()):
        return None
    return _with_year(text, month, int(written), before.start(), end)


def _with_year(text: str, month: int, day: int, start: int, end: int) -> Figure | None:
    year = _YEAR_BEHIND.match(text, end)
    found = _date(int(year[1]) if year else None, month, day)
    if not found:
        return None
    tells = (*_number_keys(day), *(_number_keys(int(year[1])) if year else ()))
    return Figure(start, year.end() if year else end, other=tuple(found), tells=tells)
