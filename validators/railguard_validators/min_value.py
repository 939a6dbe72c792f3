"""min-value: a number, or a percentage, that is not too small."""

from __future__ import annotations

from railguard import validator
from railguard_validators._numbers.range import Range


class MinValue(Range):
    """At least `min`, itself included; above 0 is what positive says. A text must be a percentage as "20%", and `min` is
    then in percents.

    min: the least that is allowed.

    The fix is `min`, for a whole number the next whole one. NaN is not large enough and has no fix.

    >>> min_value(18).run(18)
    >>> min_value(18).run(17).message
    'The value is 17; it must be at least 18.'
    """

    __slots__ = ()

    def __init__(self, min: int | float) -> None:
        super().__init__(min, None)


min_value = validator("min-value", aliases=("min-val",))(MinValue)
