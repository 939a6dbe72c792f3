"""Replaces non-recursive references by their definitions.

The tree that is compiled and traversed for every answer then needs no look-ups. A recursive definition stays a
reference, and so does one whose copies would make the tree too large.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import is_
from typing import assert_never

from railguard.schema.nodes import (
    ChoiceCase,
    ChoiceNode,
    LeafNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    UnionNode,
    all_nodes,
    child_nodes,
)

__all__ = ["components", "depth_written_out", "inlined", "recursive"]

MOST = 4
"""The largest ratio of the new tree's size to that of the schema."""
_DEEPEST = 30
"""Levels below which references are not written out: a long chain is followed step by step, so that it costs no stack."""


@lru_cache(maxsize=256)
def inlined(schema: Schema) -> Schema:
    """Return the schema with non-recursive references replaced: those that are used once, and others while the result
    stays within `MOST` times the size of the schema. A replaced node keeps the additions of its reference.
    """
    if not schema.definitions:
        return schema
    return _Inliner(schema).schema()


class _Inliner:
    def __init__(self, schema: Schema) -> None:
        self.given = schema
        self.circular = recursive(schema.definitions)
        self.depth = 0
        self.uses: dict[str, int] = {}
        size = 0
        for node in all_nodes(schema):
            size += 1
            if isinstance(node, RefNode):
                self.uses[node.name] = self.uses.get(node.name, 0) + 1
        self.left = (MOST - 1) * size
        self.sizes: dict[str, int] = {}
        for names in components(schema.definitions):  # its dependencies come before it
            for name in names:
                self.sizes[name] = self._size(schema.definitions[name])

    def schema(self) -> Schema:
        root = self._written(self.given.root, copying=False)
        written: dict[str, Node] = {}
        todo = list(_named(root))
        while todo:
            name = todo.pop()
            if name not in written:  # definitions that only replaced references used are dropped
                written[name] = self._written(self.given.definitions[name], copying=False)
                todo += _named(written[name])
        definitions = {name: written[name] for name in self.given.definitions if name in written}
        return replace(self.given, root=root, definitions=definitions)

    def _written(self, node: Node, *, copying: bool) -> Node:
        self.depth += 1
        try:
            return self._written_one(node, copying)
        finally:
            self.depth -= 1

    def _written_one(self, node: Node, copying: bool) -> Node:
        match node:
            case RefNode():
                return self._reference(node, copying)
            case ListNode():
                item = self._written(node.item, copying=copying)
                return node if item is node.item else replace(node, item=item)
            case ObjectNode():
                return self._object(node, copying)
            case ChoiceNode():
                cases = tuple(ChoiceCase(case.value, self._object(case.node, copying)) for case in node.cases)
                same = all(new.node is old.node for new, old in zip(cases, node.cases, strict=True))
                return node if same else replace(node, cases=cases)
            case UnionNode():
                written = [self._written(option, copying=copying) for option in node.options]
                options = tuple(one for option in written for one in _alternatives(option))
                same = len(options) == len(node.options) and all(map(is_, options, node.options))
                return node if same else replace(node, options=options)
            case LeafNode():
                return node
            case _:
                assert_never(node)

    def _object(self, node: ObjectNode, copying: bool) -> ObjectNode:
        fields = tuple(
            field if (below := self._written(field.node, copying=copying)) is field.node else replace(field, node=below)
            for field in node.fields
        )
        extra = None if node.extra is None else self._written(node.extra, copying=copying)
        same = extra is node.extra and all(new is old for new, old in zip(fields, node.fields, strict=True))
        return node if same else replace(node, fields=fields, extra=extra)

    def _reference(self, node: RefNode, copying: bool) -> Node:
        name = node.name
        if name in self.circular or self.depth >= _DEEPEST:
            return node
        once = self.uses[name] == 1 and not copying
        if not once:
            if self.sizes[name] > self.left:
                return node
            self.left -= self.sizes[name]
        return _joined(node, self._written(self.given.definitions[name], copying=copying or not once))

    def _size(self, node: Node) -> int:
        """Count the nodes of a definition with everything below it replaced."""
        count, todo = 0, [node]
        while todo:
            at = todo.pop()
            count += 1 if not isinstance(at, RefNode) or at.name in self.circular else self.sizes[at.name]
            todo.extend(child_nodes(at))
        return count


def _joined(reference: RefNode, target: Node) -> Node:
    """Return the target of a reference with the reference's additions: null, rules, and its description before the
    target's.
    """
    if reference == RefNode(name=reference.name):
        return target
    return replace(
        target,
        title=reference.title or target.title,
        description=reference.description or target.description,
        hint=reference.hint or target.hint,
        nullable=reference.nullable or target.nullable,
        rules=(*target.rules, *reference.rules),
        examples=reference.examples or target.examples,
    )


def _alternatives(option: Node) -> Sequence[Node]:
    """An option of a union, or the options of the union that it is, if that says nothing else."""
    is_plain = isinstance(option, UnionNode) and option == UnionNode(options=option.options)
    return option.options if is_plain and isinstance(option, UnionNode) else (option,)


def depth_written_out(schema: Schema) -> int:
    """How many levels deep the schema is where every reference is written out that does not recurse."""
    depths: dict[str, int] = {}
    for names in components(schema.definitions):  # what a definition needs comes before it
        depths |= {name: _depth(schema.definitions[name], depths) for name in names}
    return _depth(schema.root, depths)


def _depth(node: Node, depths: Mapping[str, int]) -> int:
    deepest, level, nodes = 0, 0, [node]
    while nodes:
        level += 1
        deepest = max(
            [deepest, *(level + depths.get(one.name, 0) if isinstance(one, RefNode) else level for one in nodes)]
        )
        nodes = [below for one in nodes for below in child_nodes(one)]
    return deepest


def recursive(definitions: Mapping[str, Node]) -> frozenset[str]:
    """Return the recursive definitions."""
    return frozenset(
        name
        for names in components(definitions)
        for name in names
        if len(names) > 1 or name in _named(definitions[name])
    )


def components(definitions: Mapping[str, Node]) -> list[frozenset[str]]:
    """Return the sets of mutually recursive definitions, dependencies first (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: dict[str, None] = {}
    found: list[frozenset[str]] = []
    for start in definitions:
        path: list[tuple[str, Iterator[str]]] = []
        step: str | None = start if start not in index else None
        while step is not None or path:
            if step is not None:
                index[step] = low[step] = len(index)
                stack[step] = None
                path.append((step, iter(dict.fromkeys(_named(definitions[step])))))
            name, following = path[-1]
            step = None
            for other in following:
                if other not in index:
                    step = other
                    break
                if other in stack:
                    low[name] = min(low[name], index[other])
            if step is not None:
                continue
            path.pop()
            if path:
                low[path[-1][0]] = min(low[path[-1][0]], low[name])
            if low[name] == index[name]:
                together: set[str] = set()
                while name not in together:
                    together.add(stack.popitem()[0])
                found.append(frozenset(together))
    return found


def _named(node: Node) -> Iterator[str]:
    todo = [node]
    while todo:
        at = todo.pop()
        if isinstance(at, RefNode):
            yield at.name
        todo.extend(child_nodes(at))
