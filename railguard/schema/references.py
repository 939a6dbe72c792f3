"""Finds the definitions that a node refers to, and their names in a document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from railguard.schema.nodes import Node, ObjectNode, RefNode, child_nodes

__all__ = ["definition_names", "named_definitions", "reached"]


def definition_names(definitions: Iterable[str]) -> dict[str, str]:
    """Return a name for each definition that needs no escaping in a reference."""
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


def named_definitions(node: Node, required_only: bool = False) -> set[str]:
    """Return the definitions that a node refers to directly; required_only: without those below optional members."""
    found: set[str] = set()
    todo = [node]
    while todo:
        at = todo.pop()
        if isinstance(at, RefNode):
            found.add(at.name)
        elif required_only and isinstance(at, ObjectNode):
            todo += [field.node for field in at.fields if field.required]
        else:
            todo += child_nodes(at)
    return found


def reached(node: Node, definitions: Mapping[str, Node]) -> set[str]:
    """Return the definitions that a node refers to, directly or indirectly."""
    found: set[str] = set()
    todo = [node]
    while todo:
        new = named_definitions(todo.pop()) - found
        found |= new
        todo += [definitions[name] for name in new]
    return found
