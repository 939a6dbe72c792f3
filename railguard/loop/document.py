"""A document to update: its original value, and the changes of a call.

A call may take several rounds, each of which may set, append and remove values. They are combined to one list of
changes of the original document, with its indexes, so that everything else stays unchanged, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from railguard.loop.changes import apply_changes
from railguard.loop.rewriting import rewrite
from railguard.values import UNSET, Path, ValueChange, json_key

__all__ = ["UNMOVED", "Origins", "UpdatedDocument", "changes_between"]


@dataclass(frozen=True, slots=True)
class UpdatedDocument:
    """An existing document.

    Attributes:
        state: Its value as plain data.
        text: Its JSON text; unchanged if it was given as text.
        is_text: Whether it was given as text.
        tells_type: Whether the type of the document is shown to the model.
    """

    state: Any
    text: str
    is_text: bool
    tells_type: bool = True

    def updated(self, changes: Sequence[ValueChange]) -> Any:
        """Return the document with changes made: a text for a text, otherwise plain data."""
        return rewrite(self.text, changes) if self.is_text else apply_changes(self.state, changes)


@dataclass(frozen=True, slots=True)
class Origins:
    """The original indexes of list items: the path of a list in the document → the original indexes of the remaining
    items.

    A list that lost no item is not included. Appended items come after the remaining ones.
    """

    left: dict[Path, tuple[int, ...]] = field(default_factory=dict)

    def path(self, path: Path) -> Path:
        """Convert a path of the state to a path of the document."""
        found: list[str | int] = []
        for part in path:
            left = self.left.get(Path(found))
            if left is not None and isinstance(part, int):
                part = left[part] if part < len(left) else max(left, default=-1) + 1 + part  # a new item
            found.append(part)
        return Path(found)

    def without(self, removed: Iterable[Path], state: Any) -> Origins:
        """Return the origins after items were removed.

        Args:
            removed: Paths of items, of the state before any of them was removed.
            state: That state.
        """
        by_list: dict[Path, set[int]] = {}
        for path in removed:
            if path and isinstance(path[-1], int):
                by_list.setdefault(Path(path[:-1]), set()).add(path[-1])
        if not by_list:
            return self
        left = dict(self.left)
        for at, gone in by_list.items():
            holder = self.path(at)
            before = left.get(holder, tuple(range(len(_value_at(state, at)))))
            left[holder] = tuple(origin for index, origin in enumerate(before) if index not in gone)
        return Origins(left)


UNMOVED = Origins()
"""No list has lost an item."""


def _value_at(state: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        state = state[part]
    return state


def changes_between(before: Any, after: Any, origins: Origins, unsaid: Iterable[Path] = ()) -> tuple[ValueChange, ...]:
    """Return the differences of two values: the smallest differing values, in the order in which they are changed.

    Args:
        before: The value of the document.
        after: Its new value.
        origins: The origins of the items of its lists.
        unsaid: Paths of `after` whose values do not come from a change, such as defaults.

    Returns:
        Values set, then members and items added, then removals from the end: with them `apply_changes` converts
        `before` to `after`, except for the paths in `unsaid`.
    """
    comparison = _Comparison(origins, frozenset(map(origins.path, unsaid)))
    comparison.compare(before, after, Path())
    gone = sorted(comparison.removed, key=_for_removal, reverse=True)
    return (*comparison.set, *comparison.added, *gone)


def _for_removal(change: ValueChange) -> tuple[tuple[bool, str | int], ...]:
    return tuple((isinstance(part, int), part) for part in change.path)


class _Comparison:
    def __init__(self, origins: Origins, unsaid: frozenset[Path]) -> None:
        self.origins = origins
        self.unsaid = unsaid
        self.set: list[ValueChange] = []
        self.added: list[ValueChange] = []
        self.removed: list[ValueChange] = []

    def compare(self, before: Any, after: Any, path: Path) -> None:
        if isinstance(before, dict) and isinstance(after, dict):
            self._objects(before, after, path)
        elif isinstance(before, list) and isinstance(after, list) and self._is_same_list(before, after, path):
            self._lists(before, after, path)
        elif json_key(before) != json_key(after):
            self.set.append(ValueChange(path, deepcopy(before), deepcopy(after)))

    def _objects(self, before: dict[str, Any], after: dict[str, Any], path: Path) -> None:
        for name, member in before.items():
            if name in after:
                self.compare(member, after[name], path.child(name))
            else:
                self.removed.append(ValueChange(path.child(name), deepcopy(member), UNSET))
        for name, member in after.items():
            if name not in before and path.child(name) not in self.unsaid:
                self.added.append(ValueChange(path.child(name), UNSET, deepcopy(member)))

    def _is_same_list(self, before: list[Any], after: list[Any], path: Path) -> bool:
        """Whether it is known which items correspond; otherwise the list is replaced as a whole."""
        left = self.origins.left.get(path)
        return len(after) >= (len(before) if left is None else sum(1 for index in left if index < len(before)))

    def _lists(self, before: list[Any], after: list[Any], path: Path) -> None:
        left = self.origins.left.get(path)
        kept = range(len(before)) if left is None else [index for index in left if index < len(before)]
        for index, item in zip(kept, after, strict=False):
            self.compare(before[index], item, path.child(index))
        for number, item in enumerate(after[len(kept) :]):
            self.added.append(ValueChange(path.child(len(before) + number), UNSET, deepcopy(item)))
        gone = set(range(len(before))) - set(kept)
        self.removed += [ValueChange(path.child(index), deepcopy(before[index]), UNSET) for index in gone]
