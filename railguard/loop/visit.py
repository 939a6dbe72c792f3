"""What to do at values whose structure is sound: closures over the tree, made once, that run every check in one pass.

For what passes, a visit allocates nothing. What does not pass is left as a Place for `settle.py`, with the index of the
check that spoke first. Checks of a list's items run column by column, one check over all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, TypeAlias

from railguard.schema import ChoiceNode, ListNode, Node, ObjectNode, RefNode, Schema, UnionNode
from railguard.schema.bounds import bounds_of
from railguard.schema.constraints import Constraint
from railguard.schema.edit import json_types
from railguard.validation import Rule
from railguard.validation.calling import unchanged
from railguard.values import UNSET, Path

__all__ = ["Check", "Found", "Place", "Visit", "visitor"]

Check: TypeAlias = Constraint | Rule


class Place(NamedTuple):
    """A value whose checks are to be run, from `start` on; `answer` is what check `start` said already, if it ran.

    sound: the whole value is structurally sound; where it is not, its constraints are run and its rules are not.
    """

    path: Path
    node: Node
    start: int = 0
    answer: Any = UNSET
    sound: bool = True


class Found:
    """What a visit leaves behind: places whose checks did not simply pass, and defaults that were filled in."""

    __slots__ = ("fills", "places")

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.fills: list[tuple[Path, Any]] = []


Visit: TypeAlias = Callable[[Any, "list[str | int]", Found], None]
"""Called with a value, the path to it (changed on the way and put back), and what is left behind."""
_Test: TypeAlias = tuple[int, Callable[[Any], Any]]
"""The index of a check among a node's checks, and its plain call."""
_PASSING = frozenset((type(None), bool))
_Rows: TypeAlias = Callable[[Sequence[Any], "list[str | int]", "int | None", Found], None]


class Checked(Protocol):
    """What visitors ask of a plan."""

    schema: Schema
    owns_structure: bool

    def checks(self, node: Node, /) -> tuple[Check, ...]:
        """A node's constraints, then its rules."""

    def option_of(self, union: UnionNode, value: Any, /) -> int | None:
        """The first option of a union whose structure and constraints a value keeps."""


def visitor(plan: Checked, *, bounded: bool = False) -> Visit | None:
    """The visitor of a plan's whole tree; None if there is nothing to do. bounded: pydantic-core has checked the bounds of
    the values already, and those checks are passed over."""
    return _Visitors(plan, bounded).visitor(plan.schema.root)


def _always_serves(rule: Rule, node: Node) -> bool:
    """Whether every value of a node is of a type that the rule's validator takes."""
    types = json_types(node)
    return rule.validator is None or (types is not None and types <= rule.validator.types)


_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})


def _run(rule: Rule, node: Node) -> Callable[[Any], Any]:
    """A rule as a plain call. Only of a value that has members must it be seen that the validator left them alone."""
    types = json_types(node)
    run = rule.run if types is not None and types <= _SCALARS else partial(unchanged, rule)
    if _always_serves(rule, node):
        return run
    return lambda value: run(value) if rule.serves(value) else None


def _failing(column: Sequence[Any], tests: Sequence[_Test]) -> list[tuple[int, int, Any]]:
    """(row, index of the check, its answer) of the first check in a row that did not simply pass.

    One check after another over the whole column: that is where most of the time of sound answers is saved. A row that
    failed a check is not given to the next one.
    """
    failing: list[tuple[int, int, Any]] = []
    ran = 0
    for index, test in tests:
        ran += 1
        answers = [*map(test, column)]
        if len(answers) != len(column):
            raise RuntimeError("a check raised StopIteration")  # which ends a map as if all had been checked
        if answers.count(None) == len(answers):
            continue
        kinds = set(map(type, answers))
        if kinds <= _PASSING and (bool not in kinds or False not in answers):
            continue
        failing = [(row, index, a) for row, a in enumerate(answers) if a is not None and a is not True]
        if failing:
            break
    if not failing or len(tests) == ran:
        return failing
    out = {row for row, _, _ in failing}
    rest = [row for row in range(len(column)) if row not in out]
    later = _failing([column[row] for row in rest], tests[ran:])
    return failing + [(rest[row], at, answer) for row, at, answer in later]


class _Visitors:
    def __init__(self, plan: Checked, bounded: bool) -> None:
        self.plan = plan
        self.bounded = bounded
        self.definitions: dict[str, Visit | None] = {}
        self.busy: set[str] = set()

    def _tests(self, node: Node) -> list[_Test] | None:
        """The node's checks as plain calls; None if one of them needs a context or must not run inline."""
        tests: list[_Test] = []
        done = bounds_of(node).done if self.bounded else ()
        for index, check in enumerate(self.plan.checks(node)):
            if index in done:
                continue
            if isinstance(check, Constraint):
                tests.append((index, check.holds))
            elif check.wants_context or not check.inline:
                return None
            else:
                tests.append((index, _run(check, node)))
        return tests

    def visitor(self, node: Node) -> Visit | None:
        """What to do at values of a node; None for nothing at all."""
        inner = self._inner(node)
        own = self._own(node)
        if own is None:
            visit = inner
        elif inner is None:
            visit = own
        else:
            below, here = inner, own

            def visit(value: Any, path: list[str | int], found: Found) -> None:
                before = len(found.places)
                below(value, path, found)
                if len(found.places) == before:
                    here(value, path, found)
                else:
                    # A fix below may change this value: its checks wait until that is settled.
                    found.places.append(Place(Path(path), node))

        if visit is None or not node.nullable:
            return visit
        some = visit

        def unless_null(value: Any, path: list[str | int], found: Found) -> None:
            if value is not None:
                some(value, path, found)

        return unless_null

    def _own(self, node: Node) -> Visit | None:
        tests = self._tests(node)
        if tests == []:
            return None
        if tests is None:

            def later(value: Any, path: list[str | int], found: Found) -> None:
                found.places.append(Place(Path(path), node))

            return later

        def now(value: Any, path: list[str | int], found: Found) -> None:
            for index, test in tests:
                answer = test(value)
                if answer is not None and answer is not True:
                    found.places.append(Place(Path(path), node, index, answer))
                    return

        return now

    def _inner(self, node: Node) -> Visit | None:
        match node:
            case ObjectNode():
                return self._object(node)
            case ListNode():
                return self._list(node)
            case ChoiceNode():
                return self._choice(node)
            case UnionNode():
                return self._union(node)
            case RefNode():
                return self._reference(node)
        return None

    def _object(self, node: ObjectNode) -> Visit | None:
        table = self._table(node)
        if table is None:
            return None

        def visit(value: Any, path: list[str | int], found: Found) -> None:
            table((value,), path, None, found)

        return visit

    def _list(self, node: ListNode) -> Visit | None:
        item = node.item
        if isinstance(item, ObjectNode) and not item.nullable and not self.plan.checks(item):
            table = self._table(item)
            if table is None:
                return None

            def visit_rows(value: Any, path: list[str | int], found: Found) -> None:
                if value:
                    table(value, path, 0, found)

            return visit_rows
        tests = None if item.nullable or self._inner(item) is not None else self._tests(item)
        if tests is not None:
            if not tests:
                return None

            def visit_column(value: Any, path: list[str | int], found: Found) -> None:
                for row, at, answer in _failing(value, tests):
                    found.places.append(Place(Path((*path, row)), item, at, answer))

            return visit_column
        below = self.visitor(item)
        if below is None:
            return None

        def visit_each(value: Any, path: list[str | int], found: Found) -> None:
            path.append(0)
            for index, member in enumerate(value):
                path[-1] = index
                below(member, path, found)
            path.pop()

        return visit_each

    def _table(self, node: ObjectNode) -> _Rows | None:
        """What to do at objects of one node, column by column: each check runs over all of them in one go.

        Called with the objects, the path so far, and 0 if they are items of a list, None for a single object.
        """
        columns: list[tuple[str, Callable[[Any], Any] | None, Node, list[_Test]]] = []
        others: list[tuple[str, Visit]] = []
        defaults = [(field.name, field.default) for field in node.fields if field.default is not UNSET]
        for field in node.fields:
            tests = None if field.node.nullable or self._inner(field.node) is not None else self._tests(field.node)
            if tests is not None:
                if tests:
                    get = itemgetter(field.name) if field.required else None
                    columns.append((field.name, get, field.node, tests))
            elif (below := self.visitor(field.node)) is not None:
                others.append((field.name, below))
        extra = None if node.extra is None else self.visitor(node.extra)
        names = frozenset(field.name for field in node.fields)
        if not (columns or others or defaults or extra):
            return None
        fill = self.plan.owns_structure

        def place(path: list[str | int], row: int | None, name: str) -> Path:
            return Path((*path, name)) if row is None else Path((*path, row, name))

        def visit_rows(rows: Sequence[Any], path: list[str | int], first: int | None, found: Found) -> None:
            if defaults:
                for row, value in enumerate(rows):
                    for name, default in defaults:
                        if name not in value:
                            found.fills.append((place(path, None if first is None else row, name), default))
                            if fill:
                                value[name] = deepcopy(default)
            for name, get, leaf, tests in columns:
                if get is not None:
                    column, where = [*map(get, rows)], None
                else:
                    where = [row for row, value in enumerate(rows) if name in value]
                    column = [rows[row][name] for row in where]
                for at, index, answer in _failing(column, tests):
                    row = at if where is None else where[at]
                    found.places.append(Place(place(path, None if first is None else row, name), leaf, index, answer))
            if not others and extra is None:
                return
            for row, value in enumerate(rows):
                if first is not None:
                    path.append(row)
                for name, below in others:
                    member = value.get(name, UNSET)
                    if member is not UNSET:
                        path.append(name)
                        below(member, path, found)
                        path.pop()
                if extra is not None:
                    for name, member in value.items():
                        if name not in names:
                            path.append(name)
                            extra(member, path, found)
                            path.pop()
                if first is not None:
                    path.pop()

        return visit_rows

    def _choice(self, node: ChoiceNode) -> Visit | None:
        visits = {case.value: self.visitor(case.node) for case in node.cases}
        if not any(visits.values()):
            return None
        tag = node.discriminator

        def visit(value: Any, path: list[str | int], found: Found) -> None:
            below = visits.get(value.get(tag))
            if below is not None:
                below(value, path, found)

        return visit

    def _union(self, node: UnionNode) -> Visit | None:
        visits = [self.visitor(option) for option in node.options]
        if not any(visits):
            return None

        def visit(value: Any, path: list[str | int], found: Found) -> None:
            at = self.plan.option_of(node, value)
            if at is not None and (below := visits[at]) is not None:
                below(value, path, found)

        return visit

    def _reference(self, node: RefNode) -> Visit | None:
        name = node.name
        if name in self.busy:  # a recursive type: look the visitor up when it is needed
            definitions = self.definitions

            def later(value: Any, path: list[str | int], found: Found) -> None:
                visit = definitions.get(name)
                if visit is not None:
                    visit(value, path, found)

            return later
        if name not in self.definitions:
            self.busy.add(name)
            self.definitions[name] = self.visitor(self.plan.schema.definitions[name])
            self.busy.discard(name)
        return self.definitions[name]
