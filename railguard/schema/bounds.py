"""Finds the checks of a node that pydantic-core can do on the fast path: bounds on numbers and on lengths, patterns,
choices.

A validator's `constraint` names the JSON Schema keywords that are equivalent to its check. If pydantic-core accepts a
value, such a check has passed and is not run; if it rejects the value, the check runs and gives its own message.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from railguard.schema.constraints import Constraint, constraints, family_of, stated
from railguard.schema.nodes import FloatNode, IntegerNode, Node, StringNode
from railguard.validation import Rule
from railguard.validation.vocabulary import KEYWORDS

__all__ = ["Bounds", "bounds_of", "checks_by_index", "checks_of", "of_integers"]


class Bounds(NamedTuple):
    """core: additions to the node's core schema; if it has a type, it replaces that schema.

    done: the indexes, among constraints then rules, of the checks that it covers.
    """

    core: dict[str, Any]
    done: frozenset[int]


def bounds_of(node: Node) -> Bounds:
    """Return the checks of a node that pydantic-core can do."""
    core: dict[str, Any] = {}
    done: set[int] = set()
    all_demanded = list(_demanded(node))
    if chosen := [demanded["enum"] for _, demanded in all_demanded if "enum" in demanded]:
        checks = checks_of(node)
        values = [one for one in dict.fromkeys(chosen[0]) if all(check(one) for check in checks)]
        if not values:
            return Bounds({}, frozenset())  # nothing is accepted: the checks give the reasons
        return Bounds({"type": "literal", "expected": values}, frozenset(index for index, _ in all_demanded))
    for index, demanded in all_demanded:
        if "pattern" in demanded and "pattern" in core:
            continue  # pydantic-core supports one pattern per text
        done.add(index)
        for keyword, bound in demanded.items():
            row = KEYWORDS[keyword]
            if keyword == "pattern":
                core |= {"pattern": _in_core(bound), "regex_engine": "rust-regex"}
            else:
                assert row.core is not None
                assert row.joined is not None
                core[row.core] = row.joined(core[row.core], bound) if row.core in core else bound
    return Bounds(core, frozenset(done))


def checks_of(node: Node) -> tuple[Callable[[Any], bool], ...]:
    """Return, as Python functions, the checks that `bounds_of` passes to pydantic-core."""
    return tuple(check for checks in checks_by_index(node).values() for check in checks)


def checks_by_index(node: Node) -> dict[int, tuple[Callable[[Any], bool], ...]]:
    """Return the same by the index of what demands them, among constraints then rules: what a value passes if it passes
    them."""
    found: dict[int, tuple[Callable[[Any], bool], ...]] = {}
    for index, demanded in _demanded(node):
        made = [(KEYWORDS[keyword].check, bound) for keyword, bound in demanded.items()]
        found[index] = tuple(make(bound) for make, bound in made if make is not None)
        assert len(found[index]) == len(demanded), "what pydantic-core can check, so can Python"
    return found


def of_integers(core: Mapping[str, Any]) -> dict[str, Any]:
    """Convert bounds of numbers to bounds of whole numbers: at least 0.5 becomes at least 1."""
    rounded = {"ge": math.ceil, "gt": math.floor, "le": math.floor, "lt": math.ceil}
    return {name: rounded[name](bound) if isinstance(bound, float) else bound for name, bound in core.items()}


def node_type(node: Node) -> str:
    """Return the JSON type to request a constraint for."""
    return "integer" if isinstance(node, IntegerNode) else family_of(node) or ""


def _demanded(node: Node) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield (index, keywords) of each check of a node that is equivalent to keywords that pydantic-core supports."""
    family = family_of(node)
    if family is None:
        return
    native = {row.name: value for row, value in stated(node)}
    checks: tuple[Constraint | Rule, ...] = (*constraints(node), *node.rules)
    for index, check in enumerate(checks):
        if isinstance(check, Rule):
            demanded = check.constraint(node_type(node)) or {}
        else:
            demanded = {check.keyword: native.get(check.keyword)}
        if demanded and all(_can(node, family, keyword, bound) for keyword, bound in demanded.items()):
            yield index, demanded


def _can(node: Node, family: str, keyword: str, bound: Any) -> bool:
    """Whether pydantic-core checks a keyword exactly as specified."""
    row = KEYWORDS[keyword]
    if keyword == "enum":
        return isinstance(node, StringNode) and all(isinstance(one, str) for one in bound)
    if row.family != family:
        return False
    if keyword == "pattern":
        return isinstance(node, StringNode) and _in_core(bound) is not None
    if row.core is None or isinstance(bound, bool) or not isinstance(bound, (int, float)):
        return False
    # pydantic-core compares floats as floats, so a bound must be exactly a float, and integers as 64 bits; lengths are
    # counts.
    return abs(bound) < 1 << 53 and (isinstance(bound, int) or isinstance(node, FloatNode))


def _in_core(pattern: str) -> str | None:
    from railguard.validation.patterns import in_rust

    return in_rust(pattern)
