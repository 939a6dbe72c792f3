"""A spec made ready to run: its structure compiled, the checks of every node bound, and the first look at a text.

Built once when a guard is built and shared by every call. What a look leaves over is for `settle.py`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from railguard.loop.visit import Check, Found, Place, visitor
from railguard.parsing import accept
from railguard.prompting.describe import is_text
from railguard.schema import Node, Schema, UnionNode, all_nodes
from railguard.schema.compile import core_validator
from railguard.schema.constraints import Constraint, constraints
from railguard.schema.structure import Structure
from railguard.spec import Spec
from railguard.validation import Rule
from railguard.values import UNSET, Iteration, Usage, ValidationOutcome

__all__ = ["Plan", "Seen"]


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


class Plan:
    """A compiled spec. Immutable once built."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.schema = spec.schema
        self.structure = Structure(spec.schema)
        self.is_text = is_text(spec.schema)
        self.owns_structure = spec.schema.validator is None
        self._checks: dict[int, tuple[Check, ...]] = {}
        self._options: dict[int, Any] = {}
        self._structures: dict[int, Structure] = {}
        self._own_nodes = frozenset(id(node) for node in all_nodes(spec.schema))
        self.visit = visitor(self)
        self.has_bounds = not self.is_text and self.structure.quick is not self.structure.core
        self.visit_rest = visitor(self, bounded=True) if self.has_bounds else self.visit

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
        except KeyboardInterrupt:
            raise
        except BaseException:  # what a validator raised, or why it may not: told when it is called by itself
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
