"""min-value: a number, or a percentage, that is not too small."""

from __future__ import annotations

from railguard import validator
from railguard_validators._numbers.range import Range


class MinValue(Range):
    """At least `min`, inclusive; for values above 0 use positive. A text must be a percentage such as "20%", and `min`
    is then in percent.

    min: the smallest allowed value.

    The fix is `min`; for a whole number, the next whole number above it. NaN fails and has no fix.

    >>> min_value(18).run(18)
    >>> min_value(18).run(17).message
    'The value is 17; it must be at least 18.'
    """

    __slots__ = ()

    def __init__(self, min: int | float) -> None:
        super().__init__(min, None)


min_value = validator("min-value", subject="Values and numbers", aliases=("min-val",))(MinValue)
