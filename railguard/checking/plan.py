"""A spec that is ready to run: its structure compiled, the checks of every node bound.

Built once when a guard is built, and shared by every call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from railguard.checking.fast_pass import ItemCheck, Visit, compile_visitor, visitor_of
from railguard.checking.sound import SoundReader, is_closed, sound_reader
from railguard.parsing import ReadingContext
from railguard.parsing.extract.envelopes import must_be_extracted
from railguard.parsing.json.plain import has_surrogate
from railguard.schema import ChoiceNode, Field, ListNode, Node, ObjectNode, Schema, StringNode, UnionNode, all_nodes
from railguard.schema.bounds import checks_by_index
from railguard.schema.compile import core_validator
from railguard.schema.constraints import Constraint, constraints
from railguard.schema.formats import is_text
from railguard.schema.inline import inlined
from railguard.schema.prune import definitions_used, json_types_fit
from railguard.schema.structure import Structure
from railguard.spec import Spec
from railguard.validation import Rule
from railguard.values import UNSET, JsonSchema, Limits

if TYPE_CHECKING:
    from railguard.schema.quick_model import QuickModel

__all__ = ["Plan"]

_LENGTHS = ("minItems", "maxItems")
_MOST_CONVERSATIONS = 64
"""Largest number of conversation shapes whose plans a guard caches."""


class Plan:
    """A compiled spec. Immutable once built.

    structure: the validator of railguard's own tree. tree: for a user's model, that of its JSON Schema; otherwise the
    same. is_text: the output is plain text. whole: gives the schema that a model is asked for; None for plain text.
    text_may_be_json: an answer that is one JSON string is parsed as JSON all the same, as users with a JSON Schema or a
    type expect. model: the user-defined type, which decides instead of the tree; None without one.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.schema = spec.schema
        self.model = spec.schema.user_model
        self.structure = Structure(spec.schema)
        self.is_text = is_text(spec.schema)
        self.whole = None if self.is_text else lambda: spec.schema
        self.text_may_be_json = self.is_text and spec.schema.source is not None
        self._checks: dict[int, tuple[ItemCheck, ...]] = {}
        self._bounds: dict[int, dict[int, tuple[Callable[[Any], bool], ...]]] = {}
        self._options: dict[int, Any] = {}
        self._structures: dict[int, Structure] = {}
        self._visitors: dict[tuple[int, bool], Visit | None] = {}
        self._items: dict[int, ListNode] = {}
        self._texts: dict[tuple[tuple[int, ...], ...], Plan] = {}
        self._trees = (spec.schema, inlined(spec.schema))  # kept, so that no other node gets the id of one of these
        self._own_nodes = frozenset(id(node) for tree in self._trees for node in all_nodes(tree))
        self.visit = None if self.model is not None else compile_visitor(self)
        self.has_bounds = self.model is None and not self.is_text and self.structure.quick is not self.structure.core
        self.visit_rest = compile_visitor(self, bounded=True) if self.has_bounds else self.visit

    def __reduce__(self) -> tuple[type[Plan], tuple[Spec]]:
        return Plan, (self.spec,)  # compiled parts contain functions, and are compiled again

    @cached_property
    def read_sound(self) -> SoundReader:
        """Return a reader of texts that are valid and satisfy the bounds that pydantic-core checks."""
        return self._reader(bounds=self.has_bounds)

    @cached_property
    def accepts_at_once(self) -> bool:
        """Whether the tree decides, and every answer is a list or an object."""
        return self.model is None and not self.cannot_run and self.in_brackets

    @cached_property
    def read_structure(self) -> SoundReader:
        """Return a reader of texts with valid structure."""
        return self._reader(bounds=False)

    def _reader(self, *, bounds: bool) -> SoundReader:
        is_answer = None if is_closed(self.schema) else self._is_answer
        return sound_reader(self.structure, self.spec.limits, bounds=bounds, is_answer=is_answer)

    def _is_answer(self, state: Any) -> bool:
        """Whether a value that the tree accepts is the answer, and not a tool call or the schema itself."""
        return not must_be_extracted(state, self.reading_context)

    def read_text(self, text: str) -> Any:
        """Return a text of a spec for plain text, if it is valid; otherwise UNSET."""
        if not text.strip() or has_surrogate(text):
            return UNSET
        return UNSET if self.structure.accept(text)[1] else text

    def json_schema(self) -> JsonSchema | None:
        """Return the schema that a model is asked for as JSON Schema, which may be changed; None for plain text."""
        from railguard.schema.to_json_schema import to_json_schema

        return None if self.is_text else to_json_schema(self.schema)

    @cached_property
    def is_closed(self) -> bool:
        """Whether an answer that the tree accepts has no key at its root except those in the tree."""
        return is_closed(self.schema)

    @cached_property
    def in_brackets(self) -> bool:
        """Whether every answer is a list or an object."""
        root = self.schema.resolve(self.schema.root)
        return isinstance(root, (ListNode, ObjectNode, ChoiceNode)) and not root.nullable

    def checks(self, node: Node) -> tuple[ItemCheck, ...]:
        """Return a node's constraints, then its rules. In a user's model both are checked by the model itself."""
        known = self._checks.get(id(node))
        if known is None:
            known = (*constraints(node), *node.rules)
            if id(node) in self._own_nodes:  # a temporary node (a discriminator) is not cached
                self._checks[id(node)] = known
        return known

    def keeps_bounds(self, node: Node, index: int, value: Any) -> bool:
        """Whether a list or an object passes one of a node's checks for certain, because it keeps the bounds that say the
        same. That needs no copy of the value, as a validator does. index: of the check.
        """
        if not (isinstance(node, ListNode) and type(value) is list) and not (
            isinstance(node, ObjectNode) and type(value) is dict
        ):
            return False
        known = self._bounds.get(id(node))
        if known is None:
            known = checks_by_index(node)
            if id(node) in self._own_nodes:  # a temporary node is not cached
                self._bounds[id(node)] = known
        if index not in known:
            return False
        for holds in known[index]:  # noqa: SIM110 - a loop is much faster than a generator here
            if not holds(value):
                return False
        return True

    def keeps_all_bounds(self, node: Node, value: Any) -> bool:
        """Whether a list or an object passes all of its node's checks for certain, because they are bounds that it keeps."""
        for index in range(len(self.checks(node))):  # noqa: SIM110 - a loop is much faster than a generator here
            if not self.keeps_bounds(node, index, value):
                return False
        return True

    @cached_property
    def has_lengths(self) -> bool:
        """Whether the tree bounds the length of a list."""
        return any(one.keyword in _LENGTHS for node in all_nodes(self.schema) for one in constraints(node))

    def broken_lengths(self, node: ListNode, value: list[Any]) -> list[str]:
        """Return the keywords of the bounds of its length that a list breaks."""
        return [
            one.keyword
            for one in self.checks(node)
            if type(one) is Constraint and one.keyword in _LENGTHS and not one.holds(value)
        ]

    @cached_property
    def has_options(self) -> bool:
        """Whether the tree has a choice or a union anywhere."""
        return any(isinstance(node, (ChoiceNode, UnionNode)) for node in all_nodes(self.schema))

    @cached_property
    def cannot_run(self) -> tuple[Rule, ...]:
        """The rules whose validators are not registered."""
        return tuple(rule for node in all_nodes(self.schema) for rule in node.rules if rule.validator is None)

    @cached_property
    def inputs_cannot_run(self) -> tuple[Rule, ...]:
        """The rules on prompt variables and messages whose validators are not registered."""
        from railguard.prompting.input_rules import input_rules

        return tuple(rule for rule in input_rules(self.spec) if rule.validator is None)

    @cached_property
    def checks_at_once(self) -> bool:
        """Whether a check never waits for a validator that runs elsewhere, and no failure ends the call or leaves something
        out.
        """
        nodes = list(all_nodes(self.schema))
        rules = [rule for node in nodes for rule in node.rules]
        actions = {rule.on_fail.unresolved for rule in rules} | {node.on_fail.structural for node in nodes}
        return all(rule.inline for rule in rules) and not any(action.policy.withholds for action in actions)

    @cached_property
    def needs(self) -> tuple[tuple[str, str], ...]:
        """(metadata key, validator that requires it) of all rules."""
        rules = (rule for node in all_nodes(self.schema) for rule in node.rules)
        return tuple(sorted({(key, rule.name) for rule in rules for key in rule.metadata}))

    @cached_property
    def inputs(self) -> Plan | None:
        """The plan of the prompt variables that the spec declares; None if it declares none."""
        if self.spec.inputs is None:
            return None
        return Plan(Spec(schema=Schema(root=self.spec.inputs), repair="lossless", limits=self.spec.limits))

    def texts_plan(self, ruled: tuple[tuple[Rule, ...], ...]) -> Plan:
        """Return the plan of an object of texts, "0" and so on, each with its rules: the messages of a conversation."""
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
        """The context for parsing and repairing an answer."""
        return ReadingContext(self.schema, self.spec.repair, self.spec.limits, self.tree.flaws)

    @cached_property
    def reading_context_with_nulls(self) -> ReadingContext:
        """The same for an answer to a request that had to name every member. If lossless repairs are allowed, null for
        a missing member is removed by one of them, and recorded.
        """
        return replace(self.reading_context, nulls=self.spec.repair in ("none", "syntax"))

    @cached_property
    def quick_model(self) -> QuickModel:
        """The fast path for answers of a user's model."""
        from railguard.schema.quick_model import QuickModel

        assert self.model is not None
        return QuickModel(self.model)

    @cached_property
    def counts_keys(self) -> Callable[[Any], int] | None:
        """Return a function that counts the keys of the JSON of a user model's output; None if that does not prove that
        the JSON is valid.
        """
        limits = self.spec.limits
        if limits.depth < Limits().depth or limits.integer_digits < Limits().integer_digits:
            return None
        return self.quick_model.count_keys

    def types_fit(self, text: str, state: Any = UNSET) -> bool:
        """Whether every value of a JSON text has a type that the tree allows at its place. state: the content of the
        text; without it, only an answer that the tree accepts unchanged fits for certain.
        """
        from pydantic_core import ValidationError

        try:
            self.tree.core.validate_json(text)
        except ValidationError:
            return state is not UNSET and json_types_fit(self.schema, state)
        return True

    @cached_property
    def simple_rules(self) -> frozenset[int]:
        """The ids of the rules in a user's model that run inline and check only the value."""
        sites = self.model.sites if self.model is not None else ()
        return frozenset(id(rule) for site in sites for rule in site.rules if rule.inline and not rule.wants_context)

    @cached_property
    def tree(self) -> Structure:
        """The structure of the tree only; for a user's model it knows JSON types and member names."""
        if self.model is None:
            return self.structure
        return Structure(Schema(root=self.schema.root, definitions=self.schema.definitions))

    def structure_of(self, node: Node) -> Structure:
        """Return the structure of one node, compiled when it is first needed."""
        known = self._structures.get(id(node))
        if known is None:
            known = Structure(Schema(root=node, definitions=self.schema.definitions))
            if id(node) in self._own_nodes:  # a temporary node (a discriminator) is not cached
                self._structures[id(node)] = known
        return known

    def visitor_of(self, node: Node, *, bounded: bool) -> Visit | None:
        """Return the visitor that runs the checks at and below the values of one node of the tree; None if it has none.
        bounded: without the bounds that pydantic-core has checked.
        """
        bounded = bounded and self.has_bounds
        key = id(node), bounded
        if key not in self._visitors:
            self._visitors[key] = visitor_of(self, node, bounded=bounded)
        return self._visitors[key]

    def items_of(self, node: ListNode) -> ListNode:
        """Return a list of the same items without checks of its own: the same one for all threads, whose visitor is cached
        by its id. node: one of the tree.
        """
        return self._items.get(id(node)) or self._items.setdefault(id(node), ListNode(item=node.item))

    def option_of(self, union: UnionNode, value: Any) -> int | None:
        """Return the index of the first option of a union whose structure and constraints a value satisfies."""
        from pydantic_core import ValidationError

        compiled = self._options.get(id(union))
        if compiled is None:
            definitions = self.schema.definitions
            compiled = [
                core_validator(Schema(root=o, definitions=definitions_used(o, definitions))) for o in union.options
            ]
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
