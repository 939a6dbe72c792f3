"""finite: a number that is neither NaN nor infinite."""

from __future__ import annotations

from math import isfinite

from railguard import FailResult, validator
from railguard_validators._wording import number


@validator("finite", prompt="a finite number")
def finite(value: int | float) -> FailResult | None:
    """A number as JSON has them: neither NaN nor Infinity. An answer that railguard reads holds none of these anyway; a
    value that Python computed and that is checked as it is may. How large the number is does not matter. There is no fix.

    >>> finite().run(1e308)
    >>> finite().run(float("inf")).message
    'The value is Infinity; it must be a finite number.'
    """
    if isinstance(value, int) or isfinite(value):
        return None
    return FailResult(f"The value is {number(value)}; it must be a finite number.")
