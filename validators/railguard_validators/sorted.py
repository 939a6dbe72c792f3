"""sorted: a list in order."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, Literal

from railguard import FailResult, validator
from railguard_validators._values.members import Member, Place
from railguard_validators._values.order import comparable, has_order
from railguard_validators._wording import shown

_MOST = 10


class Sorted:
    """Items in ascending (or descending) order, possibly equal: all numbers, or all texts. Percentages ("12%")
    are in the order of their numbers, timestamps of RFC 3339 in the order of time whatever their offsets, all other
    texts by code point: dates such as 2024-05-31 are ordered by time, and dates in other notations are not.

    order: ascending or descending.
    by: for a list of objects, the member to sort by, with dots for a nested member; None for the items themselves.

    The fix is the sorted list; equal items keep their order. A list that mixes numbers and texts, or has other items,
    has no order and no fix; then the items, or members, that are neither are blamed.

    >>> sorted().run([1, 2.5, 2.5, 4])
    >>> sorted().run([1, 3, 2]).message
    'The items must be in ascending order; item 2 (2) comes after item 1 (3).'
    >>> sorted(order="descending", by="score").run([{"score": 1}, {"score": 2}]).fix
    [{'score': 2}, {'score': 1}]
    """

    __slots__ = ("_by", "_descending", "prompt")

    def __init__(self, order: Literal["ascending", "descending"] = "ascending", by: str | None = None) -> None:
        self._by = None if by is None else Member(by)
        self._descending = order == "descending"
        self.prompt = f"in {order} order" + (f" of {by}" if by is not None else "")

    def __call__(self, value: list[Any]) -> FailResult | None:
        found = self._found(value)
        values = [of for _, of in found]
        keys = comparable(values)
        if keys is None:
            return self._without_order(found)
        wrong = _first_wrong(keys, self._descending)
        if wrong is None:
            return None
        places = builtins.sorted(range(len(value)), key=keys.__getitem__, reverse=self._descending)
        message = (
            f"The items must be {self.prompt}; item {wrong} ({shown(values[wrong])}) comes after "
            f"item {wrong - 1} ({shown(values[wrong - 1])})."
        )
        return FailResult(message, fix=[value[place] for place in places])

    def _found(self, value: list[Any]) -> list[tuple[Place, Any]]:
        """(path, value) of what is in order, an item each."""
        if self._by is None:
            return [((index,), item) for index, item in enumerate(value)]
        found = []
        for index, item in enumerate(value):
            path, member = self._by.find(item)
            found.append(((index, *path), member))
        return found

    def _without_order(self, found: list[tuple[Place, Any]]) -> FailResult:
        what = f"members {shown(self._by.name)}" if self._by is not None else "items"
        message = f"The {what} must be all numbers or all texts, so that they have an order"
        neither = [(path, value) for path, value in found if not has_order(value)]
        if neither:
            one = len(neither) == 1
            of = "" if self._by is None else "that of " if one else "those of "
            words = ", ".join(f"{path[0]} ({shown(value, 30)})" for path, value in neither[:_MOST])
            more = f" and {len(neither) - _MOST:,} more" if len(neither) > _MOST else ""
            message += f"; {of}item{'' if one else 's'} {words}{more} {'is' if one else 'are'} neither"
        return FailResult(message + ".", blame=[path for path, _ in neither])


def _first_wrong(keys: Sequence[Any], descending: bool) -> int | None:
    for index in range(1, len(keys)):
        before, this = keys[index - 1], keys[index]
        if (before < this) if descending else (this < before):
            return index
    return None


sorted = validator("sorted", subject="Lists and objects")(Sorted)
