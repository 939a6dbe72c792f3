"""distribution: a number in the range of earlier ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from railguard import Context, FailResult, validator
from railguard_validators._numbers.arithmetic import exact, scaled
from railguard_validators._wording import counted, number, shown

_METADATA = "prev_values"


class Distribution:
    """At most `standard_deviations` standard deviations away from the mean of earlier values, both ends included. They
    are taken as the whole population, so the deviation is the root of the mean squared distance, without Bessel's
    correction; if all are equal, only the same value passes. It is computed exactly, without rounding. NaN and infinity
    always fail.

    standard_deviations: how many are allowed, above 0.
    values: the earlier values, two or more; without them they are taken from the caller's metadata, key prev_values.

    There is no fix: a distant value is suspicious, but the right value is not known.

    >>> distribution(values=[10, 12, 11, 9, 10]).run(13)
    >>> distribution(values=[10, 12, 11, 9, 10]).run(31).message
    'The value is 31; it must be within 3 standard deviations of the mean of 5 earlier values: about 7.341 to 13.46.'
    """

    __slots__ = ("_factor", "_given", "_wanted", "metadata", "prompt")

    def __init__(self, standard_deviations: int | float = 3, values: list[int | float] | None = None) -> None:
        factor = exact(standard_deviations)
        if factor is None or factor <= 0:
            raise ValueError(f"standard_deviations is {number(standard_deviations)}; it is a number above 0")
        self._factor = factor
        self._given = None if values is None else _moments(values, "values")
        self.metadata = () if values is not None else (_METADATA,)
        few = _deviations(standard_deviations)
        self._wanted = f"within {few} of the mean of"
        self.prompt = f"{self._wanted} earlier values" + (f", {self._about(self._given)}" if self._given else "")

    def __call__(self, value: int | float, ctx: Context | None = None) -> FailResult | None:
        known = ctx.metadata if ctx is not None else {}
        earlier = self._given or _moments(known.get(_METADATA), f"metadata {_METADATA!r}")
        written = exact(value)
        if written is not None:
            distance = earlier.count * written * earlier.scale - earlier.sum
            if distance * distance <= self._factor**2 * earlier.spread:
                return None
        many = counted(earlier.count, "earlier value")
        return FailResult(f"The value is {number(value)}; it must be {self._wanted} {many}: {self._about(earlier)}.")

    def _about(self, earlier: _Moments) -> str:
        """Return the interval, to four digits."""
        whole = earlier.count * earlier.scale
        mean = _float(Fraction(earlier.sum, whole))
        reach = _float(self._factor) * _root(Fraction(earlier.spread, whole * whole))
        low, high = mean - reach, mean + reach
        if not (math.isfinite(low) and math.isfinite(high)):
            return "very large numbers"
        return f"about {low:.4g} to {high:.4g}"


@dataclass(frozen=True, slots=True)
class _Moments:
    """The number, the sum, and count² times the variance of integers, which are the values times `scale`."""

    count: int
    scale: int
    sum: int
    spread: int


def _moments(values: Any, where: str) -> _Moments:
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) < 2:
        raise ValueError(f"{where} must be a list of two or more numbers, not {shown(values)}")
    numbers = []
    for index, value in enumerate(values):
        one = exact(value)
        if one is None:
            raise ValueError(f"{where}[{index}] is {shown(value)}; it must be a finite number")
        numbers.append(one)
    whole, scale = scaled(numbers)
    total = sum(whole)
    return _Moments(len(whole), scale, total, len(whole) * sum(one * one for one in whole) - total * total)


def _deviations(many: float) -> str:
    return f"{number(many)} standard deviation{'' if many == 1 else 's'}"


def _float(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _root(value: Fraction) -> float:
    """Return the square root; for values beyond a float, with integer arithmetic."""
    try:
        return math.sqrt(value)
    except OverflowError:
        return _float(Fraction(math.isqrt(int(value))))


distribution = validator("distribution", subject="Values and numbers")(Distribution)
