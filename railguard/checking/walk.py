"""Traverses a state: for values with an invalid part, or of which only a part must be checked again.

Values that pass as a whole never come here: the plan's visitors check them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias, assert_never

from railguard.checking.fast_pass import Findings, PendingCheck
from railguard.checking.plan import Plan
from railguard.schema import ChoiceCase, ChoiceNode, LeafNode, ListNode, Node, ObjectNode, RefNode, Schema, UnionNode
from railguard.schema.members import fields_of
from railguard.schema.structure import flawed_paths
from railguard.values import UNSET, Path, plain_copy, value_at

__all__ = ["Trie", "failing_places", "missing_defaults", "places", "trie", "written_places"]

Trie: TypeAlias = dict[str | int, "Trie"]
"""Paths as a tree of their parts. An empty tree means everything below."""


def places(
    plan: Plan,
    value: Any,
    node: Node | None = None,
    path: tuple[str | int, ...] = (),
    *,
    only: Trie | None = None,
    unsound: Trie | None = None,
) -> Iterator[PendingCheck]:
    """Yield every place with checks at and below a value, children before parents.

    only: the places in this tree of paths, above and below them, None for all. unsound: paths of structural errors;
    values there are skipped, and for their parents only constraints are run, not rules.
    """
    todo: list[_ToVisit | PendingCheck] = [
        _ToVisit(plan.schema.root if node is None else node, value, path, only, unsound)
    ]
    while todo:  # not recursive: it must not depend on how deep the stack is already
        at = todo.pop()
        if isinstance(at, PendingCheck):
            yield at
        elif (at.value is None and at.node.nullable) or (at.unsound is not None and not at.unsound):
            pass  # null, or a flaw of this very value
        else:
            if plan.checks(at.node):
                todo.append(PendingCheck(Path(at.path), at.node, sound=at.unsound is None))
            todo += reversed(_below(plan, at))


def written_places(plan: Plan, value: Any, only: Trie) -> list[PendingCheck]:
    """Return the places whose checks do not simply pass in the written parts of a valid value, and all places with checks
    above them, children before parents. Raises whatever a validator raises.

    only: the written paths.
    """
    found = Findings()
    todo: list[_Written | PendingCheck] = [(plan.schema.root, value, (), only)]
    while todo:
        at = todo.pop()
        if isinstance(at, PendingCheck):
            if found.places or not plan.keeps_all_bounds(at.node, value_at(value, at.path)):
                found.places.append(at)
            continue
        node, held, path, written = at
        if held is None and node.nullable:
            continue
        if not written:
            visit = plan.visitor_of(node, bounded=False)
            if visit is not None:
                visit(held, list(path), found)
            continue
        if plan.checks(node):
            todo.append(PendingCheck(Path(path), node))
        todo += reversed(_written_below(plan, at))
    return found.places


_Written: TypeAlias = tuple[Node, Any, tuple[str | int, ...], Trie]
"""A node, its value, the path of that, and the written paths below it; none if it was written itself."""


def _written_below(plan: Plan, at: _Written) -> list[_Written]:
    node, held, path, written = at
    if isinstance(node, ListNode) and isinstance(held, list):
        return [(node.item, item, (*path, index), written[index]) for index, item in _within(held, written)]
    if not isinstance(node, ObjectNode) or not isinstance(held, dict):
        inside = _below(plan, _ToVisit(node, held, path, written, None))
        return [(one.node, one.value, one.path, written) for one in inside]
    fields = fields_of(plan.schema, node)
    found: list[_Written] = []
    for name in [name for name in held if name in written]:
        field = fields.get(name)
        below = node.extra if field is None else field.node
        if below is not None:
            found.append((below, held[name], (*path, name), written[name]))
    return found


class _ToVisit(NamedTuple):
    node: Node
    value: Any
    path: tuple[str | int, ...]
    only: Trie | None
    unsound: Trie | None

    def child(self, part: str | int, node: Node, value: Any) -> _ToVisit:
        """Return the visit of a part of the value. part: one of `only`, where that names any."""
        unsound = None if self.unsound is None else self.unsound.get(part)
        return _ToVisit(node, value, (*self.path, part), self.only[part] if self.only else None, unsound)


def failing_places(plan: Plan, value: Any, unsound: Trie | None, refused: Any = None) -> list[PendingCheck]:
    """Return the places whose checks do not simply pass, in a value that is valid except at the paths of a tree.

    refused: pydantic-core's error about the bounds of this very value, where it was asked already. It names the parts that
    break a bound; below a part that it names it may not have looked. All others go through the plan's visitors, the items
    of a list together, and only for the checks that are no bounds. Raises whatever a validator raises.
    """
    visited = _Visited(plan)
    if not plan.has_bounds:
        named = unsound
    elif refused is not None:
        named = trie(flawed_paths(plan.schema, refused, value))
    else:
        named = _named(plan, value)
    visited.visit(plan.schema.root, value, (), unsound, named)
    return visited.places


def _named(plan: Plan, value: Any) -> Trie | None:
    """Return the paths at which pydantic-core finds a flaw or a violated bound; None for none."""
    from pydantic_core import ValidationError

    try:
        plan.structure.quick.validate_python(value)
    except ValidationError as error:
        return trie(flawed_paths(plan.schema, error, value))
    return None


class _Visited:
    """One visit of a value with some invalid parts, and some named parts that violate a bound."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._found = Findings()
        self.places = self._found.places

    def visit(
        self, node: Node, value: Any, path: tuple[str | int, ...], unsound: Trie | None, named: Trie | None
    ) -> None:
        if (value is None and node.nullable) or (unsound is not None and not unsound):
            return
        if unsound is None and not named:
            visit = self._plan.visitor_of(node, bounded=named is None)
            if visit is not None:
                visit(value, list(path), self._found)
            return
        before = len(self.places)
        self._below(node, value, path, unsound, named)
        if self._plan.checks(node) and (unsound is not None or len(self.places) > before or named is not None):
            self.places.append(PendingCheck(Path(path), node, sound=unsound is None))

    def _below(
        self, node: Node, value: Any, path: tuple[str | int, ...], unsound: Trie | None, named: Trie | None
    ) -> None:
        plan = self._plan
        match node:
            case RefNode():
                self.visit(plan.schema.definitions[node.name], value, path, unsound, named)
            case ChoiceNode():
                case: ChoiceCase | None = node.case(value)
                assert case is not None  # otherwise the whole value is unsound
                self.visit(case.node, value, path, unsound, named)
            case UnionNode():
                at = plan.option_of(node, value)
                assert at is not None  # otherwise the whole value is unsound
                self.visit(node.options[at], value, path, unsound, named)
            case ListNode() if isinstance(value, list):
                self._items(node, value, path, unsound, named)
            case ObjectNode() if isinstance(value, dict):
                fields = fields_of(plan.schema, node)
                for name, member in value.items():
                    field = fields.get(name)
                    below = node.extra if field is None else field.node
                    if below is not None:
                        flawed = None if unsound is None else unsound.get(name)
                        said = _named_below(named, name, flawed)
                        if said is not None or flawed is not None or plan.visitor_of(below, bounded=True) is not None:
                            self.visit(below, member, (*path, name), flawed, said)
            case LeafNode() | ListNode() | ObjectNode():
                pass
            case _:
                assert_never(node)

    def _items(
        self, node: ListNode, value: list[Any], path: tuple[str | int, ...], unsound: Trie | None, named: Trie | None
    ) -> None:
        """Visit the items without findings as a list of their own, then the others one by one."""
        said = {*(named or {}), *(unsound or {})}
        visit = self._plan.visitor_of(self._plan.items_of(node), bounded=named != {})
        if visit is not None and (rows := [row for row in range(len(value)) if row not in said]):
            inner = Findings()
            visit([value[row] for row in rows], [], inner)
            for place in inner.places:
                row = rows[place.path[0]]  # type: ignore[index]  # the first part is an index of the list
                self.places.append(place._replace(path=Path((*path, row, *place.path[1:]))))
        for at in said:
            assert isinstance(at, int)  # a part of a path into a list
            flawed = None if unsound is None else unsound.get(at)
            self.visit(node.item, value[at], (*path, at), flawed, _named_below(named, at, flawed))


def _named_below(named: Trie | None, part: str | int, unsound: Trie | None) -> Trie | None:
    """Return the named paths below a part. For a value that is named itself, everything below may be named."""
    if named is None:
        return unsound
    return named.get(part, unsound) if named else {}


def _below(plan: Plan, at: _ToVisit) -> list[_ToVisit]:
    """Return the visits below a value, in order."""
    node, value = at.node, at.value
    match node:
        case RefNode():
            return [_ToVisit(plan.schema.definitions[node.name], value, at.path, at.only, at.unsound)]
        case ChoiceNode():
            case: ChoiceCase | None = node.case(value)
            assert case is not None  # otherwise the whole value is unsound
            return [_ToVisit(case.node, value, at.path, at.only, at.unsound)]
        case UnionNode():
            option = plan.option_of(node, value)
            assert option is not None  # otherwise the whole value is unsound
            return [_ToVisit(node.options[option], value, at.path, at.only, at.unsound)]
        case ListNode() if isinstance(value, list):
            items = enumerate(value) if not at.only else _within(value, at.only)
            return [at.child(index, node.item, item) for index, item in items]
        case ObjectNode() if isinstance(value, dict):
            fields = fields_of(plan.schema, node)
            found: list[_ToVisit] = []
            for name, member in value.items() if not at.only else [one for one in value.items() if one[0] in at.only]:
                field = fields.get(name)
                below = node.extra if field is None else field.node
                if below is not None:
                    found.append(at.child(name, below, member))
            return found
        case LeafNode() | ListNode() | ObjectNode():
            return []
        case _:
            assert_never(node)


def _within(value: list[Any], only: Trie) -> Iterator[tuple[int, Any]]:
    for index in sorted(part for part in only if isinstance(part, int)):
        if index < len(value):
            yield index, value[index]


def missing_defaults(
    schema: Schema, value: Any, node: Node | None = None, path: tuple[str | int, ...] = ()
) -> list[tuple[Path, Any]]:
    """Return (path, default) of each missing optional field with a declared default; each default is a copy.

    For values with a possibly invalid part: a value without its node's type is skipped.
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
                missing.append((Path((*path, field.name)), plain_copy(field.default)))
    return missing


def trie(paths: list[Path]) -> Trie:
    """Return paths as a tree; a path below another one is absorbed by it."""
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
