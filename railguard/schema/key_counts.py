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
    LeafNode,
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
        The function; None if the tree allows any value somewhere, or a choice, a union or recursion.
    """
    count = _column(root)
    return None if count is None else lambda value: count((value,))


def _column(node: Node) -> _Column | None:
    if isinstance(node, (AnyNode, RefNode, UnionNode, ChoiceNode)):
        return None
    if isinstance(node, EnumNode):
        return _no_keys if all(isinstance(value, str) for value in node.values) else None
    if isinstance(node, LeafNode):
        return _no_keys
    counted = _items(node) if isinstance(node, ListNode) else _objects(node) if isinstance(node, ObjectNode) else None
    if counted is None or counted is _no_keys or not node.nullable:
        return counted
    return lambda values: counted([value for value in values if value is not None])


def _no_keys(values: Sequence[Any]) -> int:
    return 0


def _items(node: ListNode) -> _Column | None:
    inner = _column(node.item)
    if inner is None or inner is _no_keys:
        return inner
    return lambda lists: inner(lists[0] if len(lists) == 1 else [*chain.from_iterable(lists)])


def _objects(node: ObjectNode) -> _Column | None:
    columns = {field.name: _column(field.node) for field in node.fields}
    extras = None if node.extra is None or isinstance(node.extra, AnyNode) else _column(node.extra)
    if None in columns.values() or (extras is None) != (node.extra is None or isinstance(node.extra, AnyNode)):
        return None
    below = [(name, count) for name, count in columns.items() if count is not None and count is not _no_keys]
    number, names = len(node.fields), frozenset(columns)
    are_all_required = all(field.required for field in node.fields)
    is_open = isinstance(node.extra, AnyNode)

    def own(objects: Sequence[Any]) -> int | None:
        """The number of keys of the objects themselves."""
        if are_all_required and node.extra is None:
            return number * len(objects)
        sizes = [*map(len, objects)]
        if is_open and not (
            sizes.count(number) == len(sizes) if are_all_required else names.issuperset(set().union(*objects))
        ):
            return None
        return sum(sizes)

    def count(objects: Sequence[Any]) -> int | None:
        keys = own(objects)
        if keys is None:
            return None
        for name, column in below:
            found = column([one[name] for one in objects if name in one])
            if found is None:
                return None
            keys += found
        if extras is not None and extras is not _no_keys:
            found = extras([value for one in objects for name, value in one.items() if name not in names])
            if found is None:
                return None
            keys += found
        return keys

    return count


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
