"""Numbers as they are written: 0.1 is a tenth, so that 0.1 + 0.2 is 0.3."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isfinite
from typing import Any

from railguard_validators._wording import number

__all__ = ["exact", "scaled", "written"]


def exact(value: Any) -> Fraction | None:
    """Return a number exactly as it is written; None if it is not a finite number.

    >>> exact(0.1), exact(3), exact(True), exact("1"), exact(float("nan"))
    (Fraction(1, 10), Fraction(3, 1), None, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float) and isfinite(value):
        return Fraction(repr(value))
    return None


def scaled(numbers: Sequence[Fraction]) -> tuple[list[int], int]:
    """Return numbers of `exact` with one common denominator, a power of ten: adding fractions one by one would reduce
    each.

    >>> scaled([Fraction(1, 2), Fraction(1, 10), Fraction(3)])
    ([5, 1, 30], 10)
    """
    denominator = 1
    for one in numbers:
        while denominator % one.denominator:
            denominator *= 10
    return [one.numerator * (denominator // one.denominator) for one in numbers], denominator


def written(value: Fraction) -> str:
    """Format a number for a message: exactly if a float can represent it, otherwise the nearest float.

    >>> written(Fraction(3)), written(Fraction(3, 10)), written(Fraction(10**400, 3))
    ('3', '0.3', 'an integer of 400 digits')
    """
    if value.denominator == 1:
        return number(int(value))
    try:
        return repr(float(value))
    except OverflowError:
        return number(int(value))
