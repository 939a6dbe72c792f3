"""A spec made ready to run: its structure compiled, the checks of every node bound.

Built once when a guard is built, and shared by every call.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

from railguard.checking.fast_pass import Check, visitor
from railguard.parsing import ReadingContext
from railguard.prompting.describe import is_text
from railguard.schema import Field, Node, ObjectNode, Schema, StringNode, UnionNode, all_nodes
from railguard.schema.compile import core_validator
from railguard.schema.constraints import constraints
from railguard.schema.inline import inlined
from railguard.schema.structure import Structure
from railguard.spec import Spec
from railguard.validation import Rule

__all__ = ["Plan"]

_MOST_CONVERSATIONS = 64
"""Shapes of conversations whose plans a guard keeps."""


class Plan:
    """A compiled spec. Immutable once built.

    structure: decides for our own tree. tree: of a user's model, what its JSON Schema says; else the same. is_text: the
    output is plain text. model: the user's own type, which decides in the place of the tree; None without one.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.schema = spec.schema
        self.model = spec.schema.user_model
        self.structure = Structure(spec.schema)
        self.is_text = is_text(spec.schema)
        self._checks: dict[int, tuple[Check, ...]] = {}
        self._options: dict[int, Any] = {}
        self._structures: dict[int, Structure] = {}
        self._texts: dict[tuple[tuple[int, ...], ...], Plan] = {}
        self._own_nodes = frozenset(id(n) for tree in (spec.schema, inlined(spec.schema)) for n in all_nodes(tree))
        self.visit = None if self.model is not None else visitor(self)
        self.has_bounds = self.model is None and not self.is_text and self.structure.quick is not self.structure.core
        self.visit_rest = visitor(self, bounded=True) if self.has_bounds else self.visit

    def checks(self, node: Node) -> tuple[Check, ...]:
        """A node's constraints, then its rules. In a user's model both are checked by the model itself."""
        known = self._checks.get(id(node))
        if known is None:
            known = (*constraints(node), *node.rules)
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

    @cached_property
    def inputs(self) -> Plan | None:
        """The plan of the prompt variables that the spec declares; None if it declares none."""
        if self.spec.inputs is None:
            return None
        return Plan(Spec(schema=Schema(root=self.spec.inputs), repair="lossless", limits=self.spec.limits))

    def texts_plan(self, ruled: tuple[tuple[Rule, ...], ...]) -> Plan:
        """The plan of an object of texts, "0" and so on, each with its rules: the messages of a conversation."""
        key = tuple(tuple(map(id, rules)) for rules in ruled)
        known = self._texts.get(key)
        if known is None:
            nodes = (Field(str(at), StringNode(rules=rules), required=False) for at, rules in enumerate(ruled))
            known = Plan(Spec(schema=Schema(root=ObjectNode(fields=tuple(nodes))), limits=self.spec.limits))
            if len(self._texts) < _MOST_CONVERSATIONS:
                self._texts[key] = known
        return known

    @property
    def member_names(self) -> list[str]:
        """The names of the members of an object's plan."""
        root = self.schema.resolve(self.schema.root)
        return [field.name for field in root.fields] if isinstance(root, ObjectNode) else []

    @cached_property
    def reading_context(self) -> ReadingContext:
        """What reading and repairing an answer needs to know."""
        return ReadingContext(self.schema, self.spec.repair, self.spec.limits, self.tree.flaws)

    @cached_property
    def reading_context_with_nulls(self) -> ReadingContext:
        """The same, of an answer to a request that had to name every member. Where lossless repairs are allowed, null for a
        member that is not there is left out by one of them, on record."""
        return replace(self.reading_context, nulls=self.spec.repair in ("none", "syntax"))

    @cached_property
    def tree(self) -> Structure:
        """The structure that the tree alone describes; of a user's model it knows JSON types and member names."""
        if self.model is None:
            return self.structure
        return Structure(Schema(root=self.schema.root, definitions=self.schema.definitions))

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
