"""A pydantic-core error location as a path: the location is walked along the tree, with the value at hand.

Locations hold what paths do not: labels of union branches, tags, "[key]" after a dict's key. Paths hold JSON names and
indexes. The walk stops at the deepest place that is certain; an undiscriminated union is such a place.
"""

from __future__ import annotations

from typing import Any, assert_never

from railguard.schema.members import field_named, member_of
from railguard.schema.nodes import AnyNode, ChoiceNode, LeafNode, ListNode, Node, ObjectNode, RefNode, Schema, UnionNode
from railguard.values import UNSET, Path

__all__ = ["path_of"]

_ANY = AnyNode()


def path_of(schema: Schema, location: tuple[str | int, ...], value: Any, *, into_unions: bool = False) -> Path:
    """The path that a location of pydantic-core's means.

    schema: the tree of what was validated, compiled by us or made of a user's type. location: an error's `loc`.
    value: the whole value that was validated, as plain data. into_unions: the value at the location was taken by the branch
    that refuses it, so that the location is followed on in there: what is no member of the value is a label. Never
    raises: what cannot be followed ends the path.
    """
    path: list[str | int] = []
    node: Node = schema.resolve(schema.root)
    parts = list(location)
    parts.reverse()
    while parts:
        part = parts.pop()
        if isinstance(node, ChoiceNode):
            if not isinstance(value, dict) or part != value.get(node.discriminator, UNSET) or not parts:
                break
            case = node.case(value)
            if case is None:
                break
            part = parts.pop()
            step = _member(schema, case.node, part, value)
        else:
            step = _step(schema, node, part, value)
        if step is None and into_unions:
            if member_of(value, part) is UNSET:
                continue
            step = part, _ANY
        if step is None:
            break
        here, node = step
        node = schema.resolve(node)
        path.append(here)
        value = member_of(value, here)
    return Path(path)


def _step(schema: Schema, node: Node, part: str | int, value: Any) -> tuple[str | int, Node] | None:
    """The part of a path that a part of a location means at a node, and the node there; None if it means none."""
    match node:
        case ObjectNode():
            return _member(schema, node, part, value)
        case ListNode() if isinstance(part, int):
            return part, node.item
        case AnyNode() if member_of(value, part) is not UNSET:
            return part, node
        case LeafNode() | ListNode() | ChoiceNode() | UnionNode() | RefNode():
            return None
        case _:
            assert_never(node)


def _member(schema: Schema, node: ObjectNode, part: str | int, value: Any) -> tuple[str | int, Node] | None:
    name = str(part)  # a dict with integer keys names them as integers
    field = field_named(schema, node, name)
    if field is not None:
        return name, field.node
    if isinstance(value, dict) and name in value:
        return name, node.extra if node.extra is not None else _ANY
    return None
