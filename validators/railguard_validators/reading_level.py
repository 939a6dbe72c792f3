"""reading-level: the years of school that a text requires of its reader."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache

from railguard import FailResult, validator
from railguard_validators._text.sentences import sentences
from railguard_validators._text.syllables import syllables
from railguard_validators._wording import number

_WORD = re.compile(r"[^\W\d_]++(?:['’][^\W\d_]++)*+")
_BLOCK = re.compile(r"\n\s*\n|\n(?=[ \t]*+(?:[-*•+>#|]|\d{1,3}[.)])[ \t])")
_LATIN = re.compile("[A-Za-zÀ-ɏ]")


class ReadingLevel:
    """Has a grade between `min` and `max`, inclusive, by the formula of Flesch and Kincaid, which is that of Kincaid,
    Fishburne, Rogers and Chissom (1975, Research Branch Report 8-75):

        0.39 · words / sentences + 11.8 · syllables / words − 15.59

    Grade 5 is easy for a child of eleven, 8 is plain English, 12 ends school, 16 is for specialists. Words are runs of
    letters; numbers are not counted. Sentences end as in the validator sentences, and at blank lines, list items and
    headings. Syllables are counted by rules of English spelling, which are right for about 97 words of 100.

    It is a formula for English: for other Latin languages the number has little meaning; other scripts pass, and so
    does a text without words. Below about a hundred words the number varies much; guardrails-ai refuses such texts,
    this rule does not. Unlike there, the grade is not rounded and not limited to 0–12: choose bounds with a margin.
    There is no fix: the text must be rewritten.

    min: the lowest allowed grade; without it there is no bound.
    max: the highest allowed grade; without it there is no bound.

    >>> rule = reading_level(max=8)
    >>> rule.run("We keep your money safe. You can take it out when you want.")
    >>> rule.run("Depositors retain unconditional entitlement to the instantaneous withdrawal of balances.").message
    'The text reads at grade 22.5 (Flesch-Kincaid); it must be at most 8. Use shorter sentences (10 words on average) and shorter words (2.9 syllables on average).'
    """  # noqa: E501  # a message is quoted whole

    __slots__ = ("_max", "_min", "_wanted", "prompt")

    def __init__(self, min: int | float | None = None, max: int | float | None = None) -> None:
        if min is None and max is None:
            raise ValueError("min and max are both missing; give at least one grade")
        self._min = -math.inf if min is None else min
        self._max = math.inf if max is None else max
        if self._min != self._min or self._max != self._max or self._min > self._max:
            raise ValueError(f"min is {min} and max is {max}; no grade lies between them")
        if max is None:
            self._wanted = f"at least {number(self._min)}"
        elif min is None:
            self._wanted = f"at most {number(self._max)}"
        else:
            self._wanted = f"between {number(self._min)} and {number(self._max)}"
        self.prompt = f"at a reading level (Flesch-Kincaid grade) of {self._wanted}"

    def __call__(self, value: str) -> FailResult | None:
        words = spoken = 0
        for chunk, times in Counter(value.split()).items():
            count, counted = _counted(chunk)
            words += times * count
            spoken += times * counted
        if not words:
            return None
        sentence = words / max(1, sum(_WORD.search(piece) is not None for piece in _pieces(value)))
        word = spoken / words
        grade = 0.39 * sentence + 11.8 * word - 15.59
        if self._min <= grade <= self._max:
            return None
        how = "shorter" if grade > self._max else "longer"
        return FailResult(
            f"The text reads at grade {_short(grade)} (Flesch-Kincaid); it must be {self._wanted}. Use {how} sentences "
            f"({_short(sentence)} words on average) and {how} words ({_short(word)} syllables on average)."
        )


def _counted(chunk: str) -> tuple[int, int]:
    """Return how many words of Latin script are in a text without white space, and how many syllables in them.

    >>> _counted("well-known"), _counted("10")
    ((2, 2), (0, 0))
    """
    return _counted_short(chunk) if len(chunk) <= _LONGEST else _count(chunk)


def _count(chunk: str) -> tuple[int, int]:
    words = [word for word in _WORD.findall(chunk) if _LATIN.match(word)]
    return len(words), sum(map(syllables, words))


_LONGEST = 80  # the most characters between white space that are remembered
_counted_short = lru_cache(maxsize=1 << 14)(_count)  # the same words are in most texts


def _pieces(text: str) -> list[str]:
    return [block[start:end] for block in _BLOCK.split(text) for start, end in sentences(block)]


def _short(value: float) -> str:
    return number(round(value, 1))


reading_level = validator("reading-level", subject="Texts")(ReadingLevel)
