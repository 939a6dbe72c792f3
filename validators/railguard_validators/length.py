"""length: how long a text, a list or an object is."""

from __future__ import annotations

import sys
from typing import Any

from railguard import FailResult, validator
from railguard_validators._values.size import NOUNS, sized
from railguard_validators._wording import within


class Length:
    """Between `min` and `max` long, both included: characters (code points) of a text, items of a list, members of
    an object.

    A text or list that is too long is fixed by cutting its end off. There is no fix for a short one: what would be
    added is not known. An object has no fix either, since its members have no order to cut by.

    min: the shortest length, 0 for no bound.
    max: the longest length; without it there is no bound.

    >>> length(min=1, max=10).run("railguard")
    >>> length(min=1, max=10).run("a railguard is a").message
    'The text has 16 characters; it must have between 1 and 10.'
    """

    __slots__ = ("_max", "_min", "_wanted", "prompt")

    def __init__(self, min: int = 0, max: int | None = None) -> None:
        if min < 0:
            raise ValueError(f"min is {min}; a length is 0 or more")
        if max is not None and max < min:
            raise ValueError(f"max is {max} and min is {min}; no length lies between them")
        self._min = min
        self._max = sys.maxsize if max is None else max
        self._wanted = within(min, max)
        self.prompt = "of length " + self._wanted

    def __call__(self, value: str | list[Any] | dict[str, Any]) -> FailResult | None:
        size = len(value)
        if self._min <= size <= self._max:
            return None
        message = f"{sized(value)}; it must have {self._wanted}."
        if size < self._min or isinstance(value, dict):
            return FailResult(message)
        spans = [(self._max, size)] if isinstance(value, str) else ()
        return FailResult(message, fix=value[: self._max], spans=spans)

    def constraint(self, json_type: str) -> dict[str, int] | None:
        """Return the equivalent keywords of JSON Schema."""
        noun = NOUNS.get(json_type)
        if noun is None:
            return None
        bounds = {f"min{noun}": self._min} if self._min else {}
        return bounds | ({f"max{noun}": self._max} if self._max != sys.maxsize else {})


length = validator("length", subject="Texts", aliases=("valid-length",))(Length)
