"""multiple-of: a number that a step divides."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._numbers.arithmetic import exact
from railguard_validators._wording import number


class MultipleOf:
    """A whole multiple of `step`, both as they are written: 0.3 is a multiple of 0.1. 0 is a multiple of every step.

    step: the number that must divide it, above 0.

    There is no fix: the next multiple below and the one above are equally right.

    >>> multiple_of(0.05).run(1.15)
    >>> multiple_of(5).run(12).message
    'The value is 12; it must be a multiple of 5.'
    """

    __slots__ = ("_step", "_whole", "prompt")

    def __init__(self, step: int | float) -> None:
        exactly = exact(step)
        if exactly is None or exactly <= 0:
            raise ValueError(f"step is {number(step)}; it is a number above 0")
        self._step = exactly
        self._whole = exactly.numerator if exactly.denominator == 1 else 0
        self.prompt = f"a multiple of {number(step)}"

    def __call__(self, value: int | float) -> FailResult | None:
        if self._whole and isinstance(value, int):
            if not value % self._whole:
                return None
        elif (exactly := exact(value)) is not None and exactly % self._step == 0:
            return None
        return FailResult(f"The value is {number(value)}; it must be {self.prompt}.")

    def constraint(self, json_type: str) -> dict[str, int] | None:
        """Return the equivalent keyword of JSON Schema for a whole step: many validators read a fraction as the nearest
        binary float, and then 0.3 is not a multiple of 0.1.
        """
        return {"multipleOf": self._whole} if self._whole and json_type in ("integer", "number") else None


multiple_of = validator("multiple-of", subject="Values and numbers")(MultipleOf)
