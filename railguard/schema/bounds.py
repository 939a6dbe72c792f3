"""Which checks of a node pydantic-core can do in its own pass, for accepting: bounds on numbers and on lengths, choices.

A validator says by its `constraint` which JSON Schema keywords are exactly what it checks. Where core accepts, such a
check has passed and is not run; where core rejects, it runs, and says in its own words what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from railguard.schema.constraints import Constraint, constraints
from railguard.schema.nodes import FloatNode, IntegerNode, ListNode, Node, StringNode
from railguard.validation import Rule

__all__ = ["Bounds", "bounds_of"]

_TIGHTER: dict[str, Callable[..., Any]] = {
    "min_length": max,
    "max_length": min,
    "ge": max,
    "le": min,
    "gt": max,
    "lt": min,
}
_KEYWORDS: dict[type[Node], dict[str, str]] = {
    StringNode: {"minLength": "min_length", "maxLength": "max_length"},
    ListNode: {"minItems": "min_length", "maxItems": "max_length"},
    IntegerNode: {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"},
    FloatNode: {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"},
}
_NATIVE = {
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_items",
    "maxItems": "max_items",
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
}


class Bounds(NamedTuple):
    """core: what to add to the node's core schema. done: the indexes, among constraints then rules, of what that does."""

    core: dict[str, Any]
    done: frozenset[int]


def bounds_of(node: Node) -> Bounds:
    """What core can check of a node."""
    core: dict[str, Any] = {}
    done: set[int] = set()
    known = _KEYWORDS.get(type(node), {})
    if not known:
        return Bounds(core, frozenset())
    checks: tuple[Constraint | Rule, ...] = (*constraints(node), *node.rules)
    for index, check in enumerate(checks):
        demanded = _demanded(node, check)
        if demanded and all(keyword in known for keyword in demanded):
            done.add(index)
            for keyword, bound in demanded.items():
                name = known[keyword]
                core[name] = _TIGHTER[name](core[name], bound) if name in core else bound
    return Bounds(core, frozenset(done))


def _demanded(node: Node, check: Constraint | Rule) -> Mapping[str, Any]:
    """The keywords that are exactly what a check demands; none if it demands anything else."""
    if isinstance(check, Rule):
        demanded = check.constraint(node_type(node))
        return demanded if demanded is not None and all(_fits(node, bound) for bound in demanded.values()) else {}
    name = _NATIVE.get(check.keyword)
    bound = getattr(node, name, None) if name is not None else None
    return {check.keyword: bound} if bound is not None and _fits(node, bound) else {}


def node_type(node: Node) -> str:
    """The JSON type a constraint is asked for."""
    kinds: dict[type[Node], str] = {
        StringNode: "string",
        ListNode: "array",
        IntegerNode: "integer",
        FloatNode: "number",
    }
    return kinds.get(type(node), "")


def _fits(node: Node, bound: Any) -> bool:
    if isinstance(bound, bool) or not isinstance(bound, (int, float)):
        return False
    # core compares floats as floats, so a bound must be one exactly, and integers as 64 bits; lengths are counts.
    return abs(bound) < 1 << 53 and (isinstance(bound, int) or isinstance(node, FloatNode))
