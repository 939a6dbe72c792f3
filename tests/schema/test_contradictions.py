"""What can never be satisfied or never fail is found where it is certain, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from railguard.schema import (
    AnyNode,
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    StringNode,
    UnionNode,
)
from railguard.schema.contradictions import contradictions, never_fails
from railguard_validators.length import length
from railguard_validators.lower_case import lower_case
from railguard_validators.max_length import max_length
from railguard_validators.min_length import min_length
from railguard_validators.positive import positive
from railguard_validators.regex_match import regex_match
from railguard_validators.upper_case import upper_case
from railguard_validators.valid_choices import valid_choices
from railguard_validators.valid_range import valid_range


@pytest.mark.parametrize(
    ("node", "message"),
    [
        (StringNode(min_length=5, max_length=3), "minLength 5 and maxLength 3 exclude each other"),
        (
            StringNode(min_length=5, rules=(length(max=3),)),
            "minLength 5 and maxLength 3 of 'length' exclude each other",
        ),
        (
            StringNode(max_length=5, rules=(length(max=9), min_length(6))),
            "minLength 6 of 'min-length' and maxLength 5 exclude",
        ),
        (
            StringNode(rules=(max_length(3, on_fail="fix"), length(min=4))),
            "minLength 4 of 'length' and maxLength 3 of 'max",
        ),
        (ListNode(max_items=2, rules=(length(min=3),)), "minItems 3 of 'length' and maxItems 2 exclude each other"),
        (
            ObjectNode(min_properties=4, rules=(length(max=3),)),
            "minProperties 4 and maxProperties 3 of 'length' exclude",
        ),
        (IntegerNode(minimum=3, exclusive_maximum=3), "minimum 3 and exclusiveMaximum 3 exclude each other"),
        (IntegerNode(exclusive_minimum=3, exclusive_maximum=4), "exclusiveMinimum 3 and exclusiveMaximum 4 exclude"),
        (IntegerNode(minimum=1.2, maximum=1.8), "minimum 1.2 and maximum 1.8 exclude each other"),
        (IntegerNode(maximum=0, rules=(positive(),)), "of 'positive' and maximum 0 exclude each other"),
        (
            FloatNode(minimum=10, rules=(valid_range(0, 5),)),
            "minimum 10 and maximum 5 of 'valid-range' exclude each other",
        ),
        (StringNode(rules=(valid_choices(["a"]), valid_choices(["b", "c"]))), "allow no value in common"),
        (EnumNode(values=("A", "B"), rules=(lower_case(),)), "'lower-case' refuses every value of the enum"),
        (EnumNode(values=("a", "B"), rules=(lower_case(),)), "'lower-case' refuses 'B', which the enum allows"),
        (EnumNode(values=(1, 20), rules=(valid_range(0, 5),)), "'valid-range' refuses 20, which the enum allows"),
    ],
)
def test_what_excludes_each_other_is_named(node: Node, message: str) -> None:
    (found,) = contradictions(node)
    assert message in found.message


@pytest.mark.parametrize(
    "node",
    [
        StringNode(min_length=3, max_length=3, rules=(length(3, 3),)),
        StringNode(min_length=5, rules=(length(max=3, on_fail="noop"),)),
        StringNode(rules=(lower_case(), upper_case())),
        StringNode(rules=(regex_match("^a$"), length(min=5))),
        StringNode(rules=(valid_choices(["a", "b"]), valid_choices(["b", "c"]))),
        IntegerNode(minimum=3, maximum=3),
        IntegerNode(exclusive_minimum=3, exclusive_maximum=5),
        FloatNode(exclusive_minimum=3, exclusive_maximum=4),
        FloatNode(minimum=3.0, maximum=3),
        EnumNode(values=("a", "b"), rules=(lower_case(),)),
        EnumNode(values=("A",), rules=(lower_case(on_fail="noop"),)),
        AnyNode(rules=(length(min=5), length(max=3))),
        UnionNode(options=(StringNode(), IntegerNode()), rules=(length(min=5), length(max=3))),
    ],
)
def test_what_is_not_certain_is_not_said(node: Node) -> None:
    assert contradictions(node) == []


@pytest.mark.parametrize(
    ("node", "count"),
    [
        (StringNode(rules=(length(),)), 1),
        (ListNode(rules=(length(), length(min=1))), 1),
        (StringNode(rules=(length(max=3), lower_case(), regex_match("a"))), 0),
        (IntegerNode(rules=(valid_range(0, 5),)), 0),
        (AnyNode(rules=(length(),)), 0),
    ],
)
def test_a_rule_that_demands_nothing_can_never_fail(node: Node, count: int) -> None:
    assert len(never_fails(node)) == count


def test_the_bounds_of_a_json_schema_that_exclude_each_other_are_a_warning() -> None:
    from railguard import Guard

    schema: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string", "minLength": 5, "maxLength": 3}}}
    (warning,) = Guard.from_json_schema(schema).warnings
    assert warning.code == "json-schema-contradiction"
    assert warning.message.startswith("at #/properties/a: minLength 5 and maxLength 3")
