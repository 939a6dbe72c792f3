"""finite: a number that is neither NaN nor infinite."""

from __future__ import annotations

from math import isfinite

from railguard import FailResult, validator
from railguard_validators._wording import number


@validator("finite", subject="Values and numbers", prompt="a finite number")
def finite(value: int | float) -> FailResult | None:
    """A number that JSON allows: neither NaN nor Infinity. A parsed answer never contains these; a value that Python
    computed may. The size of the number does not matter. There is no fix.

    >>> finite().run(1e308)
    >>> finite().run(float("inf")).message
    'The value is Infinity; it must be a finite number.'
    """
    if isinstance(value, int) or isfinite(value):
        return None
    return FailResult(f"The value is {number(value)}; it must be a finite number.")
