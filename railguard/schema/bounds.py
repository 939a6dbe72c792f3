"""Which checks of a node pydantic-core can do in its own pass, for accepting: bounds on numbers and on lengths, choices.

A validator says by its `constraint` which JSON Schema keywords are exactly what it checks. Where core accepts, such a
check has passed and is not run; where core rejects, it runs, and says in its own words what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from railguard.schema.constraints import Constraint, constraints, family_of, stated
from railguard.schema.nodes import FloatNode, IntegerNode, Node
from railguard.validation import Rule
from railguard.validation.vocabulary import KEYWORDS, keywords_of

__all__ = ["Bounds", "bounds_of"]


class Bounds(NamedTuple):
    """core: what to add to the node's core schema. done: the indexes, among constraints then rules, of what that does."""

    core: dict[str, Any]
    done: frozenset[int]


def bounds_of(node: Node) -> Bounds:
    """What core can check of a node."""
    core: dict[str, Any] = {}
    done: set[int] = set()
    family = family_of(node)
    if family is None or not any(row.core for row in keywords_of(family)):
        return Bounds(core, frozenset())
    native = {row.name: value for row, value in stated(node)}
    checks: tuple[Constraint | Rule, ...] = (*constraints(node), *node.rules)
    for index, check in enumerate(checks):
        demanded = _demanded(node, check, native)
        rows = [KEYWORDS[keyword] for keyword in demanded]
        if rows and all(row.family == family and row.core and row.joined for row in rows):
            done.add(index)
            for row in rows:
                assert row.core is not None
                assert row.joined is not None
                bound = demanded[row.name]
                core[row.core] = row.joined(core[row.core], bound) if row.core in core else bound
    return Bounds(core, frozenset(done))


def _demanded(node: Node, check: Constraint | Rule, native: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keywords that are exactly what a check demands; none if it demands anything else."""
    if isinstance(check, Rule):
        demanded = check.constraint(node_type(node)) or {}
    else:
        demanded = {check.keyword: native.get(check.keyword)}
    return demanded if all(_fits(node, bound) for bound in demanded.values()) else {}


def node_type(node: Node) -> str:
    """The JSON type a constraint is asked for."""
    return "integer" if isinstance(node, IntegerNode) else family_of(node) or ""


def _fits(node: Node, bound: Any) -> bool:
    if isinstance(bound, bool) or not isinstance(bound, (int, float)):
        return False
    # core compares floats as floats, so a bound must be one exactly, and integers as 64 bits; lengths are counts.
    return abs(bound) < 1 << 53 and (isinstance(bound, int) or isinstance(node, FloatNode))
