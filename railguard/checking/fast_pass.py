"""The fast path for values with valid structure: functions that are created once from the tree and run every check in
one pass.

For a passing value, a visit allocates nothing. Other values are reported as a Place for `field.py`, with the index of
the first check that failed. Checks of a list's items run column by column, one check over all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, TypeAlias, assert_never

from railguard.schema import ChoiceNode, LeafNode, ListNode, Node, ObjectNode, RefNode, Schema, UnionNode
from railguard.schema.bounds import bounds_of
from railguard.schema.constraints import Constraint
from railguard.schema.edit import json_types
from railguard.schema.inline import inlined
from railguard.validation import Rule
from railguard.validation.calling import unchanged
from railguard.values import UNSET, Path, plain_copy

__all__ = ["Findings", "ItemCheck", "PendingCheck", "Visit", "compile_visitor", "visitor_of"]

ItemCheck: TypeAlias = Constraint | Rule


class PendingCheck(NamedTuple):
    """A value whose checks must be run, from `start` on; `answer` is the result of check `start`, if it ran.

    sound: the structure of the whole value is valid; otherwise only its constraints are run, and not its rules.
    """

    path: Path
    node: Node
    start: int = 0
    answer: Any = UNSET
    sound: bool = True


class Findings:
    """The findings of a visit: places whose checks did not simply pass, and defaults that were filled in."""

    __slots__ = ("fills", "places")

    def __init__(self) -> None:
        self.places: list[PendingCheck] = []
        self.fills: list[tuple[Path, Any]] = []


Visit: TypeAlias = Callable[[Any, "list[str | int]", Findings], None]
"""A function of a value, the path to it (changed during the visit and restored), and the findings."""
_Test: TypeAlias = tuple[int, Callable[[Any], Any]]
"""The index of a check among a node's checks, and a function that runs it."""
_DEEPEST = 20
"""Levels below which the visitor of a definition is made when a value gets there, so that a long chain of references costs
no stack."""
_PASSING = frozenset((type(None), bool))
_Rows: TypeAlias = Callable[[Sequence[Any], "list[str | int]", "int | None", Findings], None]


class Checks(Protocol):
    """The part of a plan that visitors use."""

    schema: Schema

    def checks(self, node: Node, /) -> tuple[ItemCheck, ...]:
        """Return a node's constraints, then its rules."""

    def option_of(self, union: UnionNode, value: Any, /) -> int | None:
        """Return the index of the first option of a union whose structure and constraints a value satisfies."""


def compile_visitor(plan: Checks, *, bounded: bool = False) -> Visit | None:
    """Return the visitor of a plan's whole tree; None if there is nothing to do. bounded: pydantic-core has already
    checked the bounds, so those checks are skipped.
    """
    schema = inlined(plan.schema)
    return _Visitors(plan, schema, bounded).visitor(schema.root)


def visitor_of(plan: Checks, node: Node, *, bounded: bool) -> Visit | None:
    """Return the visitor of one node of a plan's tree, which fills in no defaults; None if there is nothing to do.
    bounded: see `compile_visitor`.
    """
    return _Visitors(plan, plan.schema, bounded, fills=False).visitor(node)


def _always_serves(rule: Rule, node: Node) -> bool:
    """Whether every value of a node has a type that the rule's validator supports."""
    types = json_types(node)
    return rule.validator is None or (types is not None and types <= rule.validator.types)


_SCALARS = frozenset({"string", "integer", "number", "boolean", "null"})


def _run(rule: Rule, node: Node) -> Callable[[Any], Any]:
    """Return a function that runs a rule. Only for a list or object it must be checked that the validator did not
    change it.
    """
    types = json_types(node)
    run = rule.run if types is not None and types <= _SCALARS else partial(unchanged, rule)
    if _always_serves(rule, node):
        return run
    return lambda value: run(value) if rule.serves(value) else None


def _failing(column: Sequence[Any], tests: Sequence[_Test]) -> list[tuple[int, int, Any]]:
    """Return (row, index of the check, its result) of the first check in each row that did not simply pass.

    One check after another runs over the whole column, which saves most of the time for valid answers. A row that
    failed a check is not passed to the next one.
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
        break
    if not failing or len(tests) == ran:
        return failing
    out = {row for row, _, _ in failing}
    rest = [row for row in range(len(column)) if row not in out]
    later = _failing([column[row] for row in rest], tests[ran:])
    return failing + [(rest[row], at, answer) for row, at, answer in later]


class _Visitors:
    def __init__(self, plan: Checks, schema: Schema, bounded: bool, fills: bool = True) -> None:
        self.plan = plan
        self.fills = fills
        self.schema = schema
        self.bounded = bounded
        self.definitions: dict[str, Visit | None] = {}
        self.busy: set[str] = set()
        self.depth = 0
        # Each node's visitor is created once: several callers request it.
        self.inner: dict[int, Visit | None] = {}
        self.tests: dict[int, list[_Test] | None] = {}

    def _tests(self, node: Node) -> list[_Test] | None:
        """Return functions that run the node's checks; None if one of them needs a context or must not run inline."""
        if id(node) not in self.tests:
            self.tests[id(node)] = self._tests_of(node)
        return self.tests[id(node)]

    def _tests_of(self, node: Node) -> list[_Test] | None:
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
        """Return the visitor for values of a node; None if there is nothing to do."""
        inner = self._inner(node)
        own = self._own(node)
        if own is None:
            visit = inner
        elif inner is None:
            visit = own
        else:
            below, here = inner, own

            def visit(value: Any, path: list[str | int], found: Findings) -> None:
                before = len(found.places)
                below(value, path, found)
                if len(found.places) == before:
                    here(value, path, found)
                else:
                    # A fix below may change this value: its checks wait until that is decided.
                    found.places.append(PendingCheck(Path(path), node))

        if visit is None or not node.nullable:
            return visit
        some = visit

        def unless_null(value: Any, path: list[str | int], found: Findings) -> None:
            if value is not None:
                some(value, path, found)

        return unless_null

    def _own(self, node: Node) -> Visit | None:
        tests = self._tests(node)
        if tests == []:
            return None
        if tests is None:

            def later(value: Any, path: list[str | int], found: Findings) -> None:
                found.places.append(PendingCheck(Path(path), node))

            return later

        def now(value: Any, path: list[str | int], found: Findings) -> None:
            for index, test in tests:
                answer = test(value)
                if answer is not None and answer is not True:
                    found.places.append(PendingCheck(Path(path), node, index, answer))
                    return

        return now

    def _inner(self, node: Node) -> Visit | None:
        """Return the visitor for the parts of a node's value; None if there is nothing to do."""
        if id(node) not in self.inner:
            self.depth += 1
            self.inner[id(node)] = self._inner_of(node)
            self.depth -= 1
        return self.inner[id(node)]

    def _inner_of(self, node: Node) -> Visit | None:
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
            case LeafNode():
                return None
            case _:
                assert_never(node)

    def _object(self, node: ObjectNode) -> Visit | None:
        table = self._table(node)
        if table is None:
            return None

        def visit(value: Any, path: list[str | int], found: Findings) -> None:
            table((value,), path, None, found)

        return visit

    def _list(self, node: ListNode) -> Visit | None:
        item = node.item
        rows = self._rows_of(item)
        if rows is not None:
            (table,) = rows
            if table is None:
                return None

            def visit_rows(value: Any, path: list[str | int], found: Findings) -> None:
                if value:
                    table(value, path, 0, found)

            return visit_rows
        tests = None if item.nullable or self._inner(item) is not None else self._tests(item)
        if tests is not None:
            if not tests:
                return None

            def visit_column(value: Any, path: list[str | int], found: Findings) -> None:
                for row, at, answer in _failing(value, tests):
                    found.places.append(PendingCheck(Path((*path, row)), item, at, answer))

            return visit_column
        below = self.visitor(item)
        if below is None:
            return None

        def visit_each(value: Any, path: list[str | int], found: Findings) -> None:
            path.append(0)
            for index, member in enumerate(value):
                path[-1] = index
                below(member, path, found)
            path.pop()

        return visit_each

    def _rows_of(self, item: Node) -> tuple[_Rows | None] | None:
        """Return the table of the items of a list if they are objects without checks of their own, also behind references."""
        names: list[str] = []
        while isinstance(item, RefNode) and not (item.nullable or self.plan.checks(item)):
            if item.name in self.busy or item.name in names or self.depth >= _DEEPEST:
                return None
            names.append(item.name)
            item = self.schema.definitions[item.name]
        if not isinstance(item, ObjectNode) or item.nullable or self.plan.checks(item):
            return None
        self.busy.update(names)
        rows = self._table(item)
        self.busy.difference_update(names)
        return (rows,)

    def _table(self, node: ObjectNode) -> _Rows | None:
        """Return a function that checks objects of one node column by column: each check runs over all of them.

        It is called with the objects, the path so far, and 0 if they are items of a list, None for a single object.
        """
        columns: list[tuple[str, Callable[[Any], Any] | None, Node, list[_Test]]] = []
        others: list[tuple[str, Visit]] = []
        with_default = (field for field in node.fields if self.fills and field.default is not UNSET)
        defaults = [(field.name, field.default) for field in with_default]
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

        def place(path: list[str | int], row: int | None, name: str) -> Path:
            return Path((*path, name)) if row is None else Path((*path, row, name))

        def visit_rows(rows: Sequence[Any], path: list[str | int], first: int | None, found: Findings) -> None:
            if any(False in [name in row for row in rows] for name, _ in defaults):
                for row, value in enumerate(rows):
                    for name, default in defaults:
                        if name not in value:
                            found.fills.append((place(path, None if first is None else row, name), default))
                            value[name] = plain_copy(default)
            for name, get, leaf, tests in columns:
                if get is not None:
                    column, where = [*map(get, rows)], None
                else:
                    where = [row for row, value in enumerate(rows) if name in value]
                    column = [rows[row][name] for row in where]
                for at, index, answer in _failing(column, tests):
                    row = at if where is None else where[at]
                    found.places.append(
                        PendingCheck(place(path, None if first is None else row, name), leaf, index, answer)
                    )
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

        def visit(value: Any, path: list[str | int], found: Findings) -> None:
            below = visits.get(value.get(tag))
            if below is not None:
                below(value, path, found)

        return visit

    def _union(self, node: UnionNode) -> Visit | None:
        visits = [self.visitor(option) for option in node.options]
        if not any(visits):
            return None

        def visit(value: Any, path: list[str | int], found: Findings) -> None:
            at = self.plan.option_of(node, value)
            if at is not None and (below := visits[at]) is not None:
                below(value, path, found)

        return visit

    def _reference(self, node: RefNode) -> Visit | None:
        name = node.name
        if name in self.busy:  # a recursive type: look the visitor up when it is needed
            definitions = self.definitions

            def later(value: Any, path: list[str | int], found: Findings) -> None:
                visit = definitions[name]
                assert visit is not None  # it holds this function
                visit(value, path, found)

            return later
        if name not in self.definitions and self.depth >= _DEEPEST:
            made: list[Visit | None] = []

            def when_needed(value: Any, path: list[str | int], found: Findings) -> None:
                if not made:  # by visitors of its own: other threads may make the same meanwhile
                    made.append(_Visitors(self.plan, self.schema, self.bounded, self.fills)._definition(name))
                visit = made[0]
                if visit is not None:
                    visit(value, path, found)

            return when_needed
        return self._definition(name)

    def _definition(self, name: str) -> Visit | None:
        if name not in self.definitions:
            self.busy.add(name)
            self.definitions[name] = self.visitor(self.schema.definitions[name])
            self.busy.discard(name)
        return self.definitions[name]
