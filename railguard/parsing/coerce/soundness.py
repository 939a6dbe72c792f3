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
from railguard.schema.members import fields_of
from railguard.values import Path

__all__ = ["Misspelt", "Soundness", "misspelt"]


class Soundness:
    """Answers for the values of one schema. Each container is looked at once for each node, however often it is asked for."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: dict[tuple[int, int, bool], bool] = {}
        self._kept: list[Any] = []  # keeps what is known by its id alive

    def __call__(self, value: Any, node: Node, *, bounds: bool = True) -> bool:
        """Whether the value is of the node's type and keeps its constraints. bounds: False looks at types and sets alone."""
        if not isinstance(value, (dict, list)):
            return self._is_sound(value, node, bounds)
        key = (id(value), id(node), bounds)
        known = self._known.get(key)
        if known is None:
            self._kept.append(value)
            self._known[key] = False  # a recursive type does not decide about itself
            known = self._known[key] = self._is_sound(value, node, bounds)
        return known

    def _is_sound(self, value: Any, node: Node, bounds: bool) -> bool:
        node = self._schema.resolve(node)
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
                for option in node.options:  # noqa: SIM110  # a generator takes one more frame for each level
                    if self(value, option, bounds=bounds):
                        return True
                return False
            case ChoiceNode():
                case = node.case(value)
                return case is not None and self._has_fields(value, case.node, bounds, node.discriminator)
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
                if not isinstance(value, list):
                    return False
                for one in value:
                    if not self(one, node.item, bounds=bounds):
                        return False
            case ObjectNode():
                if not isinstance(value, dict) or not self._has_fields(value, node, bounds):
                    return False
            case StringNode():
                if not isinstance(value, str):
                    return False
            case RefNode():
                return False
            case _:
                assert_never(node)
        return not bounds or all(constraint.holds(value) for constraint in constraints(node))

    def _has_fields(self, value: dict[str, Any], node: ObjectNode, bounds: bool, tag: str | None = None) -> bool:
        fields = fields_of(self._schema, node)
        for name, field in fields.items():
            if field.required and name not in value:
                return False
        for key, item in value.items():
            if key == tag:
                continue
            below = fields[key].node if key in fields else node.extra
            if below is None or not self(item, below, bounds=bounds):
                return False
        return True


class Misspelt(NamedTuple):
    """A value of the right type that is no member of its enum, or not in its format."""

    path: Path
    keyword: str
    node: Node
    value: Any


def misspelt(value: Any, schema: Schema) -> Iterator[Misspelt]:
    """The values that break a set or a format, which a pass over types alone does not see. Those of a union's
    option are found where the value is of one option only."""
    is_sound = Soundness(schema)
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
                todo.extend(_members(path, at, node, schema))
            case ChoiceNode() if (case := node.case(at)) is not None:
                todo.extend(_members(path, at, case.node, schema))
            case UnionNode():
                taken = [option for option in node.options if is_sound(at, option, bounds=False)]
                if len(taken) == 1:
                    todo.append((path, at, taken[0]))
                elif not any(is_sound(at, option) for option in taken):
                    yield Misspelt(Path(path), "type", node, at)
            case EnumNode() if not is_sound(at, node, bounds=False):
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
    path: tuple[str | int, ...], value: dict[str, Any], node: ObjectNode, schema: Schema
) -> Iterator[tuple[tuple[str | int, ...], Any, Node]]:
    fields = fields_of(schema, node)
    for key, item in value.items():
        below = fields[key].node if key in fields else node.extra
        if below is not None:
            yield (*path, key), item, below
