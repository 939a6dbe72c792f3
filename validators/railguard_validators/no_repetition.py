"""no-repetition: a text without repeated phrases."""

from __future__ import annotations

import re
import string
from itertools import islice
from operator import eq

from railguard import FailResult, validator
from railguard_validators._wording import shown

_RUN = re.compile(r"\S+")
_OF_ASCII = string.punctuation.encode()
_BEYOND_ASCII = "…“”„‘’‚«»‹›–—·•¡¿،؛؟。、！？，：；「」『』（）│─┼"
_PUNCTUATION = string.punctuation + _BEYOND_ASCII
_SIGN = re.compile(f"[{_BEYOND_ASCII}]")


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
        text = value.casefold()
        if self._loop(_bare_letters(text).split()) is None:
            return None
        words = [bare for word in text.split() if (bare := word.strip(_PUNCTUATION))]
        if (loop := self._loop(words)) is None:
            return None
        first, last, length = loop
        times = (last - first) // length + 1
        phrase = " ".join(words[first : first + length])
        return FailResult(
            f"The text repeats {shown(phrase)} {times:,} times in a row; at most {self._max} are allowed.",
            spans=[_place(value, first, first + times * length)],
        )

    def _loop(self, words: list[str]) -> tuple[int, int, int] | None:
        """Return (first, last + 1, length) of the first words that are all repeated `length` words later, if there are
        enough in a row that a phrase is repeated too often.
        """
        for length in range(1, min(self._phrase, len(words) // (self._max + 1)) + 1):
            if (found := _repeated(words, length, length * self._max)) is not None:
                return *found, length
        return None


def _repeated(words: list[str], length: int, enough: int) -> tuple[int, int] | None:
    """Return (first, last + 1) of the first words, at least `enough` in a row, that are repeated `length` words later.

    >>> _repeated("to do and do and do and do it".split(), 2, 4)
    (1, 6)
    """
    same = bytes(map(eq, words[::enough], words[length::enough]))  # so many in a row have one of these
    at = last = 0
    while (at := same.find(1, at)) >= 0:
        first = at * enough
        if first >= last:
            last = first + 1
            while first and words[first - 1] == words[first - 1 + length]:
                first -= 1
            while last + length < len(words) and words[last] == words[last + length]:
                last += 1
            if last - first >= enough:
                return first, last
        at += 1
    return None


def _bare_letters(text: str) -> str:
    """Return a text without punctuation, also inside of words."""
    if not text.isascii():
        text = _SIGN.sub("", text)
    return text.encode("utf-8", "surrogatepass").translate(None, _OF_ASCII).decode("utf-8", "surrogatepass")


def _place(value: str, first: int, last: int) -> tuple[int, int]:
    """Return the position of the words from `first` up to `last`: casefolding creates no white space and no
    punctuation.
    """
    words = (word for word in _RUN.finditer(value) if word[0].casefold().strip(_PUNCTUATION))
    spans = [word.span() for word in islice(words, first, last)]
    return spans[0][0], spans[-1][1]


no_repetition = validator("no-repetition", subject="Texts")(NoRepetition)
