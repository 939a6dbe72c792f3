"""Whether a plain value is all that one node asks of it, and the nodes below: for the options of a union, and for a
value that a repair would put in place. The verdict over a whole answer is pydantic-core's, not this one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple, assert_never

from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    LeafNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.constraints import constraints
from railguard.schema.formats import check_of
from railguard.values import Path

__all__ = ["Misspelt", "is_sound", "misspelt"]


def is_sound(value: Any, node: Node, schema: Schema, *, bounds: bool = True) -> bool:
    """Whether the value is of the node's type and keeps its constraints. bounds: False looks at types and sets alone."""
    node = schema.resolve(node)
    if value is None and node.nullable:
        return True
    match node:
        case AnyNode():
            return not isinstance(value, float) or math.isfinite(value)
        case NullNode():
            return value is None
        case BooleanNode():
            return isinstance(value, bool)
        case UnionNode():
            return any(is_sound(value, option, schema, bounds=bounds) for option in node.options)
        case ChoiceNode():
            case = node.case(value)
            rest = {key: item for key, item in value.items() if key != node.discriminator} if case else None
            return case is not None and is_sound(rest, case.node, schema, bounds=bounds)
        case EnumNode():
            if not any(type(value) is type(one) and value == one for one in node.values):
                return False
        case IntegerNode():
            if not isinstance(value, int) or isinstance(value, bool):
                return False
        case FloatNode():
            if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
                return False
        case ListNode():
            if not isinstance(value, list) or not all(is_sound(one, node.item, schema, bounds=bounds) for one in value):
                return False
        case ObjectNode():
            if not isinstance(value, dict) or not _fields_are_sound(value, node, schema, bounds):
                return False
        case StringNode():
            if not isinstance(value, str):
                return False
        case RefNode():
            return False
        case _:
            assert_never(node)
    return not bounds or all(constraint.holds(value) for constraint in constraints(node))


def _fields_are_sound(value: dict[str, Any], node: ObjectNode, schema: Schema, bounds: bool) -> bool:
    known = set()
    for field in node.fields:
        known.add(field.name)
        if field.name not in value:
            if field.required:
                return False
        elif not is_sound(value[field.name], field.node, schema, bounds=bounds):
            return False
    extra = [item for key, item in value.items() if key not in known]
    return not extra or (
        node.extra is not None and all(is_sound(one, node.extra, schema, bounds=bounds) for one in extra)
    )


class Misspelt(NamedTuple):
    """A value of the right type that is no member of its enum, or not in its format."""

    path: Path
    keyword: str
    node: Node
    value: Any


def misspelt(value: Any, schema: Schema) -> Iterator[Misspelt]:
    """The values that break a set or a format, which a pass over types alone does not see. Those of a union's
    option are found where the value is of one option only."""
    todo: list[tuple[tuple[str | int, ...], Any, Node]] = [((), value, schema.root)]
    while todo:
        path, at, node = todo.pop()
        node = schema.resolve(node)
        if at is None and node.nullable:
            continue
        match node:
            case ListNode() if isinstance(at, list):
                todo.extend(((*path, number), item, node.item) for number, item in enumerate(at))
            case ObjectNode() if isinstance(at, dict):
                todo.extend(_members(path, at, node))
            case ChoiceNode() if (case := node.case(at)) is not None:
                todo.extend(_members(path, at, case.node))
            case UnionNode():
                taken = [option for option in node.options if is_sound(at, option, schema, bounds=False)]
                if len(taken) == 1:
                    todo.append((path, at, taken[0]))
                elif not any(is_sound(at, option, schema) for option in taken):
                    yield Misspelt(Path(path), "type", node, at)
            case EnumNode() if not is_sound(at, node, schema, bounds=False):
                yield Misspelt(Path(path), "enum", node, at)
            case StringNode() if isinstance(at, str):
                check = check_of(node.format, node.strptime)
                if check is not None and not check(at):
                    yield Misspelt(Path(path), "format", node, at)
            case LeafNode() | ListNode() | ObjectNode() | ChoiceNode() | RefNode():
                pass
            case _:
                assert_never(node)


def _members(
    path: tuple[str | int, ...], value: dict[str, Any], node: ObjectNode
) -> Iterator[tuple[tuple[str | int, ...], Any, Node]]:
    fields = {field.name: field.node for field in node.fields}
    for key, item in value.items():
        below = fields.get(key, node.extra)
        if below is not None:
            yield (*path, key), item, below
