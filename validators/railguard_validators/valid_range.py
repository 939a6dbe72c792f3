"""valid-range: a number, or a percentage, between two bounds."""

from __future__ import annotations

import math
import re

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import number, shown

_PERCENTAGE = re.compile(r"([+-]?(?:\d+(?:\.\d+)?|\.\d+)) ?%", re.ASCII)


class ValidRange:
    """Not below `min` and not above `max`; at least one is given. A text must be a percentage as "20%", and the bounds
    are then percents.

    The fix is the nearest value that is allowed, for a whole number the nearest whole one, and a percentage stays one.
    NaN is in no range and has no fix.

    >>> valid_range(0, 100).run(100)
    >>> valid_range(0, 100).run(120).message
    'The value is 120; it must be between 0 and 100.'
    >>> valid_range(0, 100).run("120%").fix
    '100%'
    """

    __slots__ = ("_max", "_min", "prompt")

    def __init__(self, min: int | float | None = None, max: int | float | None = None) -> None:
        if min is None and max is None:
            raise ValueError("min, max or both are needed")
        self._min: float = -math.inf if min is None else min
        self._max: float = math.inf if max is None else max
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
        """The keywords of JSON Schema that say the same; a percentage has none."""
        if json_type not in ("integer", "number"):
            return None
        bounds = {"minimum": self._min} if self._min != -math.inf else {}
        return bounds | ({"maximum": self._max} if self._max != math.inf else {})

    def _percentage(self, value: str) -> FailResult | None:
        found = _PERCENTAGE.fullmatch(value)
        if found is None:
            return FailResult(f'The value is {shown(value)}; it must be a percentage as "20%", {self._wanted("%")}.')
        percents = float(found[1])
        if self._min <= percents <= self._max:
            return None
        message = f"The value is {shown(value)}; it must be {self._wanted('%')}."
        fix = f"{number(self._min if percents < self._min else self._max)}%"
        written = _PERCENTAGE.fullmatch(fix)
        holds = written is not None and self._min <= float(written[1]) <= self._max
        return FailResult(message, fix=fix if holds else UNSET)

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


valid_range = validator("valid-range")(ValidRange)
