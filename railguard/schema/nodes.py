"""The schema tree: what an output must look like, in one form for RAIL, pydantic and JSON Schema alike.

Nodes are frozen and say nothing about where they came from. Adding a type: a class here, one branch each in
`compile.py` and `json_schema.py`, and its RAIL element in `railguard/rail/elements.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from railguard.validation import Rule
from railguard.values import UNSET, OnFail

__all__ = [
    "AnyNode",
    "BooleanNode",
    "Case",
    "ChoiceNode",
    "DateNode",
    "DateTimeNode",
    "EnumNode",
    "Field",
    "FloatNode",
    "IntegerNode",
    "ListNode",
    "Node",
    "NullNode",
    "ObjectNode",
    "PercentageNode",
    "RefNode",
    "Schema",
    "StringNode",
    "TimeNode",
    "UnionNode",
    "all_nodes",
    "children",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """What all types have.

    description, hint: words for the model; `hint` is free text on the wanted format that nothing checks.
    nullable: null is a value of this node. rules: validators in the order they run.
    on_fail: what a failure of structure or of a constraint of this node does.
    """

    title: str | None = None
    description: str | None = None
    hint: str | None = None
    nullable: bool = False
    rules: tuple[Rule, ...] = ()
    on_fail: OnFail = OnFail.REASK
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyNode(Node):
    """Any JSON value; non-finite numbers are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NullNode(Node):
    """null and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StringNode(Node):
    """Text. Lengths count code points; `pattern` is searched, not anchored (JSON Schema 2020-12, 6.3).

    format: one of `schema.formats.FORMATS` ("url", "email", "uuid", …), really checked.
    """

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _NumberNode(Node):
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    multiple_of: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegerNode(_NumberNode):
    """A whole number; true, "36" and 12.7 are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloatNode(_NumberNode):
    """A finite number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentageNode(Node):
    """A number followed by a percent sign, as text: "12.5%"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooleanNode(Node):
    """true or false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DateNode(Node):
    """A date as text: RFC 3339 full-date, or `format` in strptime's notation."""

    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeNode(Node):
    """A time of day as text: RFC 3339 full-time (the offset may be missing), or `format` in strptime's notation."""

    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTimeNode(Node):
    """A date and time as text: RFC 3339 date-time (the offset may be missing), or `format` in strptime's notation."""

    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumNode(Node):
    """One of `values`, which are JSON values; equal means same type and same value, so true is not 1."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNode(Node):
    """A list whose items are all of one node."""

    item: Node = AnyNode()
    min_items: int | None = None
    max_items: int | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A named member of an object. `name` is the JSON name, any text. A default fills in for a missing optional field."""

    name: str
    node: Node
    required: bool = True
    default: Any = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectNode(Node):
    """An object. `extra` is the node of keys that are no field: None where there must be none."""

    fields: tuple[Field, ...] = ()
    extra: Node | None = None
    min_properties: int | None = None
    max_properties: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a choice: the discriminator's value, and the object without the discriminator."""

    value: str
    node: ObjectNode


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceNode(Node):
    """An object whose member `discriminator` says which case's fields stand beside it."""

    discriminator: str
    cases: tuple[Case, ...]
    discriminator_description: str | None = None

    def case(self, value: Any) -> Case | None:
        """The case that the value of a choice names, if it is an object and names one."""
        if not isinstance(value, dict):
            return None
        tag = value.get(self.discriminator)
        return next((case for case in self.cases if case.value == tag and isinstance(tag, str)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionNode(Node):
    """One of several nodes, with nothing that says which: a failure is a failure of the whole union."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefNode(Node):
    """A named definition of the schema, which may lead back here (a recursive type)."""

    name: str


NodeMap: TypeAlias = Mapping[str, Node]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schema:
    """A whole tree with the definitions its RefNodes name.

    validator: pydantic-core's SchemaValidator of a user's own type; None where the tree itself is compiled.
    source: the user's own type or JSON Schema, for messages. own_checks: the names of the Python functions by which a
    user's type checks values besides; the tree does not hold them.
    """

    root: Node
    definitions: NodeMap = field(default_factory=dict)
    validator: Any = None
    source: Any = None
    own_checks: tuple[str, ...] = ()

    def resolve(self, node: Node) -> Node:
        """`node`, or what its chain of references leads to."""
        while isinstance(node, RefNode):
            node = self.definitions[node.name]
        return node


def children(node: Node) -> Iterator[Node]:
    """The nodes directly below one, references not followed."""
    match node:
        case ListNode():
            yield node.item
        case ObjectNode():
            for member in node.fields:
                yield member.node
            if node.extra is not None:
                yield node.extra
        case ChoiceNode():
            for case in node.cases:
                yield case.node
        case UnionNode():
            yield from node.options


def all_nodes(schema: Schema) -> Iterator[Node]:
    """Every node of a schema and of its definitions, each once, references not followed."""
    todo = [schema.root, *schema.definitions.values()]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(children(node))
