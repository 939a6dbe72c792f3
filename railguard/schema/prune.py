"""Finds the node at a path, and builds trees of such nodes.

A path goes through objects by JSON name, through lists by index, and through references and choices without a step of
its own; the value determines the case or option. Nodes are returned as they are in the tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, assert_never

from railguard.schema.edit import json_types
from railguard.schema.members import field_named, fields_of, member_at, member_of
from railguard.schema.nodes import (
    ChoiceNode,
    EnumNode,
    Field,
    LeafNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    UnionNode,
    child_nodes,
)
from railguard.validation import json_type
from railguard.values import UNSET, value_at

__all__ = ["NodeLookup", "definitions_used", "field_at", "flat", "json_types_fit", "node_at"]


def node_at(schema: Schema, path: Sequence[str | int], value: Any = UNSET) -> Node | None:
    """Return the node at a path, references resolved; None if the tree has no node there.

    value: the whole output as plain data, which determines the case of a choice and the option of a union on the way;
    in a choice with an unknown case only the discriminator is found, an EnumNode of the names of its cases.
    """
    ends = _ends(schema, path, value)
    return schema.resolve(ends[0].node) if ends else None


def field_at(schema: Schema, path: Sequence[str | int], value: Any = UNSET) -> Field | None:
    """Return the field at a path; None for the root, list items and keys that are not fields."""
    return next((end.field for end in _ends(schema, path, value)), None)


def definitions_used(node: Node, definitions: Mapping[str, Node]) -> dict[str, Node]:
    """Return the definitions that a node needs, directly or indirectly, in the order of `definitions`."""
    used: set[str] = set()
    todo = [node]
    while todo:
        at = todo.pop()
        if isinstance(at, RefNode) and at.name not in used:
            used.add(at.name)
            todo.append(definitions[at.name])
        todo.extend(child_nodes(at))
    return {name: definition for name, definition in definitions.items() if name in used}


def flat(schema: Schema, wanted: Mapping[str, Node]) -> Schema:
    """Return one closed object with exactly these keys, all required, and the definitions of `schema` that they need."""
    root = ObjectNode(fields=tuple(Field(key, node) for key, node in wanted.items()))
    return Schema(root=root, definitions=definitions_used(root, schema.definitions))


class NodeLookup:
    """`node_at` for many paths of one value, which may grow: nodes of parents are cached."""

    def __init__(self, schema: Schema, value: Any = UNSET) -> None:
        self._schema = schema
        self.value = value
        self._known: dict[tuple[str | int, ...], Node] = {}

    def member(self, path: Sequence[str | int]) -> tuple[Node | None, Any]:
        """Return the node at a path, and the value; UNSET for a missing value."""
        return member_at(self._schema, path, self.value) or (self.at(path), value_at(self.value, path))

    def at(self, path: Sequence[str | int]) -> Node | None:
        """Return the node at a path, references resolved; None if the tree has no node there."""
        plain = member_at(self._schema, path, self.value)
        if plain is not None:
            return plain[0]
        path = tuple(path)
        above = path[:-1]
        holder = self._known.get(above)
        if holder is None:
            holder = node_at(self._schema, above, self.value)
            if holder is not None:
                self._known[above] = holder
        part = path[-1]
        if isinstance(holder, ListNode) and isinstance(part, int):
            return self._schema.resolve(holder.item)
        if isinstance(holder, ObjectNode) and isinstance(part, str):
            field = field_named(self._schema, holder, part)
            node = field.node if field is not None else holder.extra
            return node if node is None else self._schema.resolve(node)
        return node_at(self._schema, path, self.value)


class _End(NamedTuple):
    node: Node
    field: Field | None = None


def _ends(schema: Schema, path: Sequence[str | int], value: Any) -> list[_End]:
    """Return the possible nodes at a path, most likely first: more than one only below a union that the value does not
    determine.
    """
    ends = [_End(schema.root)]
    for part in path:
        found: dict[int, _End] = {}
        for end in ends:
            for node in _options(schema, end.node, value):
                below = _below(schema, node, part, value)
                if below is not None:
                    found.setdefault(id(below.node), below)
        ends = list(found.values())
        value = member_of(value, part)
    return ends


def _options(schema: Schema, node: Node, value: Any) -> list[Node]:
    """Return a node, or the options of a union and of nested unions; only those with the value's shape, if there are
    any.
    """
    options: list[Node] = []
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
            options.append(at)
    if len(options) == 1:
        return options
    return [option for option in options if _has_shape(value, option)] or options


def _has_shape(value: Any, node: Node) -> bool:
    match node:
        case ListNode():
            return isinstance(value, list)
        case ChoiceNode():
            return node.case(value) is not None
        case ObjectNode() if isinstance(value, dict):
            names = {field.name for field in node.fields}
            missing = any(field.required and field.name not in value for field in node.fields)
            return not missing and (node.extra is not None or value.keys() <= names)
        case LeafNode() | ObjectNode() | UnionNode() | RefNode():
            return False
        case _:
            assert_never(node)


def _below(schema: Schema, node: Node, part: str | int, value: Any) -> _End | None:
    match node:
        case ListNode() if isinstance(part, int):
            return _End(node.item)
        case ObjectNode() if isinstance(part, str):
            return _in_object(schema, node, part)
        case ChoiceNode() if part == node.discriminator:
            names = EnumNode(
                values=tuple(case.value for case in node.cases),
                description=node.discriminator_description,
                on_fail=node.on_fail,
            )
            return _End(names, Field(node.discriminator, names))
        case ChoiceNode() if isinstance(part, str) and (case := node.case(value)) is not None:
            return _in_object(schema, case.node, part)
        case LeafNode() | ListNode() | ObjectNode() | ChoiceNode() | UnionNode() | RefNode():
            return None
        case _:
            assert_never(node)


def _in_object(schema: Schema, node: ObjectNode, name: str) -> _End | None:
    field = field_named(schema, node, name)
    if field is not None:
        return _End(field.node, field)
    return _End(node.extra) if node.extra is not None else None


def json_types_fit(schema: Schema, value: Any) -> bool:
    """Whether every value has a JSON type of its node. Unknown and missing members are ignored."""
    todo: list[tuple[Any, Node]] = [(value, schema.root)]
    while todo:
        at, node = todo.pop()
        node = schema.resolve(node)
        if isinstance(node, UnionNode):
            fitting = [one for one in _options(schema, node, UNSET) if _is_of_type(at, one)]
            if not fitting and not (at is None and node.nullable):
                return False
            if len(fitting) == 1:
                todo.append((at, fitting[0]))
            continue
        if not _is_of_type(at, node):
            return False
        if isinstance(node, ListNode) and isinstance(at, list):
            todo.extend((one, node.item) for one in at)
        elif isinstance(node, ObjectNode) and isinstance(at, dict):
            fields = fields_of(schema, node)
            todo.extend((one, fields[key].node) for key, one in at.items() if key in fields)
    return True


def _is_of_type(value: Any, node: Node) -> bool:
    if value is None and node.nullable:
        return True
    types = json_types(node)
    return types is None or json_type(value) in types or (json_type(value) == "integer" and "number" in types)
