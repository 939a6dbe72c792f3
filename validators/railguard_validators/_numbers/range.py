"""Numbers, and percentages in text, between two bounds. Shared by valid-range, min-value and max-value."""

from __future__ import annotations

import math
from decimal import Decimal

from railguard import UNSET, FailResult
from railguard_validators._values.order import percents
from railguard_validators._wording import number, shown

__all__ = ["Range"]


class Range:
    """Checks that a value is not below `least` and not above `most`; None means no bound.

    >>> Range(0, 1)(2).fix, Range(0, 1)("2%").fix, Range(0, None)(2)
    (1, '1%', None)
    """

    __slots__ = ("_max", "_min", "prompt")

    def __init__(self, least: int | float | None, most: int | float | None) -> None:
        for bound in (least, most):
            if bound is not None and not _is_finite(bound):
                raise ValueError(f"a bound is {number(bound)}; leave it out where there is none")
        self._min: float = -math.inf if least is None else least
        self._max: float = math.inf if most is None else most
        if not self._min <= self._max:
            raise ValueError(f"no number is at least {number(self._min)} and at most {number(self._max)}")
        self.prompt = self._wanted("")

    def __call__(self, value: int | float | str) -> FailResult | None:
        if isinstance(value, str):
            return self._percentage(value)
        if self._min <= value <= self._max:
            return None
        message = f"The value is {number(value)}; it must be {self._wanted('')}."
        return FailResult(message, fix=self._nearest(value))

    def constraint(self, json_type: str) -> dict[str, float] | None:
        """Return the equivalent keywords of JSON Schema; a percentage has none."""
        if json_type not in ("integer", "number"):
            return None
        bounds = {"minimum": self._min} if self._min != -math.inf else {}
        return bounds | ({"maximum": self._max} if self._max != math.inf else {})

    def _percentage(self, value: str) -> FailResult | None:
        found = percents(value)
        if found is None:
            return FailResult(f'The value is {shown(value)}; it must be a percentage as "20%", {self._wanted("%")}.')
        if self._holds(found):
            return None
        message = f"The value is {shown(value)}; it must be {self._wanted('%')}."
        fix = f"{number(self._min if found < self._min else self._max)}%"
        written = percents(fix)
        return FailResult(message, fix=fix if written is not None and self._holds(written) else UNSET)

    def _holds(self, found: Decimal) -> bool:
        """Compare with the bounds as they are written: 0.1% is not above 0.1."""
        return _decimal(self._min) <= found <= _decimal(self._max)

    def _nearest(self, value: float) -> object:
        if value != value:
            return UNSET
        bound = self._min if value < self._min else self._max
        try:
            if isinstance(value, float):
                bound = float(bound)
            else:
                bound = math.ceil(bound) if value < self._min else math.floor(bound)
        except OverflowError:
            return UNSET
        return bound if self._min <= bound <= self._max else UNSET

    def _wanted(self, unit: str) -> str:
        low, high = number(self._min) + unit, number(self._max) + unit
        if self._min == -math.inf:
            return f"at most {high}"
        if self._max == math.inf:
            return f"at least {low}"
        return f"between {low} and {high}" if self._min < self._max else f"exactly {low}"


def _is_finite(bound: float) -> bool:
    return isinstance(bound, int) or math.isfinite(bound)


def _decimal(bound: float) -> Decimal:
    return Decimal(bound) if isinstance(bound, int) else Decimal(repr(bound))
