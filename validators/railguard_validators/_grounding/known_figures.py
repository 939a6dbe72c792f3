"""What numbers, dates and times some sources have, and whether another one is among them."""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal
from functools import cached_property

from railguard_validators._numbers.figures import Figure, figures
from railguard_validators._numbers.numerals import Number

__all__ = ["KnownFigures"]

_LONGEST = 40  # digits of a number that may be rounded


class KnownFigures:
    """The numbers, dates and times of some sources.

    months: those that a date of them is in.

    >>> known = KnownFigures(("3,412,000 euros on 1 March 2024",))
    >>> [known.has(figure, rounded=False) for figure in figures("3.4 million, 3.412 million, 01.03.2024, 2024")]
    [False, True, True, True]
    >>> [known.has(figure, rounded=True) for figure in figures("3.4 million, 3.5 million")], known.months
    ([True, False], {3})
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._keys: set[str] = set()
        self._yearless: set[str] = set()
        self._numbers: list[Number] = []
        self.months: set[int] = set()
        for text in texts:
            for figure in figures(text):
                self._add(figure)

    def has(self, figure: Figure, *, rounded: bool) -> bool:
        """Whether a figure is one of them."""
        if not self._keys.isdisjoint(figure.keys):
            return True
        if any(self._dated(key) for key in figure.other):
            return True
        if rounded and any(self._rounds_to(number) for number in figure.numbers):
            return True
        return bool(figure.parts) and all(self.has(part, rounded=rounded) for part in figure.parts)

    def _add(self, figure: Figure) -> None:
        self._keys.update(figure.keys)
        self._keys.update(figure.tells)
        self._numbers += figure.numbers
        for key in figure.other:
            year, _, day = key.partition("-")
            if "-" in day and year.isdigit():
                self._keys.add(day)
                self.months.add(int(day.partition("-")[0]))
            elif day and year.isdigit():
                self._yearless.add(key)
                self.months.add(int(year))
        for part in figure.parts:
            self._add(part)

    def _dated(self, key: str) -> bool:
        """Whether a date with a year is there without it, and the year elsewhere."""
        year, _, day = key.partition("-")
        return day in self._yearless and Number(year, 0).key in self._keys

    def _rounds_to(self, number: Number) -> bool:
        if len(number.digits) > _LONGEST or abs(number.exponent) > _LONGEST:
            return False
        value = _decimal(number)
        half = Decimal(5).scaleb(number.step - 1)
        at = bisect_left(self._values, value - half)
        return at < len(self._values) and self._values[at] <= value + half

    @cached_property
    def _values(self) -> list[Decimal]:
        return sorted({_decimal(n) for n in self._numbers if len(n.digits) <= _LONGEST and abs(n.exponent) <= _LONGEST})


def _decimal(number: Number) -> Decimal:
    return Decimal(f"{number.digits or 0}e{number.exponent}")
