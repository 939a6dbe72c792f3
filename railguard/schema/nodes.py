"""The schema tree: the form of an output, the same for RAIL, pydantic and JSON Schema.

Nodes are frozen and independent of their source. `Node` is a closed union: every `match` over it ends in
`assert_never`, so that the type checker finds each place that does not handle a new member. A text with a form (a date,
a percentage, a URL) is not a type of its own but a StringNode with a format, one row in `formats.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias, assert_never

from railguard.validation import Rule
from railguard.values import DEFAULT_ON_FAIL, UNSET, OnFail

if TYPE_CHECKING:
    from railguard.schema.user_model import UserModel

__all__ = [
    "AnyNode",
    "BooleanNode",
    "ChoiceCase",
    "ChoiceNode",
    "EnumNode",
    "Field",
    "FloatNode",
    "IntegerNode",
    "LeafNode",
    "ListNode",
    "Node",
    "NullNode",
    "ObjectNode",
    "RefNode",
    "Schema",
    "StringNode",
    "UnionNode",
    "all_nodes",
    "child_nodes",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """The fields of all nodes. No `match` uses it: `Node` is the union of the classes below.

    description, hint: words for the model; `hint` is free text about the format that nothing checks. nullable: whether
    null is a value of this node. rules: validators in the order in which they run. on_fail: the action for a failure of
    structure or of a constraint of this node.
    """

    title: str | None = None
    description: str | None = None
    hint: str | None = None
    nullable: bool = False
    rules: tuple[Rule, ...] = ()
    on_fail: OnFail = DEFAULT_ON_FAIL
    examples: tuple[Any, ...] = ()


class LeafNode(_Node):
    """A node without child nodes, where a traversal stops. Only for traversals; otherwise each type is handled."""

    __slots__ = ()


class AnyNode(LeafNode):
    """Any JSON value; non-finite numbers are refused."""

    __slots__ = ()


class NullNode(LeafNode):
    """Only null."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StringNode(LeafNode):
    """Text. Lengths count code points; `pattern` is searched, not anchored (JSON Schema 2020-12, 6.3).

    format: the name of a row in `schema.formats.FORMATS` ("date", "url", "percentage", …), which is checked. strptime:
    how a date or time is written instead, in the notation of datetime.strptime; only with a format whose row takes one.
    """

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    strptime: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _NumberNode(LeafNode):
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: float | None = None
    exclusive_maximum: float | None = None
    multiple_of: float | None = None


class IntegerNode(_NumberNode):
    """A whole number; true, "36" and 12.7 are none."""

    __slots__ = ()


class FloatNode(_NumberNode):
    """A finite number."""

    __slots__ = ()


class BooleanNode(LeafNode):
    """true or false."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumNode(LeafNode):
    """One of `values`, which are JSON values; equal means same type and same value, so true is not 1."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNode(_Node):
    """A list whose items all have the same node."""

    item: Node = AnyNode()  # noqa: RUF009  # it is frozen
    min_items: int | None = None
    max_items: int | None = None
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A named member of an object. `name` is the JSON name, any text. A default replaces a missing optional field.

    also: other names that a user's own model accepts.
    """

    name: str
    node: Node
    required: bool = True
    default: Any = UNSET
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectNode(_Node):
    """An object. `extra` is the node of values under keys that are not fields; None if such keys are not allowed.

    names: the node of every key, if a user's own type defines it: models see it, and the type itself checks it.
    """

    fields: tuple[Field, ...] = ()
    extra: Node | None = None
    names: Node | None = None
    min_properties: int | None = None
    max_properties: int | None = None


@dataclass(frozen=True, slots=True)
class ChoiceCase:
    """One case of a choice: the discriminator's value, and the object without the discriminator."""

    value: str
    node: ObjectNode


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceNode(_Node):
    """An object whose member `discriminator` names the case that defines the other fields."""

    discriminator: str
    cases: tuple[ChoiceCase, ...]
    discriminator_description: str | None = None

    def case(self, value: Any) -> ChoiceCase | None:
        """Return the case that the value of a choice names; None if it is not an object or names none."""
        if not isinstance(value, dict):
            return None
        tag = value.get(self.discriminator)
        return next((case for case in self.cases if case.value == tag and isinstance(tag, str)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionNode(_Node):
    """One of several nodes without a discriminator: a failure is a failure of the whole union."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefNode(_Node):
    """A named definition of the schema, which may be recursive."""

    name: str


Node: TypeAlias = (
    AnyNode
    | NullNode
    | BooleanNode
    | IntegerNode
    | FloatNode
    | StringNode
    | EnumNode
    | ListNode
    | ObjectNode
    | ChoiceNode
    | UnionNode
    | RefNode
)
"""All node types."""

NodeMap: TypeAlias = Mapping[str, Node]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schema:
    """A whole tree with the definitions of its RefNodes.

    user_model: a user-defined type, which validates instead of the tree; None if the tree itself is compiled. source:
    the user-defined type or JSON Schema, for messages. own_checks: the names of Python functions that also check values
    in a user-defined type; the tree does not contain them.
    """

    root: Node
    definitions: NodeMap = field(default_factory=dict)
    user_model: UserModel | None = None
    source: Any = None
    own_checks: tuple[str, ...] = ()

    def resolve(self, node: Node) -> Node:
        """Return `node`, or the target of its chain of references."""
        while isinstance(node, RefNode):
            node = self.definitions[node.name]
        return node


def child_nodes(node: Node) -> Iterator[Node]:
    """Yield the direct child nodes, without following references."""
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
        case LeafNode() | RefNode():
            pass
        case _:
            assert_never(node)


def all_nodes(schema: Schema) -> Iterator[Node]:
    """Yield every node of a schema and of its definitions once, without following references."""
    todo = [schema.root, *schema.definitions.values()]
    while todo:
        node = todo.pop()
        yield node
        todo.extend(child_nodes(node))
