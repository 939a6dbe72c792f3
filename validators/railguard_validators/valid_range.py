"""valid-range: a number, or a percentage, between two bounds."""

from __future__ import annotations

from railguard import validator
from railguard_validators._numbers.range import Range


class ValidRange(Range):
    """Not below `min` and not above `max`; at least one is given. A text must be a percentage such as "20%", and the
    bounds are then in percent.

    min: the smallest allowed value; None for no bound.
    max: the largest allowed value; None for no bound.

    The fix is the nearest allowed value; for a whole number, the nearest whole one; for a percentage, a percentage. NaN
    fails and has no fix.

    >>> valid_range(0, 100).run(100)
    >>> valid_range(0, 100).run(120).message
    'The value is 120; it must be between 0 and 100.'
    >>> valid_range(0, 100).run("120%").fix
    '100%'
    """

    __slots__ = ()

    def __init__(self, min: int | float | None = None, max: int | float | None = None) -> None:
        if min is None and max is None:
            raise ValueError("min, max or both are needed")
        super().__init__(min, max)


valid_range = validator("valid-range", subject="Values and numbers")(ValidRange)
