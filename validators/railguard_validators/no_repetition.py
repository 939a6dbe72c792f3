"""no-repetition: a text without repeated phrases."""

from __future__ import annotations

import re
import string
from itertools import islice
from operator import eq

from railguard import FailResult, validator
from railguard_validators._wording import shown

_RUN = re.compile(r"\S+")
_PUNCTUATION = string.punctuation + "…“”„‘’‚«»‹›–—·•¡¿،؛؟。、！？，：；「」『』（）│─┼"


class NoRepetition:
    """No phrase of up to `phrase` words occurs more than `max` times in a row, in any case: models may get into such
    loops. Words are runs of characters separated by white space, without the punctuation around them; a run of
    punctuation only, such as the lines of a table, is not a word. Loops inside a word, and in scripts without spaces,
    are not found. There is no fix: the right continuation is not known.

    max: how many repetitions in a row are allowed, 1 or more.
    phrase: the largest number of words in a repeated phrase, from 1 to 50.

    >>> no_repetition().run("a very, very, very good answer")
    >>> no_repetition(max=2).run("and so on and so on and so on").message
    'The text repeats "and so on" 3 times in a row; at most 2 are allowed.'
    """

    __slots__ = ("_max", "_phrase", "prompt")

    def __init__(self, max: int = 3, phrase: int = 8) -> None:
        if max < 1:
            raise ValueError(f"max is {max}; everything stands there once")
        if not 1 <= phrase <= 50:
            raise ValueError(f"phrase is {phrase}; it is a number of words from 1 to 50")
        self._max = max
        self._phrase = phrase
        self.prompt = f"no word or phrase more than {max} times in a row"

    def __call__(self, value: str) -> FailResult | None:
        words = [bare for word in value.casefold().split() if (bare := word.strip(_PUNCTUATION))]
        if not self._may_repeat(words):
            return None
        count = len(words)
        for length in range(1, min(self._phrase, count // (self._max + 1)) + 1):
            same = bytes(
                map(eq, words, islice(words, length, None))
            )  # whether each word is repeated `length` words later
            first = same.find(b"\1" * length * self._max)
            if first >= 0:
                last = same.find(b"\0", first)
                times = ((last if last >= 0 else len(same)) - first) // length + 1
                phrase = " ".join(words[first : first + length])
                return FailResult(
                    f"The text repeats {shown(phrase)} {times:,} times in a row; at most {self._max} are allowed.",
                    spans=[_place(value, first, first + times * length)],
                )
        return None

    def _may_repeat(self, words: list[str]) -> bool:
        """Whether enough words in a row are each also among the words of one phrase before it, as all words are but the
        first time that a phrase is said.
        """
        last: dict[str, int] = {}
        near = bytearray(len(words))
        for at, word in enumerate(words):
            near[at] = at - last.get(word, at - self._phrase - 1) <= self._phrase
            last[word] = at
        return b"\1" * self._max in near


def _place(value: str, first: int, last: int) -> tuple[int, int]:
    """Return the position of the words from `first` up to `last`: casefolding creates no white space and no
    punctuation.
    """
    words = (word for word in _RUN.finditer(value) if word[0].casefold().strip(_PUNCTUATION))
    spans = [word.span() for word in islice(words, first, last)]
    return spans[0][0], spans[-1][1]


no_repetition = validator("no-repetition", subject="Texts")(NoRepetition)
