"""sum-equals: a total that is the sum of its parts."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from railguard import FailResult, validator
from railguard_validators._members import Members, exact
from railguard_validators._wording import counted, number, shown

_WHOLE = frozenset([int])


class SumEquals:
    """The member `total` of an object is the sum of the members `parts`: `lines.amount` is the member amount of every
    item of lines. Numbers are added as they are written, without rounding, and may differ by `tolerance`. A total that is
    missing or null is not compared; a part that is missing, null or no number counts nothing.

    There is no fix: a part may be as wrong as the total. The total and the member that holds the parts are to blame.

    >>> invoice = {"total": 0.3, "lines": [{"amount": 0.1}, {"amount": 0.2}]}
    >>> sum_equals("total", "lines.amount").run(invoice)
    >>> sum_equals("total", "lines.amount").run({**invoice, "total": 0.4}).message
    'The member "total" is 0.4, but the 2 numbers of "lines.amount" add up to 0.3.'
    """

    __slots__ = ("_parts", "_tolerance", "_total", "prompt")

    def __init__(self, total: str, parts: str, tolerance: int | float = 0) -> None:
        exactly = exact(tolerance)
        if exactly is None or exactly < 0:
            raise ValueError(f"tolerance is {number(tolerance)}; it is 0 or more")
        self._tolerance = exactly
        self._total = total
        self._parts = Members(parts)
        self.prompt = f"{total} is the sum of {parts}"

    def __call__(self, value: dict[str, Any]) -> FailResult | None:
        stated = value.get(self._total)
        if stated is None:
            return None
        members = [member for _, member in self._parts.of(value)]
        if type(stated) is int and _WHOLE.issuperset(map(type, members)) and stated == sum(members):
            return None
        total = exact(stated)
        parts = [part for member in members if (part := exact(member)) is not None]
        found = _sum(parts)
        if total is not None and abs(total - found) <= self._tolerance:
            return None
        count = counted(len(parts), "number")
        what = f"the {count} of {shown(self._parts.name)} add up to {_shown(found)}"
        message = f"The member {shown(self._total)} is {shown(stated)}, but {what}."
        return FailResult(message, blame=[(self._total,), (self._parts.parts[0],)])


def _sum(parts: list[Fraction]) -> Fraction:
    """Added with one common denominator, a power of ten at most 10**400: adding fractions one by one reduces each."""
    denominator = 1
    for part in parts:
        while denominator % part.denominator:
            denominator *= 10
    return Fraction(sum(part.numerator * (denominator // part.denominator) for part in parts), denominator)


def _shown(value: Fraction) -> str:
    if value.denominator == 1:
        return number(int(value))
    try:
        return repr(float(value))
    except OverflowError:
        return number(int(value))


sum_equals = validator("sum-equals")(SumEquals)
