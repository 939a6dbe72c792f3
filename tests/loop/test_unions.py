"""What is wrong with a value by the tree alone, where unions hold it: in the option that it names, or as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from railguard import Guard
from railguard.loop.unions import broken, options_of
from railguard.schema import (
    ChoiceCase,
    ChoiceNode,
    EnumNode,
    Field,
    IntegerNode,
    ListNode,
    Node,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.structure import Structure
from railguard.values import Path

SMALL = IntegerNode(maximum=5)


def kind(name: str, **more: Node) -> ObjectNode:
    tag = Field("kind", EnumNode(values=(name,)))
    return ObjectNode(fields=(tag, *(Field(one, node) for one, node in more.items())))


TOLD = UnionNode(
    options=(kind("p", n=SMALL), UnionNode(options=(kind("q", s=StringNode(min_length=2)), RefNode(name="P"))))
)
UNTOLD = UnionNode(options=(SMALL, StringNode(min_length=2)))
CHOICE = ChoiceNode(
    discriminator="kind",
    cases=(ChoiceCase("p", ObjectNode(fields=(Field("n", SMALL),))), ChoiceCase("q", ObjectNode())),
)
SCHEMA = Schema(
    root=ObjectNode(
        fields=(
            Field("told", TOLD, required=False),
            Field("untold", UNTOLD, required=False),
            Field("choice", CHOICE, required=False),
            Field("items", ListNode(item=SMALL, max_items=3), required=False),
            Field("other", ObjectNode(extra=SMALL), required=False),
            Field("maybe", IntegerNode(maximum=5, nullable=True), required=False),
        )
    ),
    definitions={"P": kind("r", n=SMALL)},
)


@pytest.mark.parametrize(
    ("value", "flaws"),
    [
        ({}, {}),
        ({"items": [1, 2]}, {}),
        ({"items": [1, 9]}, {"$.items[1]": "maximum"}),
        ({"items": [1, 9, 1, 8]}, {"$.items": "maxItems", "$.items[1]": "maximum", "$.items[3]": "maximum"}),
        ({"items": [1, "x"]}, {"$.items[1]": "type"}),
        ({"items": 5}, {"$.items": "type"}),
        ({"other": {"a": 9, "b": 1}}, {"$.other.a": "maximum"}),
        ({"maybe": None}, {}),
        ({"maybe": 9}, {"$.maybe": "maximum"}),
        ({"told": {"kind": "p", "n": 1}}, {}),
        ({"told": {"kind": "p", "n": 9}}, {"$.told.n": "maximum"}),
        ({"told": {"kind": "r", "n": 9}}, {"$.told.n": "maximum"}),
        ({"told": {"kind": "q", "s": "a"}}, {"$.told.s": "minLength"}),
        ({"told": {"kind": "p", "n": "x"}}, {"$.told": "type"}),
        ({"told": {"kind": "z"}}, {"$.told": "type"}),
        ({"told": 5}, {"$.told": "type"}),
        ({"untold": 9}, {}),
        ({"untold": []}, {"$.untold": "type"}),
        ({"choice": {"kind": "p", "n": 9}}, {"$.choice.n": "maximum"}),
        ({"choice": {"kind": "q"}}, {}),
        ({"choice": {"kind": "z"}, "items": [9]}, {"$.choice": "discriminator", "$.items[0]": "maximum"}),
        ({"more": 1}, {"$.more": "additionalProperties"}),
    ],
)
def test_what_is_wrong_is_told_in_the_option_that_a_value_names_or_of_the_union_as_a_whole(
    value: Any, flaws: dict[str, str]
) -> None:
    assert {str(flaw.path): flaw.keyword for flaw in broken(Structure(SCHEMA), value)} == flaws


def test_a_union_that_is_the_whole_value_is_told_as_pydantic_tells_it() -> None:
    root = Schema(root=TOLD, definitions=SCHEMA.definitions)
    assert {flaw.path for flaw in broken(Structure(root), {"kind": "p", "n": 9})} == {Path(("n",))}


@pytest.mark.parametrize("wrong", ["x", None, [], {}, True, 1.5])
@pytest.mark.parametrize("bound", [{"type": "integer", "maximum": 5}, {"type": "string", "minLength": 9}])
def test_a_value_of_another_type_inside_of_two_unions_is_asked_for_again(bound: dict[str, Any], wrong: Any) -> None:
    def option(name: str, **more: Any) -> dict[str, Any]:
        members = {"kind": {"const": name}, **more}
        return {"type": "object", "properties": members, "required": [*members], "additionalProperties": False}

    inner = {"anyOf": [option("p", n=bound), option("q", n=bound)]}
    outer = {"anyOf": [option("s", inner=inner), option("t", inner=inner)]}
    guard = Guard.from_json_schema(
        {"type": "object", "properties": {"o": outer, "z": {"type": "integer"}}, "required": ["o", "z"]}, repair="none"
    )
    right = 3 if bound["type"] == "integer" else "long enough"
    first = {"o": {"kind": "s", "inner": {"kind": "p", "n": wrong}}, "z": 1}
    answers = [json.dumps(first)]

    def model(messages: Any, schema: Any) -> str:
        if answers:
            return answers.pop()
        (key,) = schema["properties"]
        whole = {"kind": "s", "inner": {"kind": "p", "n": right}}
        return json.dumps({key: {"o": whole, "o.inner": whole["inner"], "o.inner.n": right}[key]})

    outcome = guard(model, messages=[{"role": "user", "content": "x"}], max_reasks=1)
    assert outcome.output == {"o": {"kind": "s", "inner": {"kind": "p", "n": right}}, "z": 1}


def test_an_option_that_is_written_twice_is_one() -> None:
    told = options_of(SCHEMA, UnionNode(options=(RefNode(name="P"), kind("q", n=SMALL), RefNode(name="P"))))
    assert told is not None
    assert [constant for constant, _ in told.by_constant] == ["r", "q"]
