"""Unions of objects with a constant member as discriminator: they are asked for like a choice, even if they were not
declared as one.

Validity does not change. A failing union with a right constant fails in the fields of that option; one with a wrong or
missing constant fails as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from railguard.schema import (
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.constraints import constraints
from railguard.schema.members import fields_of
from railguard.schema.prune import node_at
from railguard.schema.structure import Flaw, Structure
from railguard.values import Path, json_key, value_at

__all__ = ["Options", "broken", "options_of"]


class Options(NamedTuple):
    """The object options of a union by their constant.

    Attributes:
        member: The name of the discriminating member.
        by_constant: (constant, option), in the union's order.
    """

    member: str
    by_constant: tuple[tuple[Any, ObjectNode], ...]

    def of(self, value: Any) -> ObjectNode | None:
        """Return the option that a value's constant names; None if it names none."""
        if not isinstance(value, dict) or self.member not in value:
            return None
        key = json_key(value[self.member])
        return next((option for constant, option in self.by_constant if json_key(constant) == key), None)

    @property
    def choice(self) -> ChoiceNode | None:
        """Return the equivalent choice, for messages; None if a constant is not a text."""
        cases = [
            ChoiceCase(
                constant, ObjectNode(fields=tuple(field for field in option.fields if field.name != self.member))
            )
            for constant, option in self.by_constant
            if isinstance(constant, str)
        ]
        complete = len(cases) == len(self.by_constant)
        return ChoiceNode(discriminator=self.member, cases=tuple(cases)) if complete else None


def options_of(schema: Schema, node: Node | None) -> Options | None:
    """Return the object options of a union with a discriminating constant member; None for any other node."""
    if not isinstance(node, UnionNode):
        return None
    options = list(_flat(schema, node))
    objects = [option for option in options if isinstance(option, ObjectNode)]
    if len(objects) < 2 or any(isinstance(option, ChoiceNode) for option in options):
        return None
    for field in objects[0].fields:
        found = [(constant, option) for option in objects for constant in _constants(schema, option, field.name)]
        told = {id(option) for _, option in found}
        if len(told) == len(objects) and len({json_key(constant) for constant, _ in found}) == len(found):
            return Options(field.name, tuple(found))
    return None


def _flat(schema: Schema, node: Node) -> Iterator[Node]:
    """Yield the options of a union and of nested unions, references resolved, each once."""
    seen: set[int] = set()
    todo = [node]
    while todo:
        at = schema.resolve(todo.pop())
        if id(at) in seen:
            continue
        seen.add(id(at))
        if isinstance(at, UnionNode):
            todo += reversed(at.options)
        else:
            yield at


def _constants(schema: Schema, option: ObjectNode, name: str) -> tuple[Any, ...]:
    field = fields_of(schema, option).get(name)
    node = schema.resolve(field.node) if field is not None else None
    return node.values if isinstance(node, EnumNode) and not node.nullable else ()


def broken(structure: Structure, value: Any) -> list[Flaw]:
    """Return all errors of a value by the tree: its structure, and the constraints of its valid parts.

    A union that matches none of its options is one flaw, whatever the errors in each are.
    """
    schema = structure.schema
    flaws: dict[tuple[Path, str], Flaw] = {}
    for flaw in structure.accept(value)[1]:
        path = _union_on(schema, flaw.path, value)
        if path is not None:
            flaw = Flaw(path, "type", node_at(schema, path, value), value_at(value, path))
        flaws.setdefault((flaw.path, flaw.keyword), flaw)
    unsound = {path for path, _ in flaws}
    return [*flaws.values()] + [
        Flaw(path, check.keyword, node, at)
        for path, node, at in _places(schema, value, schema.root, Path())
        if path not in unsound
        for check in constraints(node)
        if not check.holds(at)
    ]


def _union_on(schema: Schema, path: Path, value: Any) -> Path | None:
    """Return the first union on the way to a path, except the root."""
    for size in range(1, len(path) + 1):
        if isinstance(node_at(schema, path[:size], value), UnionNode):
            return Path(path[:size])
    return None


def _places(schema: Schema, value: Any, node: Node, path: Path) -> Iterator[tuple[Path, Node, Any]]:
    """Yield every value whose JSON type may be that of its node, with the node; the traversal stops at undiscriminated
    unions.
    """
    node = schema.resolve(node)
    if value is None and node.nullable:
        return
    members: Mapping[str, Field] = {}
    if isinstance(node, ChoiceNode):
        case = node.case(value)
        if case is None:
            return
        node = case.node
    elif (options := options_of(schema, node)) is not None:
        option = options.of(value)
        if option is None:
            return
        node = option
    if isinstance(node, UnionNode) or not _has_type(value, node):
        return
    yield path, node, value
    if isinstance(node, ListNode):
        for index, item in enumerate(value):
            yield from _places(schema, item, node.item, path.child(index))
    elif isinstance(node, ObjectNode):
        members = fields_of(schema, node)
        for name, member in value.items():
            below = members[name].node if name in members else node.extra
            if below is not None:
                yield from _places(schema, member, below, path.child(name))


def _has_type(value: Any, node: Node) -> bool:
    """Whether the constraints of a node can be checked for a value."""
    if isinstance(node, ListNode):
        return isinstance(value, list)
    if isinstance(node, ObjectNode):
        return isinstance(value, dict)
    if isinstance(node, StringNode):
        return isinstance(value, str)
    if isinstance(node, (IntegerNode, FloatNode)):
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return True
