"""Names of members, dotted where they lie deeper: `start`, `price.amount`, and `items.price` for each item of a list."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import isfinite
from typing import Any

__all__ = ["Members", "exact", "given", "names"]


class Members:
    """The members that a dotted name leads to; a list on the way is walked through, `[*]` may be written behind it.

    >>> list(Members("items.price").of({"items": [{"price": 1}, {}, {"price": 2}]}))
    [(('items', 0, 'price'), 1), (('items', 2, 'price'), 2)]
    """

    __slots__ = ("name", "parts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts = tuple(name.removeprefix("$.").replace("[*]", "").split("."))
        if not all(self.parts):
            raise ValueError(f"{name!r} names no member; write it as start or items.price")

    def of(self, value: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
        """(path, value) of every member that is there, in order. A list at the end is walked through too."""
        found: Iterator[tuple[tuple[str | int, ...], Any]] = iter([((), value)])
        for part in self.parts:
            found = _step(_items(found), part)
        return _items(found)


def _step(found: Iterator[tuple[tuple[str | int, ...], Any]], part: str) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for path, value in found:
        if isinstance(value, dict) and part in value:
            yield (*path, part), value[part]


def _items(found: Iterator[tuple[tuple[str | int, ...], Any]]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for path, value in found:
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield (*path, index), item
        else:
            yield path, value


def exact(value: Any) -> Fraction | None:
    """A number as it is written (0.1 is a tenth); None for what is no finite number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float) and isfinite(value):
        return Fraction(repr(value))
    return None


def given(value: dict[str, Any], name: str) -> bool:
    """Whether a member is there and not null."""
    return value.get(name) is not None


def names(value: str | list[str], parameter: str, fewest: int = 1) -> tuple[str, ...]:
    """A parameter of one name or several, checked."""
    found = (value,) if isinstance(value, str) else tuple(value)
    if len(found) < fewest or not all(found) or len(set(found)) < len(found):
        raise ValueError(f"{parameter} needs {fewest} or more different names, not {value!r}")
    return found
