"""positive: a number above zero."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._wording import number


class Positive:
    """Greater than 0; 0 itself fails, which min-value cannot express. There is no fix: there is no smallest such
    number.

    >>> positive().run(0.01)
    >>> positive().run(0).message
    'The value is 0; it must be above 0.'
    """

    __slots__ = ()

    def __call__(self, value: int | float) -> FailResult | None:
        return None if value > 0 else FailResult(f"The value is {number(value)}; it must be above 0.")

    def constraint(self, json_type: str) -> dict[str, int] | None:
        """Return the equivalent keyword of JSON Schema."""
        return {"exclusiveMinimum": 0} if json_type in ("integer", "number") else None


positive = validator("positive", subject="Values and numbers", prompt="above 0")(Positive)
