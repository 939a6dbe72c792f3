"""The targets of references: named nodes, each created once, after the nodes that refer to it.

They are created one after another and not recursively, so that a chain of references does not use Python's stack.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import TypeAlias

from railguard.schema import Node, RefNode

__all__ = ["Definitions"]

_Make: TypeAlias = Callable[[], Node]


class Definitions:
    """The definitions of a schema that is being read. nodes: the finished ones by name."""

    def __init__(self) -> None:
        self.nodes: dict[str, Node] = {}
        self._names: dict[Hashable, str] = {}
        self._taken: set[str] = set()
        self._queue: deque[tuple[str, _Make]] = deque()

    def refer(self, key: Hashable, proposed: Callable[[], str], make: _Make) -> RefNode:
        """Return a reference to the definition of `key`. proposed: its name, which gets a number if it is already used."""
        if key not in self._names:
            name = wanted = proposed()
            number = 2
            while name in self._taken:
                name, number = f"{wanted}_{number}", number + 1
            self._taken.add(name)
            self._names[key] = name
            self._queue.append((name, make))
        return RefNode(name=self._names[key])

    def make(self) -> None:
        """Create the referenced definitions, and those that they refer to."""
        while self._queue:
            name, make = self._queue.popleft()
            self.nodes[name] = make()
