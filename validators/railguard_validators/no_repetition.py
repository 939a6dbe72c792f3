"""no-repetition: a text that does not go round in circles."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._wording import shown


class NoRepetition:
    """No phrase of up to `phrase` words stands more than `max` times in a row, in any case: the loops that models fall
    into. There is no fix: what would have followed is not known.

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
        words = value.casefold().split()
        count = len(words)
        for length in range(1, min(self._phrase, count // (self._max + 1)) + 1):
            same = 0
            for at in range(length, count):
                same = same + 1 if words[at] == words[at - length] else 0
                if same >= length * self._max:
                    first = at - same - length + 1
                    while at + 1 < count and words[at + 1] == words[at + 1 - length]:
                        at += 1
                    times = (at + 1 - first) // length
                    phrase = " ".join(words[first : first + length])
                    return FailResult(
                        f"The text repeats {shown(phrase)} {times:,} times in a row; at most {self._max} are allowed."
                    )
        return None


no_repetition = validator("no-repetition")(NoRepetition)
