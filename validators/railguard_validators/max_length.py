"""max-length: a text, a list or an object that is not too long."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._values.size import NOUNS, sized


class MaxLength:
    """At most `max` long: characters (code points) of a text, items of a list, members of an object. For both bounds
    use length.

    max: the largest length, 0 or more.

    The fix cuts off the end of a text or a list. An object has no fix, since its members have no order.

    >>> max_length(5).run("rails")
    >>> max_length(5).run("railguard").message
    'The text has 9 characters; it must have at most 5.'
    >>> max_length(1).run(["a", "b"]).fix
    ['a']
    """

    __slots__ = ("_max", "prompt")

    def __init__(self, max: int) -> None:
        if max < 0:
            raise ValueError(f"max is {max}; a length is 0 or more")
        self._max = max
        self.prompt = f"of length at most {max:,}"

    def __call__(self, value: str | list[Any] | dict[str, Any]) -> FailResult | None:
        size = len(value)
        if size <= self._max:
            return None
        message = f"{sized(value)}; it must have at most {self._max:,}."
        if isinstance(value, dict):
            return FailResult(message)
        spans = [(self._max, size)] if isinstance(value, str) else ()
        return FailResult(message, fix=value[: self._max], spans=spans)

    def constraint(self, json_type: str) -> dict[str, int] | None:
        """Return the equivalent keyword of JSON Schema."""
        return {f"max{NOUNS[json_type]}": self._max} if json_type in NOUNS else None


max_length = validator("max-length", subject="Texts", aliases=("max-len", "max-items"))(MaxLength)
