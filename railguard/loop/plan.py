"""A spec made ready to run: its structure compiled, the checks of every node bound, a visitor for what passes.

Built once when a guard is built and shared by every call. For what passes, a visit allocates nothing; what does not
pass is left as a Place for `settle.py`, with the index of the check that spoke first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cached_property
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from railguard.parsing import accept
from railguard.prompting.describe import is_text
from railguard.schema import (
    ChoiceNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    UnionNode,
    all_nodes,
)
from railguard.schema.bounds import bounds_of
from railguard.schema.compile import core_validator
from railguard.schema.constraints import Constraint, constraints
from railguard.schema.edit import json_types
from railguard.schema.structure import Structure
from railguard.spec import Spec
from railguard.validation import Rule
from railguard.values import UNSET, Iteration, Path, Usage, ValidationOutcome

__all__ = ["Check", "Found", "Place", "Plan", "Seen"]

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


class Seen(NamedTuple):
    """A first look at a text. state: what it holds if its structure is sound, else UNSET. output: what that stands for.

    found: what the checks left to do; None where one raised, so that they are to be run one by one, to say which.
    sound: there is nothing to do.
    """

    state: Any
    output: Any
    found: Found | None
    sound: bool

    def outcome(self, text: str) -> ValidationOutcome:
        """The outcome of a sound text that nobody was asked for."""
        iteration = Iteration((), text, self.state)
        return ValidationOutcome(self.output, self.state, iterations=(iteration,), usage=_NO_USAGE)


_NOTHING = Found()
_NO_USAGE = Usage(known=False)

_Visit: TypeAlias = Callable[[Any, "list[str | int]", Found], None]
_Test: TypeAlias = tuple[int, Callable[[Any], Any]]
"""The index of a check among a node's checks, and its plain call."""
_PASSING = frozenset((type(None), bool))
_Rows: TypeAlias = Callable[[Sequence[Any], "list[str | int]", "int | None", Found], None]


def _always_serves(rule: Rule, node: Node) -> bool:
    """Whether every value of a node is of a type that the rule's validator takes."""
    types = json_types(node)
    return rule.validator is None or (types is not None and types <= rule.validator.types)


def _where_served(rule: Rule) -> Callable[[Any], Any]:
    return lambda value: rule.run(value) if rule.serves(value) else None


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


class Plan:
    """A compiled spec. Immutable once built."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.schema = spec.schema
        self.structure = Structure(spec.schema)
        self.is_text = is_text(spec.schema)
        self.owns_structure = spec.schema.validator is None
        self._checks: dict[int, tuple[Check, ...]] = {}
        self._definitions: dict[str, _Visit | None] = {}
        self._busy: set[str] = set()
        self._options: dict[int, Any] = {}
        self._structures: dict[int, Structure] = {}
        self._own_nodes = frozenset(id(node) for node in all_nodes(spec.schema))
        self._bounded = False
        self.visit = self._visitor(spec.schema.root)
        self.has_bounds = not self.is_text and self.structure.quick is not self.structure.core
        self.visit_rest = self._without_bounds() if self.has_bounds else self.visit

    def look(self, text: str) -> Seen:
        """The common case in one pass: sound text, every check passes, nothing to write down. Each check runs once."""
        limits = self.spec.limits
        visit = self.visit_rest
        state, output = accept(text, self.structure, limits, self.is_text, bounds=self.has_bounds)
        if state is UNSET and self.has_bounds:
            visit = self.visit
            state, output = accept(text, self.structure, limits, self.is_text)
        if state is UNSET or visit is None:
            return Seen(state, output, _NOTHING, state is not UNSET)
        found = Found()
        try:
            visit(state, [], found)
        except Exception:
            return Seen(state, output, None, False)
        if any(self._is_misspelt(place) for place in found.places):
            return Seen(state, output, None, False)  # it may be mended, and what holds it is checked only then
        return Seen(state, output, found, not (found.places or found.fills))

    def glance(self, text: str) -> Seen:
        """A first look at a text whose checks have run already, while it came in: its structure alone."""
        state, output = accept(text, self.structure, self.spec.limits, self.is_text)
        return Seen(state, output, None, False)

    def _is_misspelt(self, place: Place) -> bool:
        """Whether what failed at a place is a set or a format, which is mended, not a bound or a rule."""
        if place.answer is UNSET:
            return False
        check = self.checks(place.node)[place.start]
        return isinstance(check, Constraint) and check.keyword in ("enum", "format")

    def checks(self, node: Node) -> tuple[Check, ...]:
        """A node's constraints, then its rules. A constraint that a user's own model enforces is not run again."""
        known = self._checks.get(id(node))
        if known is None:
            own = constraints(node) if self.owns_structure else ()
            known = (*own, *node.rules)
            self._checks[id(node)] = known
        return known

    @cached_property
    def cannot_run(self) -> tuple[Rule, ...]:
        """Rules whose validator nobody registered."""
        return tuple(rule for node in all_nodes(self.schema) for rule in node.rules if rule.validator is None)

    @cached_property
    def needs(self) -> tuple[tuple[str, str], ...]:
        """(metadata key, validator that cannot do without it) of all rules."""
        rules = (rule for node in all_nodes(self.schema) for rule in node.rules)
        return tuple(sorted({(key, rule.name) for rule in rules for key in rule.metadata}))

    def _without_bounds(self) -> _Visit | None:
        """The visitor of values whose bounds pydantic-core has checked: it passes those checks over."""
        self._bounded = True
        definitions, self._definitions = self._definitions, {}
        visit = self._visitor(self.schema.root)
        self._definitions = definitions
        self._bounded = False
        return visit

    # Visitors: closures over the tree, for values whose structure is sound.

    def _tests(self, node: Node) -> list[_Test] | None:
        """The node's checks as plain calls; None if one of them needs a context or must not run inline."""
        tests: list[_Test] = []
        done = bounds_of(node).done if self._bounded else ()
        for index, check in enumerate(self.checks(node)):
            if index in done:
                continue
            if isinstance(check, Constraint):
                tests.append((index, check.holds))
            elif check.wants_context or not check.inline:
                return None
            elif _always_serves(check, node):
                tests.append((index, check.run))
            else:
                tests.append((index, _where_served(check)))
        return tests

    def _visitor(self, node: Node) -> _Visit | None:
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

    def _own(self, node: Node) -> _Visit | None:
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

    def _inner(self, node: Node) -> _Visit | None:
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

    def _object(self, node: ObjectNode) -> _Visit | None:
        table = self._table(node)
        if table is None:
            return None

        def visit(value: Any, path: list[str | int], found: Found) -> None:
            table((value,), path, None, found)

        return visit

    def _list(self, node: ListNode) -> _Visit | None:
        item = node.item
        if isinstance(item, ObjectNode) and not item.nullable and not self.checks(item):
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
        below = self._visitor(item)
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
        others: list[tuple[str, _Visit]] = []
        defaults = [(field.name, field.default) for field in node.fields if field.default is not UNSET]
        for field in node.fields:
            tests = None if field.node.nullable or self._inner(field.node) is not None else self._tests(field.node)
            if tests is not None:
                if tests:
                    get = itemgetter(field.name) if field.required else None
                    columns.append((field.name, get, field.node, tests))
            elif (below := self._visitor(field.node)) is not None:
                others.append((field.name, below))
        extra = None if node.extra is None else self._visitor(node.extra)
        names = frozenset(field.name for field in node.fields)
        if not (columns or others or defaults or extra):
            return None
        fill = self.owns_structure

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

    def _choice(self, node: ChoiceNode) -> _Visit | None:
        visits = {case.value: self._visitor(case.node) for case in node.cases}
        if not any(visits.values()):
            return None
        tag = node.discriminator

        def visit(value: Any, path: list[str | int], found: Found) -> None:
            below = visits.get(value.get(tag))
            if below is not None:
                below(value, path, found)

        return visit

    def _union(self, node: UnionNode) -> _Visit | None:
        visits = [self._visitor(option) for option in node.options]
        if not any(visits):
            return None

        def visit(value: Any, path: list[str | int], found: Found) -> None:
            at = self.option_of(node, value)
            if at is not None and (below := visits[at]) is not None:
                below(value, path, found)

        return visit

    def _reference(self, node: RefNode) -> _Visit | None:
        name = node.name
        if name in self._busy:  # a recursive type: look the visitor up when it is needed
            definitions = self._definitions

            def later(value: Any, path: list[str | int], found: Found) -> None:
                visit = definitions.get(name)
                if visit is not None:
                    visit(value, path, found)

            return later
        if name not in self._definitions:
            self._busy.add(name)
            self._definitions[name] = self._visitor(self.schema.definitions[name])
            self._busy.discard(name)
        return self._definitions[name]

    def structure_of(self, node: Node) -> Structure:
        """The structure of one node alone, compiled when it is first needed."""
        known = self._structures.get(id(node))
        if known is None:
            known = Structure(Schema(root=node, definitions=self.schema.definitions))
            if id(node) in self._own_nodes:  # a node made up on the way (a discriminator) is not kept
                self._structures[id(node)] = known
        return known

    def option_of(self, union: UnionNode, value: Any) -> int | None:
        """The first option of a union whose structure and constraints a value keeps."""
        from pydantic_core import ValidationError

        compiled = self._options.get(id(union))
        if compiled is None:
            compiled = [core_validator(Schema(root=o, definitions=self.schema.definitions)) for o in union.options]
            self._options[id(union)] = compiled
        fitting = []
        for at, validator in enumerate(compiled):
            try:
                validator.validate_python(value)
            except ValidationError:
                continue
            fitting.append(at)
        for at in fitting:
            node = self.schema.resolve(union.options[at])
            if value is None or all(check.holds(value) for check in constraints(node)):
                return at
        return fitting[0] if fitting else None
