"""Names of members, with dots for nested ones: `start`, `price.amount`, and `items.price` for each item of a list.

`$.` may come first and `[*]` may follow a list; a name with a dot, a bracket or a quote in it is written `["a.b"]`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

__all__ = ["Member", "Members", "Place", "members"]

Place: TypeAlias = tuple[str | int, ...]
"""A path relative to the checked value, in the form of blame."""

_PART = re.compile(r"""(?P<dot>\.?)(?:(?P<plain>[^.\[\]"]+)|\[(?P<quoted>"(?:[^"\\]|\\.)*")\])(?P<every>\[\*\])?""")


def _parts(name: str) -> tuple[tuple[str, ...], bool]:
    """Return the parts of a name, and whether it contains `[*]`. Raises ValueError if it is not a valid name."""
    wrong = ValueError(f'{name!r} names no member; write it as start, items.price or ["a.b"]')
    rest = name.removeprefix("$")
    parts: list[str] = []
    every = False
    at = 0
    while at < len(rest):
        found = _PART.match(rest, at)
        # A dot comes before every plain name except the first, and before no quoted one.
        if found is None or bool(found["dot"]) is not (found["plain"] is not None and (at > 0 or rest is not name)):
            raise wrong
        try:
            parts.append(found["plain"] if found["plain"] is not None else json.loads(found["quoted"]))
        except ValueError as error:
            raise wrong from error
        every = every or found["every"] is not None
        at = found.end()
    if not parts:
        raise wrong
    return tuple(parts), every


class Members:
    """All members with a name; lists, also nested ones, are traversed on the way and at the end.

    >>> list(Members("items.price").of({"items": [{"price": 1}, {}, {"price": 2}]}))
    [(('items', 0, 'price'), 1), (('items', 2, 'price'), 2)]
    >>> list(Members("items.price").of({"items": [{"price": 1}, {}]}, missing=True))
    [(('items', 0, 'price'), 1), (('items', 1, 'price'), None)]
    """

    __slots__ = ("name", "parts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts = _parts(name)[0]

    def of(self, value: Any, *, missing: bool = False) -> Iterator[tuple[Place, Any]]:
        """Yield (path, value) of every existing member, in order; with `missing`, None for each that an object lacks."""
        found: Iterator[tuple[Place, Any]] = iter([((), value)])
        for part in self.parts:
            found = _step(_items(found), part, missing)
        return _items(found)


def _step(found: Iterator[tuple[Place, Any]], part: str, missing: bool) -> Iterator[tuple[Place, Any]]:
    for path, value in found:
        if isinstance(value, dict) and (missing or part in value):
            yield (*path, part), value.get(part)


def _items(found: Iterator[tuple[Place, Any]]) -> Iterator[tuple[Place, Any]]:
    for path, value in found:
        if not isinstance(value, list):
            yield path, value
            continue
        stack = [(path, iter(enumerate(value)))]
        while stack:
            at, items = stack[-1]
            for index, item in items:
                if isinstance(item, list):
                    stack.append(((*at, index), iter(enumerate(item))))
                    break
                yield (*at, index), item
            else:
                stack.pop()


class Member:
    """The one member with a name, found through objects. If there is a list on the way, the list itself is returned: a
    check of each item belongs on the items.

    >>> Member("price.low").find({"price": {"low": 3}})
    (('price', 'low'), 3)
    >>> Member("price.low").find({"price": None})
    (('price',), None)
    >>> Member("price.low").find({"price": [{"low": 3}]})
    (('price',), [{'low': 3}])
    """

    __slots__ = ("name", "parts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts, every = _parts(name)
        if every:
            raise ValueError(f"{name!r} names many members, and one is wanted; put the rule on the items")

    def find(self, value: Any) -> tuple[Place, Any]:
        """Return (path, value); None for a missing member, with the path to the first missing step."""
        path: Place = ()
        for part in self.parts:
            if not isinstance(value, dict):
                return path, value if isinstance(value, list) else None
            path = (*path, part)
            value = value.get(part)
        return path, value


def members(value: str | list[str], parameter: str, fewest: int = 1) -> tuple[Member, ...]:
    """Check a parameter of one or several names and return the members.

    >>> [member.name for member in members(["a", "b.c"], "needs")]
    ['a', 'b.c']
    """
    given = (value,) if isinstance(value, str) else tuple(value)
    if len(given) < fewest:
        raise ValueError(f"{parameter} needs {fewest} or more different names, not {value!r}")
    found = tuple(map(Member, given))
    if len({member.parts for member in found}) < len(found):
        raise ValueError(f"{parameter} names a member twice: {value!r}")
    return found
