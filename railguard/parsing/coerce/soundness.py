"""Whether a plain value satisfies a node and the nodes below it: for the options of a union, and for the result of a
repair. The verdict on a whole answer comes from pydantic-core.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
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
from railguard.schema.nodes import all_nodes, child_nodes
from railguard.values import Path, json_equal

__all__ = ["Misspelt", "Soundness", "misspelt"]


class Soundness:
    """Checks values of one schema. Each container is checked once for each node; the result is cached."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: dict[tuple[int, int, bool], bool] = {}
        self._kept: list[Any] = []  # keeps objects alive that are known by their id

    def __call__(self, value: Any, node: Node, *, bounds: bool = True) -> bool:
        """Whether the value is of the node's type and keeps its constraints. bounds: False looks at types and sets alone.

        Where the stack is too deep already to look at all of a value, it is not.
        """
        try:
            return self._ask(value, node, bounds)
        except RecursionError:
            return False

    def _ask(self, value: Any, node: Node, bounds: bool) -> bool:
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
        assert not isinstance(node, RefNode)
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
                options, seen = list(node.options), {id(node)}
                for (
                    option
                ) in options:  # those of unions in it come behind its own, so that a chain of unions costs no stack
                    inner = self._schema.resolve(option)
                    if isinstance(inner, UnionNode):
                        if value is None and inner.nullable:
                            return True
                        if id(inner) not in seen:
                            seen.add(id(inner))
                            options += inner.options
                    elif self._ask(value, option, bounds):
                        return True
                return False
            case ChoiceNode():
                case = node.case(value)
                return case is not None and self._has_fields(value, case.node, bounds, node.discriminator)
            case EnumNode():
                if not any(json_equal(value, one) for one in node.values):
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
                    if not self._ask(one, node.item, bounds):
                        return False
            case ObjectNode():
                if not isinstance(value, dict) or not self._has_fields(value, node, bounds):
                    return False
            case StringNode():
                if not isinstance(value, str):
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
            if below is None or not self._ask(item, below, bounds):
                return False
        return True


class Misspelt(NamedTuple):
    """A value of the right type that is not a member of its enum, or not in its format."""

    path: Path
    keyword: str
    node: Node
    value: Any


def misspelt(value: Any, schema: Schema) -> Iterator[Misspelt]:
    """Yield the values outside their set or format, which a check of types does not find. In a union, only values that
    fit one option are examined.
    """
    may_be = _may_be_misspelt(schema)
    if id(schema.resolve(schema.root)) not in may_be:
        return
    is_sound = Soundness(schema)
    todo: list[tuple[tuple[str | int, ...], Any, Node]] = [((), value, schema.root)]
    while todo:
        path, at, node = todo.pop()
        node = schema.resolve(node)
        if id(node) not in may_be or (at is None and node.nullable):
            continue
        match node:
            case ListNode() if isinstance(at, list):
                todo.extend(((*path, number), item, node.item) for number, item in enumerate(at))
            case ObjectNode() if isinstance(at, dict):
                todo.extend(_members(path, at, node, schema, may_be))
            case ChoiceNode() if (case := node.case(at)) is not None:
                todo.extend(_members(path, at, case.node, schema, may_be))
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
    path: tuple[str | int, ...], value: dict[str, Any], node: ObjectNode, schema: Schema, may_be: frozenset[int]
) -> Iterator[tuple[tuple[str | int, ...], Any, Node]]:
    fields = fields_of(schema, node)
    for key, item in value.items():
        below = fields[key].node if key in fields else node.extra
        if below is not None and id(schema.resolve(below)) in may_be:
            yield (*path, key), item, below


@lru_cache(maxsize=256)
def _may_be_misspelt(schema: Schema) -> frozenset[int]:
    """Return the ids of the nodes at or below which a value may be outside its set or format. Sets of constants that
    are not texts are part of the types.
    """
    above: dict[int, list[Node]] = {}
    todo: list[Node] = []
    for node in all_nodes(schema):
        if isinstance(node, UnionNode) or (
            (isinstance(node, StringNode) and check_of(node.format, node.strptime) is not None)
            or (isinstance(node, EnumNode) and not all(isinstance(value, str) for value in node.values))
        ):
            todo.append(node)
        for child in child_nodes(node):
            above.setdefault(id(schema.resolve(child)), []).append(node)
    found: set[int] = set()
    while todo:
        node = todo.pop()
        if id(node) not in found:
            found.add(id(node))
            todo += above.get(id(node), [])
    return frozenset(found)
