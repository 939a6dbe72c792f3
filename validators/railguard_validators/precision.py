"""precision: the number of decimal places."""

from __future__ import annotations

import math

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import number


class Precision:
    """At most `places` digits after the decimal point, as the number is written in its shortest form: 1.50 has one, 1e3
    none, and 1e-3 has three.

    places: the largest number of digits after the point, 0 to 300.

    The fix is the rounded number, as Python's `round` computes it. NaN and infinity have no fix.

    >>> precision(2).run(19.99)
    >>> precision(2).run(19.999).message
    'The value is 19.999; it must have at most 2 decimal places.'
    >>> precision(2).run(0.1 + 0.2).fix
    0.3
    >>> precision(0).run(3.0)
    """

    __slots__ = ("_places", "_wanted", "prompt")

    def __init__(self, places: int) -> None:
        if not 0 <= places <= 300:
            raise ValueError(f"places is {places}; it is a number from 0 to 300")
        self._places = places
        self._wanted = f"at most {places} decimal place{'' if places == 1 else 's'}" if places else "no decimal places"
        self.prompt = f"with {self._wanted}"

    def __call__(self, value: int | float) -> FailResult | None:
        if isinstance(value, int):
            return None
        if not math.isfinite(value):
            return FailResult(f"The value is {number(value)}; it must be a number.")
        rounded = round(value, self._places)
        if rounded == value:
            return None
        holds = round(rounded, self._places) == rounded
        message = f"The value is {number(value)}; it must have {self._wanted}."
        return FailResult(message, fix=rounded if holds else UNSET)

    def constraint(self, json_type: str) -> dict[str, int] | None:
        """Return the equivalent keyword of JSON Schema for 0 places: multipleOf 0.01 would be right for 19.99, but many
        validators use binary floats, with which it is not.
        """
        return {"multipleOf": 1} if self._places == 0 and json_type in ("integer", "number") else None


precision = validator("precision", subject="Values and numbers")(Precision)
