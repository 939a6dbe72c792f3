"""ends-with: the end of a text or a list."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from railguard import FailResult, validator
from railguard import json_key as key
from railguard_validators._text.literal import literal
from railguard_validators._wording import shown

_LOOK = 20  # the characters of the text in a message


class EndsWith:
    """A text ends with the text `end`; a list ends with the item `end`, or with the items of the list `end`.

    Capitals count. The fix appends `end`, or removes white space after an existing `end`. It removes nothing else,
    because that may be wanted.

    end: the text, the item, or the list of items.

    >>> ends_with(".").run("The end.")
    >>> ends_with(".").run("The end").message
    'The text must end with "."; it ends with "The end".'
    >>> ends_with(".").run("The end").fix
    'The end.'
    >>> ends_with(3).run([1, 2, 3])
    """

    __slots__ = ("_count", "_end", "_items", "_keys", "prompt")

    def __init__(self, end: str | int | float | bool | list[Any] | dict[str, Any] | None) -> None:
        if end in ("", []):
            raise ValueError("end is empty; everything ends with nothing")
        self._end = end
        self._items = deepcopy(end if isinstance(end, list) else [end])
        self._keys = [key(item) for item in self._items]
        if self._keys != [key(item) for item in self._items]:
            raise ValueError("end holds NaN, which equals nothing, not even itself")
        self._count = len(self._items)
        self.prompt = f"ends with {shown(end)}"

    def __call__(self, value: str | list[Any]) -> FailResult | None:
        end = self._end
        if isinstance(value, str):
            if not isinstance(end, str):
                return FailResult(f"The value must be a list that ends with {shown(end)}; it is a text.")
            if value.endswith(end):
                return None
            is_now = f"it ends with {shown(value[-max(_LOOK, len(end)) :])}" if value else "it is empty"
            bare = value.rstrip()
            fix = bare if bare.endswith(end) else value + end
            return FailResult(f"The text must end with {shown(end)}; {is_now}.", fix=fix)
        tail = value[-self._count :]
        if len(tail) == self._count and all(map(_same, tail, self._keys)):
            return None
        is_now = f"it ends with {shown(value[-1])}" if value else "it is empty"
        one = "the items " if isinstance(end, list) else ""
        message = f"The list must end with {one}{shown(end)}; {is_now}."
        return FailResult(message, fix=value + deepcopy(self._items))

    def constraint(self, json_type: str) -> dict[str, str] | None:
        """Return the equivalent keyword of JSON Schema for a text; there is none for a list."""
        pattern = literal(self._end) if json_type == "string" and isinstance(self._end, str) else None
        return None if pattern is None else {"pattern": f"{pattern}$"}


def _same(item: Any, wanted: Any) -> bool:
    return bool(key(item) == wanted)


ends_with = validator("ends-with", subject="Texts")(EndsWith)
