"""What a node demands beyond its type: each keyword at its edges."""

from typing import Any

import pytest

from railguard import SpecError
from railguard.schema import (
    EnumNode,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    StringNode,
)
from railguard.schema.constraints import constraints
from railguard.testing.growth import steep_growth

TABLE: list[tuple[Node, str, list[Any], list[Any]]] = [
    (StringNode(min_length=2), "minLength", ["ab", "é😀"], ["a", "", "😀"]),
    (StringNode(max_length=2), "maxLength", ["", "ab", "😀😀"], ["abc"]),
    (StringNode(pattern="b+"), "pattern", ["abba", "b"], ["a", ""]),
    (StringNode(pattern="^b+$"), "pattern", ["b"], ["ab", "b\n", "b\na"]),
    (StringNode(format="email"), "format", ["a@b.co"], ["a"]),
    (StringNode(format="percentage"), "format", ["5%"], ["5"]),
    (IntegerNode(minimum=2), "minimum", [2, 3], [1]),
    (IntegerNode(maximum=2), "maximum", [2, 1], [3]),
    (FloatNode(exclusive_minimum=0.5), "exclusiveMinimum", [0.6], [0.5, 0]),
    (FloatNode(exclusive_maximum=0.5), "exclusiveMaximum", [0.4], [0.5, 1]),
    (IntegerNode(multiple_of=3), "multipleOf", [0, 3, -9, 3 * 10**40], [1, 3 * 10**40 + 1]),
    (FloatNode(multiple_of=0.1), "multipleOf", [0.3, 1, 0.7, 1e300], [0.35]),
    (ListNode(min_items=1), "minItems", [[1]], [[]]),
    (ListNode(max_items=1), "maxItems", [[], [1]], [[1, 2]]),
    (ListNode(unique=True), "uniqueItems", [[], [1, True, "1", None], [{"a": 1}, {"a": 2}]], [[1, 1.0], [[1], [1]]]),
    (ListNode(unique=True), "uniqueItems", [[[1], [True]]], [[{"a": 1, "b": 2}, {"b": 2, "a": 1}], [None, None]]),
    (ObjectNode(min_properties=1), "minProperties", [{"a": 1}], [{}]),
    (ObjectNode(max_properties=1), "maxProperties", [{}, {"a": 1}], [{"a": 1, "b": 1}]),
    (EnumNode(values=(1, "a", None)), "enum", [1, 1.0, "a", None], [True, "1", 2, False, 0]),
]


@pytest.mark.parametrize(("node", "keyword", "right", "wrong"), TABLE)
def test_each_keyword_at_its_edges(node: Node, keyword: str, right: list[Any], wrong: list[Any]) -> None:
    found = constraints(node)
    assert [one.keyword for one in found] == [keyword]
    assert [value for value in right if not found[0].holds(value)] == []
    assert [value for value in wrong if found[0].holds(value)] == []


def test_all_constraints_of_a_node_are_there() -> None:
    node = StringNode(min_length=1, max_length=2, pattern="a", format="email")
    assert [one.keyword for one in constraints(node)] == ["minLength", "maxLength", "pattern", "format"]
    assert constraints(StringNode()) == ()


def test_a_pattern_that_cannot_run_is_an_error_of_the_spec() -> None:
    with pytest.raises(SpecError):
        constraints(StringNode(pattern="("))
    with pytest.raises(SpecError):
        constraints(StringNode(pattern="(a)\\1"))


def test_many_unique_items_take_linear_time() -> None:
    holds = constraints(ListNode(unique=True))[0].holds
    assert steep_growth(holds, lambda n: [{"id": number, "x": ["a"]} for number in range(n)]) is None
