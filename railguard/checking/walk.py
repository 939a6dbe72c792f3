"""The walk over a state: for values of which a part is unsound, or of which only a part is to be checked again.

What passes as a whole never comes here: the plan's visitors see to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, TypeAlias, assert_never

from railguard.checking.fast_pass import Place
from railguard.checking.plan import Plan
from railguard.schema import Case, ChoiceNode, LeafNode, ListNode, Node, ObjectNode, RefNode, Schema, UnionNode
from railguard.values import UNSET, Path

__all__ = ["Trie", "missing_defaults", "places", "trie"]

Trie: TypeAlias = dict[str | int, "Trie"]
"""Paths as a tree of their parts. An empty tree stands for everything below."""


def places(
    plan: Plan,
    value: Any,
    node: Node | None = None,
    path: tuple[str | int, ...] = (),
    *,
    only: Trie | None = None,
    unsound: Trie | None = None,
) -> Iterator[Place]:
    """Every place with checks at and below a value, children before parents.

    only: the places in this tree of paths, above and below them, None for all. unsound: paths of structural flaws;
    what is there is not looked at, and what holds it has its constraints run but not its rules.
    """
    node = plan.schema.root if node is None else node
    if value is None and node.nullable:
        return
    if unsound is not None and not unsound:
        return  # a flaw of this very value
    yield from _below(plan, value, node, path, only, unsound)
    if plan.checks(node):
        yield Place(Path(path), node, sound=unsound is None)


def _below(
    plan: Plan, value: Any, node: Node, path: tuple[str | int, ...], only: Trie | None, unsound: Trie | None
) -> Iterator[Place]:
    match node:
        case RefNode():
            target = plan.schema.definitions[node.name]
            yield from places(plan, value, target, path, only=only, unsound=unsound)
        case ChoiceNode():
            case: Case | None = node.case(value)
            if case is not None:
                yield from places(plan, value, case.node, path, only=only, unsound=unsound)
        case UnionNode():
            at = plan.option_of(node, value)
            if at is not None:
                yield from places(plan, value, node.options[at], path, only=only, unsound=unsound)
        case ListNode() if isinstance(value, list):
            for index, item in enumerate(value) if not only else _within(value, only):
                yield from _child(plan, item, node.item, path, index, only, unsound)
        case ObjectNode() if isinstance(value, dict):
            names = {field.name: field.node for field in node.fields}
            for name, member in value.items():
                below = names.get(name, node.extra)
                if below is not None:
                    yield from _child(plan, member, below, path, name, only, unsound)
        case LeafNode() | ListNode() | ObjectNode():
            pass
        case _:
            assert_never(node)


def _child(
    plan: Plan,
    value: Any,
    node: Node,
    path: tuple[str | int, ...],
    part: str | int,
    only: Trie | None,
    unsound: Trie | None,
) -> Iterator[Place]:
    if only and part not in only:
        return
    yield from places(
        plan,
        value,
        node,
        (*path, part),
        only=only[part] if only else None,
        unsound=None if unsound is None else unsound.get(part),
    )


def _within(value: list[Any], only: Trie) -> Iterator[tuple[int, Any]]:
    for index in sorted(part for part in only if isinstance(part, int)):
        if index < len(value):
            yield index, value[index]


def missing_defaults(
    schema: Schema, value: Any, node: Node | None = None, path: tuple[str | int, ...] = ()
) -> list[tuple[Path, Any]]:
    """(path, default) of each optional field that is missing where one is declared; each default is a copy.

    For values of which a part may be unsound: what is not of its node's type is passed over.
    """
    node = schema.resolve(schema.root if node is None else node)
    missing: list[tuple[Path, Any]] = []
    if isinstance(node, ChoiceNode):
        case = node.case(value)
        return missing_defaults(schema, value, case.node, path) if case is not None else []
    if isinstance(node, ListNode) and isinstance(value, list):
        for index, item in enumerate(value):
            missing += missing_defaults(schema, item, node.item, (*path, index))
    if isinstance(node, ObjectNode) and isinstance(value, dict):
        for field in node.fields:
            if field.name in value:
                missing += missing_defaults(schema, value[field.name], field.node, (*path, field.name))
            elif field.default is not UNSET:
                missing.append((Path((*path, field.name)), deepcopy(field.default)))
    return missing


def trie(paths: list[Path]) -> Trie:
    """Paths as a tree; a path below another one is absorbed by it."""
    root: Trie = {}
    complete: set[int] = set()
    for path in sorted(paths, key=len):
        at = root
        for part in path:
            if id(at) in complete:
                break
            at = at.setdefault(part, {})
        complete.add(id(at))
    return root
