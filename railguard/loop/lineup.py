"""Matches the items of a mirrored list with the requested items, by the values that they repeat.

If an item could belong to two requested items, or contradicts a known value, the whole list is refused: nothing is ever
matched by guessing. DESIGN, "Reask, exactly", 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from railguard.values import UNSET, Path, json_key, value_at

__all__ = ["PathTree", "lined_up", "same"]


@dataclass(slots=True)
class PathTree:
    """Requested paths as a tree of their parts. is_asked: a path ends here."""

    is_asked: bool = False
    below: dict[str | int, PathTree] = field(default_factory=dict)

    @classmethod
    def of(cls, paths: Iterable[Path]) -> PathTree:
        """Return the tree of some paths."""
        root = cls()
        for path in paths:
            at = root
            for part in path:
                at = at.below.setdefault(part, cls())
            at.is_asked = True
        return root

    def at(self, path: Path) -> PathTree | None:
        """Return the tree of the requested paths at and below a path, or None."""
        tree = self
        for part in path:
            found = tree.below.get(part)
            if found is None:
                return None
            tree = found
        return tree

    def above(self, path: Path) -> Path | None:
        """Return the shortest requested path at or above a path, or None."""
        tree = self
        for size, part in enumerate(path):
            if tree.is_asked:
                return Path(path[:size])
            found = tree.below.get(part)
            if found is None:
                return None
            tree = found
        return path if tree.is_asked else None


def lined_up(value: list[Any], state: list[Any], tree: PathTree) -> list[tuple[str | int, int, Any]]:
    """Return the items of a mirrored list with the indexes in the original list and their own; "+" for items to append,
    which are a list with the index of the first.

    Args:
        value: The list in the answer.
        state: The original list.
        tree: The requested paths in the list.

    Returns:
        Only items with a requested part; empty if the list cannot be matched.
    """
    if "+" in tree.below:
        return _with_further_items(value, state, tree)
    if len(value) == len(state) and all(_equals(item, state[at], tree.below.get(at)) for at, item in enumerate(value)):
        return [(at, at, item) for at, item in enumerate(value) if at in tree.below]
    places = {id(item): at for at, item in enumerate(value)}
    placed = list(_Lineup(state, tree).placed(value))
    if len(value) == len(state) and any(_may_stay(at, places[id(item)], value, state, tree) for at, item in placed):
        return []
    return [(at, places[id(item)], item) for at, item in placed]


def _may_stay(at: int, own: int, value: list[Any], state: list[Any], tree: PathTree) -> bool:
    """Whether an item of a list of the full length was matched with a requested one although another item at that very index
    may be it: then the list may be in order, and a passing item changed.
    """
    return own != at and not tree.below[at].is_asked and _agrees(value[at], state[at], tree.below[at])


def _with_further_items(value: list[Any], state: list[Any], tree: PathTree) -> list[tuple[str | int, int, Any]]:
    known = len(state)
    if len(value) > known and all(_equals(value[at], state[at], tree.below.get(at)) for at in range(known)):
        return [*((at, at, value[at]) for at in range(known) if at in tree.below), ("+", known, value[known:])]
    if len(tree.below) > 1:
        return []
    ours = {json_key(item) for item in state}
    return [] if any(json_key(item) in ours for item in value) else [("+", 0, value)]


class _Lineup:
    """The requested items of one list, and the values that identify them."""

    def __init__(self, state: list[Any], tree: PathTree) -> None:
        self.state = state
        self.tree = tree
        self.asked = sorted(part for part in tree.below if isinstance(part, int) and part < len(state))
        self.passing = {json_key(item) for at, item in enumerate(state) if at not in tree.below}
        told: dict[tuple[Path, Any], list[int]] = {}
        for at in self.asked:
            for mark in _marks(state[at], tree.below[at], Path()):
                told.setdefault(mark, []).append(at)
        self.told = {mark: ats for mark, ats in told.items() if len(ats) < len(self.asked)}
        self.places = list(dict.fromkeys(place for place, _ in self.told))
        self._owners: dict[tuple[str, Any], int | None] | None = None

    def placed(self, value: list[Any]) -> Iterator[tuple[int, Any]]:
        """Yield (index, item) of every item that does not merely repeat a passing one; nothing if one of them cannot be
        matched.
        """
        items = [item for item in value if json_key(item) not in self.passing]
        if not items or len(items) > len(self.asked):
            return
        certain: dict[int, Any] = {}
        loose: list[Any] = []
        for item in items:
            found = self._of(item)
            if found is None:
                loose.append(item)
            elif len(found) != 1 or found[0] in certain:
                return
            else:
                certain[found[0]] = item
        free = [at for at in self.asked if at not in certain]
        if (loose and len(loose) != len(free)) or (certain and len(loose) > 1):
            return
        if len(value) >= len(self.state) and not all(map(self._repeats, loose, free)):
            return  # a list of the full length is matched by index, or by the values that every item repeats
        if not all(isinstance(item, dict) for item in loose):
            if len(items) < len(value) < len(self.state):
                return  # some items and some of the passing ones: it may as well be a list of another length
            if not self._in_order(value, free):
                return
        pairs = [*certain.items(), *zip(free, loose, strict=False)]
        if certain and any(self._may_have_any(at) for at in free[: len(loose)]):
            # A requested member has no certain value: an item that seems to repeat another item's may have it anew.
            places = {id(item): at for at, item in pairs}
            if sorted(places.values()) != [places[id(item)] for item in items]:
                return
        if all(self._may_be(item, at) for at, item in pairs):
            yield from pairs

    def _of(self, item: Any) -> list[int] | None:
        """Return the requested items that an item partly repeats and does not contradict; None if it repeats nothing."""
        counts: dict[int, int] = {}
        for place in self.places:
            there = value_at(item, place)
            for at in self.told.get((place, json_key(there)), ()) if there is not UNSET else ():
                counts[at] = counts.get(at, 0) + 1
        if not counts:
            return None
        found = [at for at in counts if _agrees(item, self.state[at], self.tree.below[at])]
        if not found and any(tree.is_asked for tree in self.tree.below.values()):
            return None
        if len(found) > 1 and all(self.tree.below[at].is_asked for at in found):
            most = max(counts[at] for at in found)
            found = [at for at in found if counts[at] == most]
        return found

    def _may_have_any(self, at: int) -> bool:
        """Whether a member that identifies other items is itself requested of an item, or the whole item is."""
        tree = self.tree.below[at]
        return tree.is_asked or any(tree.above(place) is not None for place in self.places)

    def _repeats(self, item: Any, at: int) -> bool:
        """Whether an item repeats a value of a requested item of which only members are requested."""
        if self.tree.below[at].is_asked:
            return False
        marks = _marks(self.state[at], self.tree.below[at], Path())
        return any(json_key(value_at(item, place)) == key for place, key in marks)

    def _in_order(self, value: list[Any], free: list[int]) -> bool:
        """Whether items without members, which are known by their values only, are in the order of the list."""
        known: dict[Any, list[int]] = {}
        for at in range(len(self.state) - 1, -1, -1):
            if at not in self.tree.below:
                known.setdefault(json_key(self.state[at]), []).append(at)
        waiting = free[::-1]
        last = -1
        for item in value:
            ats = known.get(json_key(item), waiting)
            while ats and ats[-1] < last:
                ats.pop()
            if not ats:
                return False
            last = ats.pop()
        return not waiting

    def _may_be(self, item: Any, at: int) -> bool:
        """Whether an item without any identifying value may be meant for a requested one."""
        old, tree = self.state[at], self.tree.below[at]
        if not _agrees(item, old, tree):
            return False
        if not tree.is_asked or not isinstance(item, dict):
            return True
        # The whole item is requested, so it may have any value, except one that identifies another item.
        scalars = [(name, json_key(new)) for name, new in item.items() if not isinstance(new, (dict, list))]
        counts: dict[int, int] = {}
        for mark in scalars:
            owner = self.owners.get(mark)
            if owner is not None:
                counts[owner] = counts.get(owner, 0) + 1
        own = counts.pop(at, 0)
        if isinstance(old, dict) and any(name in old for name in item):
            return not counts or own > max(counts.values())
        return not counts or 2 * max(counts.values()) < len(scalars)

    @property
    def owners(self) -> dict[tuple[str, Any], int | None]:
        """Return (name, value) of every identifying scalar member → the index of its item; None if several items have
        it.
        """
        if self._owners is None:
            self._owners = {}
            for at, item in enumerate(self.state):
                for name, member in item.items() if isinstance(item, dict) else ():
                    if not isinstance(member, (dict, list)):
                        mark = (name, json_key(member))
                        self._owners[mark] = None if mark in self._owners else at
        return self._owners


def _marks(state: Any, tree: PathTree, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield the values that can identify an item: its members without the requested ones; for an item requested as a
    whole, its scalars.
    """
    if not isinstance(state, dict):
        return
    for name, member in state.items():
        below = tree.below.get(name)
        if below is None:
            if not tree.is_asked or not isinstance(member, (dict, list)):
                yield path.child(name), json_key(member)
        elif not below.is_asked:
            yield from _marks(member, below, path.child(name))


def _agrees(item: Any, state: Any, tree: PathTree | None) -> bool:
    """Whether an item contradicts nothing of the known one, apart from its requested parts."""
    if tree is not None and tree.is_asked:
        return True
    if isinstance(state, dict) and isinstance(item, dict) and tree is not None:
        return all(_agrees(member, state[name], tree.below.get(name)) for name, member in item.items() if name in state)
    if isinstance(state, list) and isinstance(item, list) and tree is not None:
        return len(item) != len(state) or all(
            _agrees(one, state[at], tree.below.get(at)) for at, one in enumerate(item)
        )
    return tree is None and same(item, state)


def _equals(item: Any, state: Any, tree: PathTree | None) -> bool:
    """Whether an item equals the known one, apart from its requested parts. It may omit members of a requested item."""
    if tree is None:
        return same(item, state)
    if tree.is_asked:
        return True
    if isinstance(state, dict) and isinstance(item, dict):
        return all(_equals(member, state.get(name, UNSET), tree.below.get(name)) for name, member in item.items())
    if isinstance(state, list) and isinstance(item, list):
        return len(item) == len(state) and all(
            _equals(one, state[at], tree.below.get(at)) for at, one in enumerate(item)
        )
    return False


def same(a: Any, b: Any) -> bool:
    """JSON equality: true is not 1. UNSET equals nothing."""
    return a is not UNSET and b is not UNSET and bool(json_key(a) == json_key(b))
