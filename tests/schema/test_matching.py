"""Unions with like options, one inside the other: matched as pydantic-core does, in time linear in the value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from railguard import Guard
from railguard.schema import (
    AnyNode,
    BooleanNode,
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    Node,
    NullNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.compile import core_validator
from railguard.schema.matching import MOST_FORKS, Matcher, deep_unions
from railguard_validators.length import length
from railguard_validators.valid_choices import valid_choices

leaves = st.sampled_from(
    [
        AnyNode(),
        NullNode(),
        BooleanNode(nullable=True),
        IntegerNode(minimum=1),
        FloatNode(exclusive_maximum=2),
        StringNode(max_length=1),
        StringNode(pattern="^a"),
        StringNode(rules=(length(1, 2), valid_choices(["a", "ab"]))),
        EnumNode(values=("a", "b")),
        EnumNode(values=(1, "a")),
        RefNode(name="R"),
        RefNode(name="R", nullable=True),
    ]
)
nodes: st.SearchStrategy[Node] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda item: ListNode(item=item, max_items=2), inner),
        st.builds(
            lambda a, b, extra: ObjectNode(fields=(Field("a", a), Field("b", b, False)), extra=extra),
            inner,
            inner,
            st.none() | inner,
        ),
        st.builds(lambda one, other: UnionNode(options=(one, other)), inner, inner),
        st.builds(
            lambda a: ChoiceNode(
                discriminator="k",
                cases=(ChoiceCase("a", ObjectNode(fields=(Field("a", a),))), ChoiceCase("b", ObjectNode())),
            ),
            inner,
        ),
    ),
    max_leaves=5,
)
values = st.recursive(
    st.none() | st.integers(-1, 3) | st.sampled_from(["", "a", "ab", "b", 0.5, 2.5, True]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abk"), inner, max_size=3),
    max_leaves=6,
)
ITEMS = ListNode(item=IntegerNode())


@settings(deadline=None)
@given(
    nodes,
    st.sampled_from([ITEMS, IntegerNode(), ObjectNode()]),
    st.lists(values, min_size=1, max_size=6),
    st.booleans(),
)
def test_a_match_is_what_pydantic_core_says(node: Node, named: Node, samples: list[Any], bounds: bool) -> None:
    schema = Schema(root=node, definitions={"R": named})
    matcher, core = Matcher(schema, bounds=bounds), core_validator(schema, bounds=bounds)
    for sample in samples:
        try:
            core.validate_json(json.dumps(sample))
            accepted = True
        except ValueError:
            accepted = False
        assert matcher.matches(sample, node) is accepted


def expression(**more: Any) -> dict[str, Any]:
    """Objects of two shapes that nothing tells apart, each holding more of them."""
    below = {"$ref": "#/$defs/e"}
    shapes = [
        {"type": "object", "properties": {"x": below, **extra}, "additionalProperties": False}
        for extra in ({}, {"y": {"type": "integer", **more}})
    ]
    return {"$ref": "#/$defs/e", "$defs": {"e": {"anyOf": shapes}}}


@pytest.mark.parametrize("inside", ["{}", '{"y": 3}', '{"z": 1}', '{"x": 1}'])
def test_a_union_in_itself_takes_linear_time(inside: str) -> None:
    guard = Guard.from_json_schema(expression(maximum=5))
    structure = guard._plan.structure
    for depth in (20, 100):  # work that doubles with each level would never end
        state = json.loads('{"x":' * depth + inside + "}" * depth)
        assert bool(structure.flaws(state)) is ("z" in inside or '"x"' in inside)


def test_bounds_in_a_deep_union_hold() -> None:
    guard = Guard.from_json_schema(expression(maximum=5))
    assert guard.parse('{"x": {"x": {"y": 5}}}').passed
    (failure,) = guard.parse('{"x": {"x": {"y": 6}}}').failures
    assert failure.value is not None


def test_the_flaw_is_one_of_the_whole_union() -> None:
    guard = Guard.from_json_schema(expression())
    (flaw,) = guard._plan.structure.flaws(json.loads('{"x": {"x": {"z": 1}}}'))
    assert (flaw.path, flaw.keyword) == ((), "type")


def test_one_reference_twice_in_each_of_many_levels_takes_linear_time() -> None:
    document: dict[str, Any] = {"$ref": "#/$defs/a40", "$defs": {"a0": {"type": "object", "properties": {"x": {}}}}}
    for level in range(1, 41):
        below = {"$ref": f"#/$defs/a{level - 1}"}
        document["$defs"][f"a{level}"] = {"anyOf": [below, {**below, "description": "again"}]}
    guard = Guard.from_json_schema(document)  # work that doubles with each level would never end
    assert guard.json_schema()["$defs"]
    assert guard._plan.structure.flaws({"x": 1}) == []
    assert len(guard._plan.structure.flaws([])) == 1


def test_what_pydantic_core_can_do_is_left_to_it() -> None:
    node: Node = ListNode(item=IntegerNode())
    unions = []
    for _ in range(MOST_FORKS + 2):
        node = UnionNode(options=(ListNode(item=node), ListNode(item=StringNode())))
        unions.append(node)
    found = deep_unions(Schema(root=node))
    assert [id(union) in found for union in unions] == [False] * MOST_FORKS + [True] * 2
    apart = UnionNode(options=(ListNode(item=RefNode(name="J")), ObjectNode(extra=RefNode(name="J")), IntegerNode()))
    assert deep_unions(Schema(root=RefNode(name="J"), definitions={"J": apart})) == frozenset()
    alike = UnionNode(options=(ListNode(item=RefNode(name="J")), ListNode(item=IntegerNode())))
    assert deep_unions(Schema(root=RefNode(name="J"), definitions={"J": alike})) == {id(alike)}


NESTED = UnionNode(options=(ListNode(item=UnionNode(options=(IntegerNode(), BooleanNode()))), NullNode()))


@pytest.mark.parametrize(
    ("node", "right", "wrong"),
    [
        (StringNode(max_length=1), ["", "a"], [1, "ab", None, []]),
        (IntegerNode(minimum=1), [1, 2**70], [0, True, 1.0, "1"]),
        (FloatNode(exclusive_maximum=2), [1, 1.5, -(2**70)], [2, True, "1", None]),
        (BooleanNode(nullable=True), [True, None], [0, 1, "true"]),
        (NullNode(), [None], [0, False, ""]),
        (AnyNode(), [1, None, {"a": []}], []),
        (EnumNode(values=("a", "b")), ["a"], ["c", 1, None]),
        (ListNode(item=IntegerNode(), max_items=1), [[], [1]], [[1, 2], ["a"], {}, None]),
        (NESTED, [None, [], [1, True]], [["a"], 1]),
        (
            ObjectNode(fields=(Field("a", NullNode()), Field("b", NullNode(), False)), extra=IntegerNode()),
            [{"a": None}, {"a": None, "b": None, "c": 1}],
            [{}, {"a": 1}, {"a": None, "c": "x"}, []],
        ),
        (ObjectNode(fields=(Field("a", NullNode()),)), [{"a": None}], [{"a": None, "b": 1}]),
        (
            ChoiceNode(
                discriminator="k",
                cases=(ChoiceCase("a", ObjectNode(fields=(Field("a", NullNode()),))), ChoiceCase("b", ObjectNode())),
            ),
            [{"k": "a", "a": None}, {"k": "b"}],
            [{"k": "a"}, {"k": "c"}, {"a": None}, 1, {"k": "b", "a": None}],
        ),
        (RefNode(name="R"), [[1]], [["a"], None]),
        (RefNode(name="R", nullable=True), [None, []], ["a"]),
    ],
)
def test_what_matches_a_node(node: Node, right: list[Any], wrong: list[Any]) -> None:
    schema = Schema(root=node, definitions={"R": ITEMS})
    matcher, core = Matcher(schema, bounds=True), core_validator(schema, bounds=True)
    for value in right:
        assert matcher.matches(value, node), value
        core.validate_json(json.dumps(value))
    for value in wrong:
        assert not matcher.matches(value, node), value
        with pytest.raises(ValueError, match="validation error"):
            core.validate_json(json.dumps(value))
