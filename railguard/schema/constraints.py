"""What a node demands of a value beyond its JSON type: one predicate a JSON Schema keyword.

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
from railguard.values import json_key

__all__ = ["Constraint", "constraints"]


class Constraint(NamedTuple):
    """keyword: JSON Schema's name for it. holds: whether a value of the right type keeps it."""

    keyword: str
    holds: Callable[[Any], bool]


def constraints(node: Node) -> tuple[Constraint, ...]:
    """The constraints of one node, in the order in which they are reported. Raises SpecError for a pattern that cannot run."""
    match node:
        case StringNode():
            return tuple(_string(node))
        case IntegerNode() | FloatNode():
            return tuple(_number(node))
        case ListNode():
            return tuple(_list(node))
        case ObjectNode():
            return tuple(_object(node))
        case EnumNode():
            return tuple(_enum(node))
        case AnyNode() | NullNode() | BooleanNode() | ChoiceNode() | UnionNode() | RefNode():
            return ()
        case _:
            assert_never(node)


def _string(node: StringNode) -> list[Constraint]:
    found = []
    if (shortest := node.min_length) is not None:
        found.append(Constraint("minLength", lambda value: len(value) >= shortest))
    if (longest := node.max_length) is not None:
        found.append(Constraint("maxLength", lambda value: len(value) <= longest))
    if node.pattern is not None:
        from railguard.validation import patterns

        search = patterns.compile(node.pattern).search
        found.append(Constraint("pattern", lambda value: bool(search(value))))
    if (check := check_of(node.format, node.strptime)) is not None:
        found.append(Constraint("format", check))
    return found


def _number(node: IntegerNode | FloatNode) -> list[Constraint]:
    found = []
    if (least := node.minimum) is not None:
        found.append(Constraint("minimum", lambda value: value >= least))
    if (most := node.maximum) is not None:
        found.append(Constraint("maximum", lambda value: value <= most))
    if (above := node.exclusive_minimum) is not None:
        found.append(Constraint("exclusiveMinimum", lambda value: value > above))
    if (below := node.exclusive_maximum) is not None:
        found.append(Constraint("exclusiveMaximum", lambda value: value < below))
    if (step := node.multiple_of) is not None:
        found.append(Constraint("multipleOf", lambda value: _is_multiple(value, step)))
    return found


def _is_multiple(value: float, step: float) -> bool:
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    from decimal import Decimal, InvalidOperation, localcontext

    # Decimal of the shortest spelling: 0.3 is a multiple of 0.1 as everybody reads it.
    with localcontext() as context:
        context.prec = 400
        try:
            return Decimal(repr(value)) % Decimal(repr(step)) == 0
        except InvalidOperation:
            return False


def _list(node: ListNode) -> list[Constraint]:
    found = []
    if (fewest := node.min_items) is not None:
        found.append(Constraint("minItems", lambda value: len(value) >= fewest))
    if (most := node.max_items) is not None:
        found.append(Constraint("maxItems", lambda value: len(value) <= most))
    if node.unique:
        found.append(Constraint("uniqueItems", lambda value: len({json_key(item) for item in value}) == len(value)))
    return found


def _object(node: ObjectNode) -> list[Constraint]:
    found = []
    if (fewest := node.min_properties) is not None:
        found.append(Constraint("minProperties", lambda value: len(value) >= fewest))
    if (most := node.max_properties) is not None:
        found.append(Constraint("maxProperties", lambda value: len(value) <= most))
    return found


def _enum(node: EnumNode) -> list[Constraint]:
    if all(isinstance(value, str) for value in node.values):
        return []  # pydantic-core's literal decides
    allowed = {json_key(value) for value in node.values}
    return [Constraint("enum", lambda value: json_key(value) in allowed)]
