"""min-length: a text, a list or an object that is not too short."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._values.size import NOUNS, sized


class MinLength:
    """At least `min` long: characters (code points) of a text, items of a list, members of an object. For both bounds
    use length.

    min: the smallest length, 1 or more.

    There is no fix: the missing part is not known.

    >>> min_length(2).run(["a", "b"])
    >>> min_length(2).run(["a"]).message
    'The list has 1 item; it must have at least 2.'
    """

    __slots__ = ("_min", "prompt")

    def __init__(self, min: int) -> None:
        if min < 1:
            raise ValueError(f"min is {min}; everything is at least that long")
        self._min = min
        self.prompt = f"of length at least {min:,}"

    def __call__(self, value: str | list[Any] | dict[str, Any]) -> FailResult | None:
        if len(value) >= self._min:
            return None
        return FailResult(f"{sized(value)}; it must have at least {self._min:,}.")

    def constraint(self, json_type: str) -> dict[str, int] | None:
        """Return the equivalent keyword of JSON Schema."""
        return {f"min{NOUNS[json_type]}": self._min} if json_type in NOUNS else None


min_length = validator("min-length", subject="Texts", aliases=("min-len", "min-items"))(MinLength)
