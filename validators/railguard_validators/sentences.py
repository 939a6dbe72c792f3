"""sentences: the number of sentences in a text."""

from __future__ import annotations

import sys

from railguard import FailResult, validator
from railguard_validators._text.sentences import sentences as split
from railguard_validators._wording import counted, within


class Sentences:
    """Between `min` and `max` sentences, both included. A sentence ends after . ! ? or … if white space and then no
    small letter follows, and after 。！？. A single dot does not end a sentence after a title or an abbreviation that is
    always followed by something (Dr. Mr. Prof. vs. bzw.), after one letter other than I ("J. Doe", "z. B."), or after
    the number of a list item at the start of its line. "It was made in the U.S. The rest was not." is one sentence by
    this rule, and headings and list items without a mark at their end belong to the next one.

    The fix of a text with too many cuts it off after the last allowed one; a text with too few has no fix.

    min: the fewest sentences, 0 for no bound.
    max: the most sentences; without it there is no bound.

    >>> sentences(max=2).run("One. Two, e.g. this.")
    >>> sentences(max=1).run("One. Two.").message
    'The text has 2 sentences; it must have at most 1.'
    >>> sentences(max=1).run("One. Two.").fix
    'One.'
    """

    __slots__ = ("_max", "_min", "_wanted", "prompt")

    def __init__(self, min: int = 0, max: int | None = None) -> None:
        if min < 0:
            raise ValueError(f"min is {min}; a number of sentences is 0 or more")
        if max is not None and max < min:
            raise ValueError(f"max is {max} and min is {min}; no number lies between them")
        self._min = min
        self._max = sys.maxsize if max is None else max
        self._wanted = within(min, max)
        self.prompt = f"{self._wanted} sentence{'' if self._wanted.endswith(' 1') else 's'}"

    def __call__(self, value: str) -> FailResult | None:
        found = split(value)
        if self._min <= len(found) <= self._max:
            return None
        message = f"The text has {counted(len(found), 'sentence')}; it must have {self._wanted}."
        if len(found) < self._min:
            return FailResult(message)
        end = found[self._max - 1][1] if self._max else 0
        return FailResult(message, fix=value[:end], spans=[(found[self._max][0], len(value))])


sentences = validator("sentences", subject="Texts")(Sentences)
