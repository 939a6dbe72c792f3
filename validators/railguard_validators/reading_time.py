"""reading-time: the time that reading a text takes."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._wording import counted, number

_MOST_WORDS = 10**9


class ReadingTime:
    """Takes at most `reading_time` minutes to read, at `words_per_minute`. Words are runs of characters separated by
    white space, so Chinese, Japanese and Thai, which have no spaces, are not measured: use length for them. There is no
    fix: it is not known which words to omit.

    reading_time: the minutes, also fractions: 0.5 is half a minute.
    words_per_minute: the reading speed; the default is guardrails-ai's 200, which is slow for silent reading.

    >>> reading_time(1).run("A short text.")
    >>> reading_time(1).run("word " * 320).message
    'The text has 320 words; to be read in 1 minute it must have at most 200.'
    """

    __slots__ = ("_minutes", "_most", "prompt")

    def __init__(self, reading_time: int | float, words_per_minute: int = 200) -> None:
        if not 0 < reading_time <= _MOST_WORDS:
            raise ValueError(f"reading_time is {number(reading_time)}; it is a number of minutes above 0")
        if words_per_minute < 1:
            raise ValueError(f"words_per_minute is {words_per_minute}; it is 1 or more")
        if not 1 <= reading_time * words_per_minute <= _MOST_WORDS:
            raise ValueError(
                f"in {number(reading_time)} minutes at {words_per_minute} a minute no word or more than "
                f"{_MOST_WORDS:,} are read; no text is measured by that"
            )
        self._minutes = f"{number(reading_time)} minute{'' if reading_time == 1 else 's'}"
        self._most = int(reading_time * words_per_minute + 1e-9)
        self.prompt = f"readable within {self._minutes} (at most {counted(self._most, 'word')})"

    def __call__(self, value: str) -> FailResult | None:
        if len(value) < 2 * self._most:  # n words need n - 1 gaps
            return None
        count = len(value.split())
        if count <= self._most:
            return None
        return FailResult(
            f"The text has {counted(count, 'word')}; to be read in {self._minutes} it must have at most {self._most:,}."
        )


reading_time = validator("reading-time", subject="Texts")(ReadingTime)
