"""What a node demands of a value beyond its JSON type: one predicate a JSON Schema keyword, by the table of keywords.

Types, required fields and unknown keys are pydantic-core's work; it reports one broken constraint of several, so the
constraints are run here, on values whose type is sound. The wording of a broken one is prompting's work.
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
from railguard.validation.vocabulary import KEYWORDS, Family, Keyword, keywords_of

__all__ = ["Constraint", "constraints", "family_of", "stated"]


class Constraint(NamedTuple):
    """keyword: JSON Schema's name for it. holds: whether a value of the right type keeps it."""

    keyword: str
    holds: Callable[[Any], bool]


def constraints(node: Node) -> tuple[Constraint, ...]:
    """The constraints of one node, in the order in which they are reported. Raises SpecError for a pattern that cannot run."""
    found = [Constraint(row.name, row.check(value)) for row, value in stated(node) if row.check is not None]
    if isinstance(node, StringNode) and (check := check_of(node.format, node.strptime)) is not None:
        found.append(Constraint("format", check))
    if isinstance(node, EnumNode) and not all(isinstance(value, str) for value in node.values):
        one_of = KEYWORDS["enum"].check  # of texts alone, pydantic-core's literal decides
        assert one_of is not None
        found.append(Constraint("enum", one_of(node.values)))
    return tuple(found)


def stated(node: Node) -> list[tuple[Keyword, Any]]:
    """The keywords that the fields of a node hold, with their values, in the table's order."""
    family = family_of(node)
    if family is None:
        return []
    rows = ((row, getattr(node, row.attribute)) for row in keywords_of(family, attribute=True) if row.attribute)
    return [(row, value) for row, value in rows if value is not None and value is not False]


def family_of(node: Node) -> Family | None:
    """The type whose keywords a node's fields hold; None if they hold none."""
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
