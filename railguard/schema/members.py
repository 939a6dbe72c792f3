"""Looks up members by name, in an object of the tree and in a value.

Fields are looked up once for each failing path, so the fields of an object are put into a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, assert_never

from railguard.schema.nodes import (
    ChoiceNode,
    Field,
    LeafNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    UnionNode,
)
from railguard.values import UNSET

__all__ = ["field_named", "fields_of", "member_at", "member_of", "names_of_members"]


def fields_of(schema: Schema, node: ObjectNode) -> dict[str, Field]:
    """Return the fields of an object by name. schema: the schema of the object."""
    tables = _tables(schema)
    return tables.get(id(node)) or _table(tables, node)


def _table(tables: dict[int, dict[str, Field]], node: ObjectNode) -> dict[str, Field]:
    table = tables.get(id(node))
    if table is None:
        table = tables[id(node)] = {field.name: field for field in reversed(node.fields)}
    return table


def field_named(schema: Schema, node: ObjectNode, name: str) -> Field | None:
    """Return the field of an object that a key means, by its own name or by another that a user's model accepts."""
    field = fields_of(schema, node).get(name)
    if field is not None:
        return field
    return next((one for one in node.fields if name in one.also), None)


@lru_cache(maxsize=256)
def _tables(schema: Schema) -> dict[int, dict[str, Field]]:
    """Return the tables of fields by name, by the id of their object; the schema, which is the key, keeps its nodes
    alive.
    """
    return {}


def names_of_members(node: Node, schema: Schema) -> frozenset[str]:
    """Return the names of the members of an object of this node, an item of this list, or an option of this union."""
    names: set[str] = set()
    todo: list[Node] = [node]
    seen: set[int] = set()
    while todo:
        at = schema.resolve(todo.pop())
        if id(at) in seen:
            continue
        seen.add(id(at))
        match at:
            case ObjectNode():
                names.update(field.name for field in at.fields)
            case ChoiceNode():
                names.add(at.discriminator)
                todo.extend(case.node for case in at.cases)
            case ListNode():
                todo.append(at.item)
            case UnionNode():
                todo.extend(at.options)
            case LeafNode() | RefNode():
                pass
            case _:
                assert_never(at)
    return frozenset(names)


def member_of(value: Any, part: str | int) -> Any:
    """Return the part of a value under one path part; UNSET if there is none."""
    if isinstance(value, dict) and isinstance(part, str):
        return value.get(part, UNSET)
    if isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
        return value[part]
    return UNSET


def member_at(schema: Schema, path: Sequence[str | int], value: Any) -> tuple[Node, Any] | None:
    """Return the node, references resolved, and the value at a path through lists and objects alone; UNSET for a missing
    value. None for any other path.

    value: the whole output as plain data.
    """
    node = schema.root
    if type(node) is RefNode:
        node = schema.resolve(node)
    tables = _tables(schema)
    for part in path:
        if type(node) is ObjectNode and type(part) is str:
            field = (tables.get(id(node)) or _table(tables, node)).get(part)
            is_dict = type(value) is dict
            if field is not None:
                node = field.node
            elif is_dict and part in value and node.extra is not None and field_named(schema, node, part) is None:
                node = node.extra
            else:
                return None
            value = value.get(part, UNSET) if is_dict else UNSET
        elif type(node) is ListNode and type(part) is int:
            node = node.item
            value = value[part] if type(value) is list and 0 <= part < len(value) else UNSET
        else:
            return None
        if type(node) is RefNode:
            node = schema.resolve(node)
    return node, value
