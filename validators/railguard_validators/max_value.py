"""max-value: a number, or a percentage, that is not too large."""

from __future__ import annotations

from railguard import validator
from railguard_validators._numbers.range import Range


class MaxValue(Range):
    """At most `max`, itself included. A text must be a percentage as "20%", and `max` is then in percents.

    max: the most that is allowed.

    The fix is `max`, for a whole number the next whole one below. NaN is not small enough and has no fix.

    >>> max_value(10).run(9.5)
    >>> max_value(10).run(11).message
    'The value is 11; it must be at most 10.'
    """

    __slots__ = ()

    def __init__(self, max: int | float) -> None:
        super().__init__(None, max)


max_value = validator("max-value", aliases=("max-val",))(MaxValue)
