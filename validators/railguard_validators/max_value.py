"""max-value: a number, or a percentage, that is not too large."""

from __future__ import annotations

from railguard import validator
from railguard_validators._numbers.range import Range


class MaxValue(Range):
    """At most `max`, inclusive. A text must be a percentage such as "20%", and `max` is then in percent.

    max: the largest allowed value.

    The fix is `max`; for a whole number, the next whole number below it. NaN fails and has no fix.

    >>> max_value(10).run(9.5)
    >>> max_value(10).run(11).message
    'The value is 11; it must be at most 10.'
    """

    __slots__ = ()

    def __init__(self, max: int | float) -> None:
        super().__init__(None, max)


max_value = validator("max-value", subject="Values and numbers", aliases=("max-val",))(MaxValue)
