"""Counts the keys of a valid value. A text with as many colons as its value has keys has no key twice.

The values of one place of the tree are looked at together, as a column, so that there is almost no work per value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, TypeAlias

from railguard.schema.nodes import (
    AnyNode,
    ChoiceNode,
    EnumNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    UnionNode,
)

__all__ = ["DeclaredCount", "count_keys", "declared_counter"]

DeclaredCount: TypeAlias = Callable[[Any], "int | None"]
"""Returns the number of keys of a valid value, None if it has a key that the tree does not declare."""

_Column: TypeAlias = Callable[[Sequence[Any]], "int | None"]
"""The same of all values of one place together."""

_CONTAINERS = frozenset((dict, list))


def declared_counter(root: Node) -> DeclaredCount | None:
    """Return a function that counts the keys of a valid value, and finds keys that the tree does not declare.

    Args:
        root: The root of a tree whose references are written out.

    Returns:
        The function; None if the tree allows any value somewhere, or a map, a choice, a union or recursion.
    """
    if isinstance(root, ListNode) and not root.nullable:
        return _column(root.item)
    if isinstance(root, ObjectNode) and not root.nullable:
        return _object(root)
    column = _column(root)
    return None if column is None else lambda value: column((value,))


def _column(node: Node) -> _Column | None:
    if isinstance(node, (AnyNode, RefNode, UnionNode, ChoiceNode)):
        return None
    if isinstance(node, EnumNode):
        return _no_keys if all(isinstance(value, str) for value in node.values) else None
    column = (
        _lists(node) if isinstance(node, ListNode) else _objects(node) if isinstance(node, ObjectNode) else _no_keys
    )
    if column is None or column is _no_keys or not node.nullable:
        return column
    return lambda values: column([value for value in values if value is not None])


def _no_keys(values: Sequence[Any]) -> int:
    return 0


def _lists(node: ListNode) -> _Column | None:
    column = _column(node.item)
    if column is None or column is _no_keys:
        return column
    return lambda lists: column([*chain.from_iterable(lists)])


def _object(node: ObjectNode) -> DeclaredCount | None:
    """Return the counter of a single object."""
    if node.extra is not None and not isinstance(node.extra, AnyNode):
        return None  # a map has the keys that it likes
    names = {field.name for field in node.fields}
    below: list[tuple[str, DeclaredCount]] = []
    for field in node.fields:
        counted = declared_counter(field.node)
        if counted is None:
            return None
        if _column(field.node) is not _no_keys:
            below.append((field.name, counted))
    number, is_complete = len(names), all(field.required for field in node.fields)

    if is_complete and len(below) == 1:
        ((only, of_only),) = below

        def count_both(value: Any) -> int | None:
            found = of_only(value[only]) if len(value) == number else None
            return None if found is None else number + found

        return count_both

    def count(value: Any) -> int | None:
        keys = len(value)
        if node.extra is not None and not (keys == number if is_complete else value.keys() <= names):
            return None
        for name, counted in below:
            if name in value:
                found = counted(value[name])
                if found is None:
                    return None
                keys += found
        return keys

    return count


def _objects(node: ObjectNode) -> _Column | None:
    """Return the counter of the objects of one place."""
    if node.extra is not None and not isinstance(node.extra, AnyNode):
        return None
    columns = {field.name: _column(field.node) for field in node.fields}
    if None in columns.values():
        return None
    below = [(name, column) for name, column in columns.items() if column is not None and column is not _no_keys]
    number, names = len(columns), frozenset(columns)
    if all(field.required for field in node.fields):
        own: _Column = _complete(number, is_open=node.extra is not None)
    elif node.extra is None:
        own = _sizes
    else:

        def own(objects: Sequence[Any]) -> int | None:
            return sum(map(len, objects)) if names.issuperset(set().union(*objects)) else None

    if not below:
        return own

    def count(objects: Sequence[Any]) -> int | None:
        keys = own(objects)
        if keys is None:
            return None
        for name, column in below:
            found = column([one[name] for one in objects if name in one])
            if found is None:
                return None
            keys += found
        return keys

    return count


def _sizes(objects: Sequence[Any]) -> int:
    return sum(map(len, objects))


def _complete(number: int, *, is_open: bool) -> _Column:
    """Return the counter of objects that have all of so many members."""
    if not is_open:
        return lambda objects: number * len(objects)
    return lambda objects: number * len(objects) if [*map(len, objects)].count(number) == len(objects) else None


def count_keys(state: Any) -> int:
    """Count the keys of any value: never more than there are, but fewer if items of a list have different kinds."""
    if type(state) not in _CONTAINERS:
        return 0
    if type(state) is dict:
        count = len(state)
        if not _CONTAINERS.isdisjoint(map(type, state.values())):
            count += sum(count_keys(member) for member in state.values() if type(member) in _CONTAINERS)
        return count
    kinds = set(map(type, state))
    if kinds != {dict}:
        return 0 if _CONTAINERS.isdisjoint(kinds) else sum(count_keys(i) for i in state if type(i) in _CONTAINERS)
    count = sum(map(len, state))
    if not _CONTAINERS.isdisjoint(map(type, state[0].values())):
        count += sum(count_keys(m) for item in state for m in item.values() if type(m) in _CONTAINERS)
    return count
