"""sorted: a list in order."""

from __future__ import annotations

import builtins
from typing import Any, Literal

from railguard import UNSET, FailResult, validator
from railguard_validators._wording import shown


class Sorted:
    """Items in ascending (or descending) order, equal ones side by side: all numbers, or all texts, by code point (so
    dates as 2024-05-31 are in the order of time). With `by`, a list of objects in the order of that member.

    The fix is the list in order; equal items keep theirs. A list that mixes numbers and texts has no order and no fix.

    >>> sorted().run([1, 2.5, 2.5, 4])
    >>> sorted().run([1, 3, 2]).message
    'The items must be in ascending order; item 2 (2) comes after item 1 (3).'
    >>> sorted(order="descending", by="score").run([{"score": 1}, {"score": 2}]).fix
    [{'score': 2}, {'score': 1}]
    """

    __slots__ = ("_by", "_descending", "_order", "prompt")

    def __init__(self, order: Literal["ascending", "descending"] = "ascending", by: str | None = None) -> None:
        self._by = by
        self._order = order
        self._descending = order == "descending"
        self.prompt = f"in {order} order" + (f" of {by}" if by else "")

    def __call__(self, value: list[Any]) -> FailResult | None:
        by = self._by
        if by is None:
            keys = value
        else:
            keys = []
            for index, item in enumerate(value):
                if not isinstance(item, dict) or by not in item:
                    return FailResult(f"Item {index} has no member {shown(by)} to be in order by.", blame=[(index,)])
                keys.append(item[by])
        if not (all(map(_is_text, keys)) or all(map(_is_number, keys))):
            what = f"members {shown(by)}" if by else "items"
            return FailResult(f"The {what} must be all numbers or all texts, so that they have an order.")
        wrong = _first_wrong(keys, self._descending)
        if wrong is None:
            return None
        places = builtins.sorted(range(len(value)), key=keys.__getitem__, reverse=self._descending)
        message = (
            f"The items must be {self.prompt}; item {wrong} ({shown(keys[wrong])}) comes after "
            f"item {wrong - 1} ({shown(keys[wrong - 1])})."
        )
        return FailResult(message, fix=[value[place] for place in places] if places else UNSET)


def _is_text(value: Any) -> bool:
    return type(value) is str


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and value == value


def _first_wrong(keys: list[Any], descending: bool) -> int | None:
    for index in range(1, len(keys)):
        before, this = keys[index - 1], keys[index]
        if (before < this) if descending else (this < before):
            return index
    return None


sorted = validator("sorted")(Sorted)
