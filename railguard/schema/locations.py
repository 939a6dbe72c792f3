"""Converts a pydantic-core error location to a path, by following it in the tree and the value.

Locations contain parts that paths do not have: labels of union branches, tags, "[key]" after a dict's key. Paths
contain JSON names and indexes. The conversion stops at the deepest certain place; an undiscriminated union is such a
place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from railguard.schema.members import field_named, member_at, member_of
from railguard.schema.nodes import (
    AnyNode,
    ChoiceCase,
    ChoiceNode,
    LeafNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    UnionNode,
)
from railguard.values import UNSET, Path

__all__ = ["of_named_cases", "path_of"]

_ANY = AnyNode()


def path_of(schema: Schema, location: tuple[str | int, ...], value: Any, *, into_unions: bool = False) -> Path:
    """Return the path of a pydantic-core location.

    schema: the tree of the validated value, compiled by railguard or made from a user-defined type. location: an
    error's `loc`. value: the whole validated value, as plain data. into_unions: whether the branch in the location is
    the one that accepted the value, so that the location is followed into it: a part that is not a member of the value
    is a label. Never raises: an unknown part ends the path.
    """
    if member_at(schema, location, value) is not None:
        return Path(location)
    path: list[str | int] = []
    node: Node = schema.resolve(schema.root)
    parts = list(location)
    parts.reverse()
    while parts:
        part = parts.pop()
        if isinstance(node, ChoiceNode):
            # The part is the tag, or the label of an option if the user's type does not discriminate its options.
            case = node.case(value)
            if case is None or not parts:
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


def of_named_cases(schema: Schema, details: Sequence[Any], value: Any) -> list[Any]:
    """Return the relevant errors of a user-defined type if the tree is a choice and the type an undiscriminated union.

    pydantic tries every option of such a union and reports the errors of each. Only the errors of the option that the
    discriminator names are kept. If it names none, one error remains, which says so.

    details: pydantic-core's errors. value: the whole value that was validated, as plain data.
    """
    crossed = [list(_crossed(schema, detail["loc"], value)) for detail in details]
    options: dict[tuple[str | int, ...], set[tuple[str | int, ...]]] = {}
    others: set[tuple[str | int, ...]] = set()
    for detail, crossings in zip(details, crossed, strict=True):
        location = detail["loc"]
        for at, discriminator, _ in crossings:
            options.setdefault(location[:at], set()).add(location[: at + 1])
            if discriminator is None or location[at + 1 :] == (discriminator,):
                others.add(location[: at + 1])
    found: dict[Any, Any] = {}
    for number, (detail, crossings) in enumerate(zip(details, crossed, strict=True)):
        location = detail["loc"]
        at, discriminator, case = next((one for one in crossings if location[: one[0] + 1] in others), (-1, None, None))
        if at < 0 or (case is not None and options[location[:at]] <= others):
            found[number] = detail
        elif options[location[:at]] <= others:
            kind = "union_type" if discriminator is None else "union_tag_invalid"
            found.setdefault(location[:at], {"type": kind, "loc": location[:at], "msg": ""})
    return list(found.values())


def _crossed(
    schema: Schema, location: tuple[str | int, ...], value: Any
) -> Iterator[tuple[int, str | None, ChoiceCase | None]]:
    """Yield where a location enters an option of a union that is a choice in the tree: the index of the option's label,
    the discriminator (None if the value is not an object), and the case that the value names.
    """
    node: Node = schema.resolve(schema.root)
    at = 0
    while at < len(location):
        step = None
        if isinstance(node, ChoiceNode):
            if not isinstance(value, dict):
                yield at, None, None
                return
            case = node.case(value)
            if case is None or location[at] != case.value:
                yield at, node.discriminator, case
            at += 1
            if case is not None and at < len(location):
                step = _member(schema, case.node, location[at], value)
        else:
            step = _step(schema, node, location[at], value)
        if step is None:
            return
        here, node = step
        node = schema.resolve(node)
        value = member_of(value, here)
        at += 1


def _step(schema: Schema, node: Node, part: str | int, value: Any) -> tuple[str | int, Node] | None:
    """Return the path part and the node for a part of a location at a node; None if there is none."""
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
