"""The keys of a valid value are counted, and a key that the tree does not declare is found."""

from __future__ import annotations

import random
from typing import Any

import pytest

from railguard.schema import (
    AnyNode,
    EnumNode,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema import Field as Member
from railguard.schema.key_counts import count_keys, declared_counter
from railguard.schema.structure import Structure


def keys_in(value: Any) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (len(value) if isinstance(value, dict) else 0) + sum(map(keys_in, below))


def of(*nodes: Node, required: bool = True, extra: Node | None = None, nullable: bool = False) -> ObjectNode:
    fields = tuple(Member(name, node, required) for name, node in zip("abcdef", nodes, strict=False))
    return ObjectNode(fields=fields, extra=extra, nullable=nullable)


PAIR = of(StringNode(), IntegerNode())


@pytest.mark.parametrize(
    ("node", "value"),
    [
        (StringNode(), "a"),
        (PAIR, {"a": "", "b": 1}),
        (of(PAIR, StringNode()), {"a": {"a": "", "b": 1}, "b": ""}),
        (ListNode(item=PAIR), [{"a": "", "b": 1}] * 3),
        (ListNode(item=of(ListNode(item=PAIR))), [{"a": [{"a": "", "b": 1}]}, {"a": []}]),
        (of(ListNode(item=PAIR)), {"a": [{"a": "", "b": 1}]}),
        (of(ListNode(item=PAIR), StringNode(), ListNode(item=PAIR)), {"a": [{"a": "", "b": 1}], "b": "", "c": []}),
        (of(of(ListNode(item=PAIR))), {"a": {"a": [{"a": "", "b": 1}]}}),
        (of(of(StringNode(), nullable=True)), {"a": None}),
        (of(of(StringNode(), nullable=True)), {"a": {"a": ""}}),
        (of(StringNode(), required=False), {}),
        (of(of(StringNode(), required=False)), {"a": {"a": ""}}),
        (of(StringNode(), extra=IntegerNode()), {"a": "", "z": 1}),
        (of(EnumNode(values=("x", "y")), PAIR), {"a": "x", "b": {"a": "", "b": 1}}),
        (of(EnumNode(values=("x", {"k": 1}))), {"a": {"k": 1}}),
        (of(AnyNode()), {"a": [{"x": 1}, {"x": [{"y": 1}]}, 1]}),
        (of(UnionNode(options=(PAIR, StringNode()))), {"a": {"a": "", "b": 1}}),
        (RefNode(name="R"), {"a": "", "b": 1}),
        (ListNode(item=RefNode(name="T")), [[[{"a": "", "b": 1}]], []]),
        (AnyNode(), {"a": {"b": [[{"c": 1}], "x"]}, "d": [1]}),
        (AnyNode(), 1),
    ],
)
def test_the_keys_of_a_sound_value_are_counted(node: Node, value: Any) -> None:
    loop = UnionNode(options=(ListNode(item=RefNode(name="T")), PAIR))
    structure = Structure(Schema(root=node, definitions={"R": PAIR, "T": loop}))
    assert structure.accept(value)[1] == []
    count = structure.count_declared
    assert (count_keys if count is None else count)(value) == keys_in(value)


@pytest.mark.parametrize(
    "node",
    [
        AnyNode(),
        RefNode(name="R"),
        UnionNode(options=(PAIR, StringNode())),
        EnumNode(values=("x", {"k": 1})),
        of(StringNode(), extra=IntegerNode()),
    ],
)
def test_a_tree_that_does_not_tell_the_keys_is_not_counted_by_it(node: Node) -> None:
    for root in (node, of(node), ListNode(item=node), of(StringNode(), extra=of(node))):
        assert declared_counter(root) is None


def test_of_items_of_different_kinds_fewer_keys_are_counted_and_never_more() -> None:
    for value in ([{"a": 1}, {"a": {"b": 1}}], [{"a": {}}, 1], [{"a": {"b": 1}}, {"a": 1}], [[], {"a": 1}]):
        assert count_keys(value) <= keys_in(value)
    assert count_keys([{"a": 1}, {"a": {"b": 1}}]) == 2


def a_node(rng: random.Random, depth: int) -> Node:
    """A random tree of objects, open and closed, lists and leaves."""
    kind = rng.random() if depth else 1.0
    nullable = rng.random() < 0.2
    if kind < 0.3:
        return ListNode(item=a_node(rng, depth - 1), nullable=nullable)
    if kind < 0.85:
        fields = tuple(Member(name, a_node(rng, depth - 1), rng.random() < 0.6) for name in "abcd"[: rng.randrange(5)])
        extra = rng.choice([None, AnyNode()])
        return ObjectNode(fields=fields, extra=extra, nullable=nullable)
    return rng.choice([StringNode(nullable=nullable), IntegerNode(nullable=nullable)])


def a_value(rng: random.Random, node: Node, strangers: list[str]) -> Any:
    """A random value of a tree. strangers: gets each key that the tree does not declare."""
    if node.nullable and rng.random() < 0.3:
        return None
    if isinstance(node, ListNode):
        return [a_value(rng, node.item, strangers) for _ in range(rng.randrange(4))]
    if isinstance(node, ObjectNode):
        value = {
            field.name: a_value(rng, field.node, strangers)
            for field in node.fields
            if field.required or rng.random() < 0.5
        }
        if node.extra is not None and rng.random() < 0.3:
            strangers.append("z")
            value["z"] = rng.choice([1, {"y": [1.5]}])
        return value
    return "" if isinstance(node, StringNode) else 1


@pytest.mark.parametrize("seed", range(300))
def test_every_key_is_declared_and_counted_or_found_to_be_none_of_the_tree(seed: int) -> None:
    rng = random.Random(seed)
    node = a_node(rng, 4)
    count = declared_counter(node)
    assert count is not None
    structure = Structure(Schema(root=node))
    for _ in range(10):
        strangers: list[str] = []
        value = a_value(rng, node, strangers)
        assert structure.accept(value)[1] == []
        assert count(value) == (None if strangers else keys_in(value)), value
