"""words: the number of words in a text."""

from __future__ import annotations

import re
import sys
from itertools import islice

from railguard import FailResult, validator
from railguard_validators._wording import counted, within

_WORD = re.compile(r"\S+")


class Words:
    """Between `min` and `max` words, inclusive: runs of characters separated by white space.

    So "well-known" is one and a dash between spaces is one, and Chinese, Japanese and Thai, which have no spaces, are
    not measured: use length for them.

    The fix of a text with too many cuts it off after the last allowed word; a text with too few has no fix.

    min: the fewest words, 0 for no bound.
    max: the most words; without it there is no bound.

    >>> words(max=3).run("three words here")
    >>> words(min=1, max=3).run("here are four words").message
    'The text has 4 words; it must have between 1 and 3.'
    >>> words(max=3).run("here are  four words").fix
    'here are  four'
    """

    __slots__ = ("_max", "_min", "_wanted", "prompt")

    def __init__(self, min: int = 0, max: int | None = None) -> None:
        if min < 0:
            raise ValueError(f"min is {min}; a number of words is 0 or more")
        if max is not None and max < min:
            raise ValueError(f"max is {max} and min is {min}; no number lies between them")
        self._min = min
        self._max = sys.maxsize if max is None else max
        self._wanted = within(min, max)
        self.prompt = f"{self._wanted} word{'' if self._wanted.endswith(' 1') else 's'}"

    def __call__(self, value: str) -> FailResult | None:
        if not self._min and len(value) < 2 * self._max:  # n words need n - 1 gaps
            return None
        count = len(value.split())
        if self._min <= count <= self._max:
            return None
        message = f"The text has {counted(count, 'word')}; it must have {self._wanted}."
        if count < self._min:
            return FailResult(message)
        spans = [word.span() for word in islice(_WORD.finditer(value), self._max + 1)]
        end = spans[-2][1] if self._max else 0
        return FailResult(message, fix=value[:end], spans=[(spans[-1][0], len(value))])


words = validator("words", subject="Texts", aliases=("word-count",))(Words)
