"""What in a node can never be satisfied, and which of its rules can never fail: only what is certain.

Bounds are compared with bounds, also with those that rules declare as keywords of JSON Schema; the values of an enum are
given to its rules. Nothing is said of patterns, nor of rules that declare nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from railguard.errors import SpecError
from railguard.schema.edit import json_types
from railguard.schema.nodes import EnumNode, FloatNode, IntegerNode, ListNode, Node, ObjectNode, StringNode
from railguard.validation import Rule, interpret
from railguard.values import Path, json_key

__all__ = ["Contradiction", "contradictions", "never_fails"]


class Contradiction(NamedTuple):
    """Two demands that no value meets, or a value of an enum that a rule refuses.

    message: what excludes what. rule: the rule that is one of the two; None if both are bounds of the element. whole:
    whether no value at all is left.
    """

    message: str
    rule: Rule | None
    whole: bool = True


class _Bound(NamedTuple):
    value: float
    exclusive: bool
    words: str
    rule: Rule | None


_OWN = {
    StringNode: {"minLength": "min_length", "maxLength": "max_length"},
    IntegerNode: {},
    FloatNode: {},
    ListNode: {"minItems": "min_items", "maxItems": "max_items"},
    ObjectNode: {"minProperties": "min_properties", "maxProperties": "max_properties"},
}
_NUMBER = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
}
_LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def contradictions(node: Node) -> list[Contradiction]:
    """What in one node excludes what. Rules whose on-fail is noop exclude nothing: what fails them is kept."""
    rules = [rule for rule in node.rules if rule.validator is not None and not rule.on_fail.policy.keeps_output]
    if isinstance(node, EnumNode):
        return list(_of_enum(node, rules))
    types = json_types(node)
    if types is None or len(types) != 1:
        return []
    (kind,) = types
    said: list[tuple[Rule | None, Mapping[str, Any]]] = [(None, _own(node))]
    said += [(rule, keywords) for rule in rules if (keywords := _keywords(rule, kind))]
    return [*_of_bounds(said, whole=kind == "integer"), *_of_choices(said)]


def never_fails(node: Node) -> list[Rule]:
    """The rules that demand nothing of the node's values: their keywords are declared, and there are none."""
    types = json_types(node)
    if types is None or len(types) != 1:
        return []
    (kind,) = types
    return [rule for rule in node.rules if rule.validator is not None and _keywords(rule, kind) == {}]


def _own(node: Node) -> dict[str, Any]:
    names = _NUMBER if isinstance(node, (IntegerNode, FloatNode)) else _OWN.get(type(node), {})
    return {keyword: value for keyword, name in names.items() if (value := getattr(node, name)) is not None}


def _keywords(rule: Rule, kind: str) -> Mapping[str, Any] | None:
    try:
        return rule.constraint(kind)
    except SpecError:
        return None


def _of_bounds(said: list[tuple[Rule | None, Mapping[str, Any]]], *, whole: bool) -> Iterator[Contradiction]:
    lower = [
        _bound(keyword, keywords[keyword], rule) for rule, keywords in said for keyword in _LOWER if keyword in keywords
    ]
    upper = [
        _bound(keyword, keywords[keyword], rule) for rule, keywords in said for keyword in _UPPER if keyword in keywords
    ]
    for least in lower:
        for most in upper:
            if _empty(least, most, whole=whole):
                message = f"{least.words} and {most.words} exclude each other"
                yield Contradiction(message, most.rule or least.rule)


def _bound(keyword: str, value: float, rule: Rule | None) -> _Bound:
    words = f"{keyword} {value}" if rule is None else f"{keyword} {value} of {rule.name!r}"
    return _Bound(value, keyword.startswith("exclusive"), words, rule)


def _empty(least: _Bound, most: _Bound, *, whole: bool) -> bool:
    if whole:
        first = math.floor(least.value) + 1 if least.exclusive else math.ceil(least.value)
        last = math.ceil(most.value) - 1 if most.exclusive else math.floor(most.value)
        return first > last
    return least.value > most.value or (least.value == most.value and (least.exclusive or most.exclusive))


def _of_choices(said: list[tuple[Rule | None, Mapping[str, Any]]]) -> Iterator[Contradiction]:
    enums = [(rule, {json_key(value) for value in keywords["enum"]}) for rule, keywords in said if "enum" in keywords]
    for at, (one, values) in enumerate(enums):
        for other, others in enums[at + 1 :]:
            if one is not None and other is not None and not values & others:
                yield Contradiction(f"{one.name!r} and {other.name!r} allow no value in common", other)


def _of_enum(node: EnumNode, rules: list[Rule]) -> Iterator[Contradiction]:
    for rule in rules:
        refused = [value for value in node.values if _refuses(rule, value)]
        if refused and len(refused) == len(node.values) and not node.nullable:
            yield Contradiction(f"{rule.name!r} refuses every value of the enum", rule)
        elif refused:
            shown = ", ".join(map(repr, refused[:5]))
            yield Contradiction(f"{rule.name!r} refuses {shown:.100}, which the enum allows", rule, whole=False)


def _refuses(rule: Rule, value: Any) -> bool:
    """Whether a rule is certain to refuse a value; one that is slow or needs the caller's metadata is not asked."""
    if not rule.inline or rule.wants_context or rule.metadata or not rule.serves(value):
        return False
    try:
        return interpret(rule.run(value), rule, Path()) is not None
    except Exception:  # a validator that is broken is reported when an answer is checked
        return False
