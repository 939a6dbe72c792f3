"""The constraints of a node beyond its JSON type: one predicate per JSON Schema keyword.

pydantic-core checks types, required fields and unknown keys; it reports only one of several violated constraints, so
the constraints are checked here, on values whose type is valid. prompting words the messages.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, assert_never

from railguard.schema.formats import check_of
from railguard.schema.nodes import (
    AnyNode,
    BooleanNode,
    ChoiceNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    StringNode,
    UnionNode,
)
from railguard.validation.vocabulary import KEYWORDS, Family, Keyword, keywords_for_type

__all__ = ["Constraint", "constraints", "family_of", "stated"]


class Constraint(NamedTuple):
    """keyword: JSON Schema's name. holds: whether a value of the right type satisfies it."""

    keyword: str
    holds: Callable[[Any], bool]


def constraints(node: Node) -> tuple[Constraint, ...]:
    """Return the constraints of one node, in the order in which they are reported. Raises SpecError for a pattern that
    cannot run.
    """
    found = [Constraint(row.name, row.check(value)) for row, value in stated(node) if row.check is not None]
    if isinstance(node, StringNode) and (check := check_of(node.format, node.strptime)) is not None:
        found.append(Constraint("format", check))
    if isinstance(node, EnumNode) and not all(isinstance(value, str) for value in node.values):
        one_of = KEYWORDS["enum"].check  # if all values are texts, pydantic-core's literal checks it
        assert one_of is not None
        found.append(Constraint("enum", one_of(node.values)))
    return tuple(found)


def stated(node: Node) -> list[tuple[Keyword, Any]]:
    """Return the keywords of a node's fields with their values, in the table's order."""
    family = family_of(node)
    if family is None:
        return []
    rows = ((row, getattr(node, row.attribute)) for row in keywords_for_type(family, attribute=True) if row.attribute)
    return [(row, value) for row, value in rows if value is not None and value is not False]


def family_of(node: Node) -> Family | None:
    """Return the type of the keywords in a node's fields; None if it has none."""
    match node:
        case StringNode():
            return "string"
        case IntegerNode() | FloatNode():
            return "number"
        case ListNode():
            return "array"
        case ObjectNode():
            return "object"
        case AnyNode() | NullNode() | BooleanNode() | EnumNode() | ChoiceNode() | UnionNode() | RefNode():
            return None
        case _:
            assert_never(node)
