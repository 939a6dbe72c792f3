"""The checked values of a streaming answer so far, as plain data."""

from __future__ import annotations

from typing import Any

from railguard.values import UNSET, Path, identical, value_at

__all__ = ["Snapshot"]


class Snapshot:
    """The checked values so far, as plain data; list items that failed are left out."""

    def __init__(self) -> None:
        self.value: Any = UNSET
        self._told: dict[Path, Any] = {}
        self._whole: dict[Path, Any] = {}
        self._places: dict[Path, Any] = {}

    def put(self, path: Path, value: Any) -> None:
        """Add a value."""
        if isinstance(value, (dict, list)):
            self._whole[path] = value
            self._container(path, isinstance(value, list))
            return
        self._told[path] = value
        holder = self._container(Path(path[:-1]), isinstance(path[-1], int))
        if isinstance(holder, list):
            holder.append(value)
        else:
            holder[path[-1]] = value

    def replace(self, path: Path, value: Any) -> None:
        """Replace a value, and all values inside it."""
        for known in (self._told, self._whole, self._places):
            for old in [old for old in known if old.starts_with(path)]:
                del known[old]
        if path or isinstance(value, (dict, list)):
            self._fill(path, value)

    def _fill(self, path: Path, value: Any) -> None:
        self.put(path, value)
        members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for part, member in members:
            self._fill(path.child(part), member)

    def _container(self, path: Path, is_list: bool) -> Any:
        known = self._places.get(path)
        if known is not None:
            return known
        made: Any = [] if is_list else {}
        self._places[path] = made
        if not path:
            self.value = made
        else:
            holder = self._container(Path(path[:-1]), isinstance(path[-1], int))
            if isinstance(holder, list):
                holder.append(made)
            else:
                holder[path[-1]] = made
        return made

    def has(self, path: Path) -> bool:
        """Whether the value at a path was emitted."""
        return path in self._told or path in self._whole

    def holds(self, state: Any) -> bool:
        """Whether a state has all of these values, at the same paths."""
        return all(identical(value_at(state, path), value) for path, value in self._told.items()) and all(
            _is_like(value_at(state, path), value) for path, value in self._whole.items()
        )


def _is_like(one: Any, other: list[Any] | dict[str, Any]) -> bool:
    """Whether a value is a list or object as the other one, apart from the values in it, which are told on their own."""
    if isinstance(other, dict):
        return isinstance(one, dict) and one.keys() == other.keys()
    return isinstance(one, list) and len(one) == len(other)
