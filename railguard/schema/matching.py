"""Matches unions in linear time that pydantic-core would try 2 to the power of their depth times.

pydantic-core tries every option of a union. If two options have the same type and contain such unions again, each level
doubles the work. Such unions are matched here: each node is checked once per value.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, TypeAlias, assert_never

from railguard.schema.bounds import checks_of
from railguard.schema.edit import json_types
from railguard.schema.inline import components
from railguard.schema.nodes import (
    AnyNode,
    BooleanNode,
    ChoiceNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
    child_nodes,
)

__all__ = ["Matcher", "deep_unions"]

MOST_FORKS = 3
"""Largest number of nested unions with similar options that are left to pydantic-core: at most about 8 tries."""


def deep_unions(schema: Schema) -> frozenset[int]:
    """Return the ids of the unions with similar options that are recursive, or contain more than MOST_FORKS such
    levels.
    """
    circle_of = {name: names for names in components(schema.definitions) for name in names}
    forks: dict[str, int] = {}  # of a definition: levels of unions with similar options in it and below it
    found: set[int] = set()

    def levels(node: Node, home: frozenset[str]) -> tuple[int, bool]:
        """Return (levels at and below a node, whether it refers back to `home`)."""
        count, back = 0, False
        if isinstance(node, RefNode):
            return forks.get(node.name, 0), node.name in home
        for child in child_nodes(node):
            below, leads = levels(child, home)
            count, back = max(count, below), back or leads
        if isinstance(node, UnionNode) and _forks(node, schema):
            count += 1
            if back or count > MOST_FORKS:
                found.add(id(node))
        return count, back

    for names in components(schema.definitions):
        for name in names:
            forks[name] = max(forks.get(name, 0), levels(schema.definitions[name], circle_of[name])[0])
    levels(schema.root, frozenset())
    return frozenset(found)


def _forks(union: UnionNode, schema: Schema) -> bool:
    """Whether a value can have the type of two options, so that both are tried."""
    kinds = [kind for option in union.options for kind in _kinds(option, schema)]
    return len(kinds) > len(set(kinds))


def _kinds(option: Node, schema: Schema) -> set[str]:
    """Return the types of an option, including those of unions in it."""
    kinds: set[str] = set()
    todo, seen = [option], set()
    while todo:
        node = schema.resolve(todo.pop())
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, UnionNode):
            todo += node.options
        else:
            kinds |= json_types(node) or {"any"}
    return {"number" if kind == "integer" else kind for kind in kinds}


_Asking: TypeAlias = Generator[tuple[Any, Node], bool, bool]


class Matcher:
    """Whether values match a node's structure. bounds: and satisfy the bounds that pydantic-core can check."""

    def __init__(self, schema: Schema, *, bounds: bool) -> None:
        self.schema = schema
        self.bounds = bounds
        self._checks: dict[int, tuple[Callable[[Any], bool], ...]] = {}

    def function(self, node: Node) -> Callable[[Any], Any]:
        """Return the function that pydantic-core calls with a value: it returns the value, or raises."""

        def match(value: Any) -> Any:
            if not self.matches(value, node):
                raise ValueError("no option of the union fits")
            return value

        return match

    def matches(self, value: Any, node: Node) -> bool:
        """Whether a value matches a node. Results for lists and objects are cached."""
        known: dict[tuple[int, int], bool] = {}
        asking: list[tuple[tuple[int, int] | None, _Asking]] = [(None, self._ask(value, node))]
        answer: bool | None = None
        while True:
            key, at = asking[-1]
            try:
                one, below = next(at) if answer is None else at.send(answer)
            except StopIteration as done:
                asking.pop()
                answer = bool(done.value)
                if not asking:
                    return answer
                if key is not None:
                    known[key] = answer
                continue
            key = (id(below), id(one)) if isinstance(one, (dict, list)) else None
            if key is not None and key in known:
                answer = known[key]
                continue
            asking.append((key, self._ask(one, below)))
            answer = None

    def _ask(self, value: Any, node: Node) -> _Asking:
        """Whether a value matches a node: yields the questions about values below it, and is sent their answers."""
        if value is None and node.nullable:
            return True
        match node:
            case RefNode():
                return (yield value, self.schema.definitions[node.name])
            case UnionNode():
                for option in node.options:
                    if (yield value, option):
                        return True
                return False
            case AnyNode():
                return True
            case NullNode():
                return value is None
            case BooleanNode():
                return isinstance(value, bool)
            case EnumNode():  # for values that are not texts, its constraint decides
                return not all(isinstance(one, str) for one in node.values) or (
                    isinstance(value, str) and value in node.values
                )
            case ChoiceNode():
                case = node.case(value)
                if case is None:
                    return False
                return (yield {name: item for name, item in value.items() if name != node.discriminator}, case.node)
            case IntegerNode():
                fine = isinstance(value, int) and not isinstance(value, bool)
            case FloatNode():
                fine = isinstance(value, (int, float)) and not isinstance(value, bool) and value - value == 0
            case StringNode():
                fine = isinstance(value, str)
            case ListNode():
                fine = isinstance(value, list)
                for item in value if fine else ():
                    if not (yield item, node.item):
                        return False
            case ObjectNode():
                fine = isinstance(value, dict) and all(f.name in value for f in node.fields if f.required)
                fields = {field.name: field.node for field in node.fields}
                for name, member in value.items() if fine else ():
                    below = fields.get(name, node.extra)
                    if below is None or not (yield member, below):
                        return False
            case _:
                assert_never(node)
        return fine and (not self.bounds or all(check(value) for check in self._bounds(node)))

    def _bounds(self, node: Node) -> tuple[Callable[[Any], bool], ...]:
        if id(node) not in self._checks:
            self._checks[id(node)] = checks_of(node)
        return self._checks[id(node)]
