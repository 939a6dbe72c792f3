"""positive: a number above zero."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._wording import number


@validator("positive", prompt="above 0")
def positive(value: int | float) -> FailResult | None:
    """Greater than 0; 0 itself is not, which valid-range cannot say. There is no fix: there is no smallest such number.

    >>> positive().run(0.01)
    >>> positive().run(0).message
    'The value is 0; it must be above 0.'
    """
    return None if value > 0 else FailResult(f"The value is {number(value)}; it must be above 0.")
