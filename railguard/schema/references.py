"""Which definitions a node names and leads to, and what they are called in a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from railguard.schema.nodes import Node, ObjectNode, RefNode, children

__all__ = ["named", "names_of", "reached"]


def names_of(definitions: Iterable[str]) -> dict[str, str]:
    """A name for each definition that needs no escaping in a reference."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in definitions:
        plain = re.sub(r"[^A-Za-z0-9_-]+", "_", name) or "_"
        number, free = 1, plain
        while free in taken:
            number += 1
            free = f"{plain}_{number}"
        taken.add(free)
        names[name] = free
    return names


def named(node: Node, required_only: bool = False) -> set[str]:
    """The definitions that a node names itself; required_only: not below optional members."""
    found: set[str] = set()
    todo = [node]
    while todo:
        at = todo.pop()
        if isinstance(at, RefNode):
            found.add(at.name)
        elif required_only and isinstance(at, ObjectNode):
            todo += [field.node for field in at.fields if field.required]
        else:
            todo += children(at)
    return found


def reached(node: Node, definitions: Mapping[str, Node]) -> set[str]:
    """The definitions that a node leads to, over any number of them."""
    found: set[str] = set()
    todo = [node]
    while todo:
        new = named(todo.pop()) - found
        found |= new
        todo += [definitions[name] for name in new]
    return found
