"""Answers under a lowered schema, lifted back to what the tree describes."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from railguard import Guard, SpecError
from railguard.schema import (
    AnyNode,
    ChoiceCase,
    ChoiceNode,
    Field,
    FloatNode,
    IntegerNode,
    ListNode,
    ObjectNode,
    RefNode,
    Schema,
    StringNode,
    UnionNode,
)
from railguard.schema.targets import DIALECTS
from railguard.schema.to_json_schema import request_schema


def sent(node, target="openai-strict", **definitions):
    return request_schema(Schema(root=node, definitions=definitions), target)


def member(node, target):
    return sent(ObjectNode(fields=(Field("a", node),)), target).schema["properties"]["a"]


MAP = ObjectNode(extra=IntegerNode(), min_properties=1)


def test_a_map_is_a_list_of_pairs_where_objects_are_closed():
    assert member(MAP, "openai-strict") == {
        "type": "array",
        "description": "a map: one item for each key",
        "items": {
            "type": "object",
            "properties": {"key": {"type": "string"}, "value": {"type": "integer"}},
            "required": ["key", "value"],
            "additionalProperties": False,
        },
        "minItems": 1,
    }
    assert member(MAP, "gemini")["additionalProperties"] == {"type": "integer"}


def test_further_keys_beside_members_stand_in_a_member_that_has_no_other_meaning():
    node = ObjectNode(fields=(Field("a", StringNode()), Field("further_keys", StringNode())), extra=MAP)
    lift = sent(node).lift
    answer = {
        "a": "x",
        "further_keys": "mine",
        "further_keys_": [{"key": "b", "value": [{"key": "c", "value": 1}]}, {"key": "further_keys_", "value": []}],
    }
    assert json.loads(lift(json.dumps(answer))) == {
        "a": "x",
        "further_keys": "mine",
        "b": {"c": 1},
        "further_keys_": {},
    }


@pytest.mark.parametrize("further", [None, []])
def test_no_further_keys_are_none(further):
    node = ObjectNode(fields=(Field("a", StringNode()),), extra=IntegerNode())
    assert sent(node).lift(json.dumps({"a": "x", "further_keys": further})) == '{"a": "x"}'


def test_a_key_that_stands_in_two_pairs_stays_doubled_for_the_reader():
    pairs = [{"key": "a", "value": 1}, {"key": "a", "value": 2}]
    assert sent(MAP).lift(json.dumps({"value": pairs})) == '{"a": 1, "a": 2}'


@pytest.mark.parametrize(
    "text",
    ["1e400", "NaN", "0.10", "-0", "12345678901234567890.5", '"\\ud800"', '"ä"', "true", "null", '{"b": 1, "b": 2}'],
)
def test_what_a_value_says_is_not_changed_by_its_wrapper(text):
    assert sent(FloatNode()).lift(f'{{"value": {text}}}') == text


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (MAP, "no JSON"),
        (MAP, '{"value": 1, "more": 2}'),
        (MAP, "[1]"),
        (ListNode(item=MAP), "[" * 2000 + "]" * 2000),
        (ObjectNode(fields=(Field("m", MAP),)), '{"m": {"a": 1}}'),
        (ObjectNode(fields=(Field("m", MAP),)), '{"m": [{"key": 1, "value": 2}]}'),
        (ObjectNode(fields=(Field("m", MAP),)), '{"m": [{"key": "a"}]}'),
        (ObjectNode(fields=(Field("m", MAP),)), '{"m": [3]}'),
    ],
)
def test_an_answer_of_another_form_is_left_to_the_reader(node, text):
    assert sent(node).lift(text) == text


def test_the_wrapper_of_an_answer_that_was_cut_off_is_taken_off():
    assert sent(ListNode(item=StringNode())).lift(' { "value" : ["a", "b') == '["a", "b'


def test_maps_are_lifted_below_references_and_unions():
    tree = ObjectNode(extra=RefNode(name="Tree"))
    answer = {"value": [{"key": "a", "value": [{"key": "b", "value": []}]}]}
    assert sent(RefNode(name="Tree"), Tree=tree).lift(json.dumps(answer)) == '{"a": {"b": {}}}'
    either = UnionNode(options=(StringNode(), ObjectNode(fields=(Field("m", MAP),))), nullable=True)
    lift = sent(either).lift
    assert lift('{"value": "a"}') == '"a"'
    assert lift('{"value": null}') == "null"
    assert json.loads(lift('{"value": {"m": [{"key": "a", "value": 1}]}}')) == {"m": {"a": 1}}
    named = UnionNode(options=(StringNode(), RefNode(name="Tree")))
    lift = sent(ObjectNode(fields=(Field("u", named),)), Tree=MAP).lift
    assert lift('{"u": [{"key": "a", "value": 1}]}') == '{"u": {"a": 1}}'
    assert lift('{"u": "a"}') == '{"u": "a"}'


def test_maps_are_lifted_below_lists_and_choices():
    cases = (
        ChoiceCase("m", ObjectNode(fields=(Field("m", MAP),))),
        ChoiceCase("n", ObjectNode(fields=(Field("n", IntegerNode()),))),
    )
    choice = ChoiceNode(discriminator="k", cases=cases)
    lift = sent(ObjectNode(fields=(Field("l", ListNode(item=MAP)), Field("c", ListNode(item=choice))))).lift
    answer = {
        "l": [[{"key": "a", "value": 1}], [{"key": "b", "value": 2}]],
        "c": [{"k": "m", "m": [{"key": "a", "value": 1}]}, {"k": "n", "n": 1}, {"k": "z", "m": []}, "x"],
    }
    assert json.loads(lift(json.dumps(answer))) == {
        "l": [{"a": 1}, {"b": 2}],
        "c": [{"k": "m", "m": {"a": 1}}, {"k": "n", "n": 1}, {"k": "z", "m": []}, "x"],
    }
    either = UnionNode(options=(choice, ListNode(item=StringNode())))
    lift = sent(ObjectNode(fields=(Field("u", either),))).lift
    assert lift('{"u": {"k": "m", "m": [{"key": "a", "value": 1}]}}') == '{"u": {"k": "m", "m": {"a": 1}}}'
    with pytest.raises(SpecError, match="a map or something else that is written alike"):
        sent(ObjectNode(fields=(Field("u", UnionNode(options=(choice, ObjectNode()))),)))


def test_an_option_that_leads_back_to_itself_without_a_map_is_left_as_it_is():
    loop = ObjectNode(fields=(Field("a", RefNode(name="Loop"), False), Field("b", RefNode(name="Loop"), False)))
    either = UnionNode(options=(RefNode(name="Loop"), MAP))
    lift = sent(ObjectNode(fields=(Field("u", either),)), Loop=loop).lift
    assert lift('{"u": {"a": {"b": null}}}') == '{"u": {"a": {"b": null}}}'
    assert lift('{"u": [{"key": "a", "value": 1}]}') == '{"u": {"a": 1}}'


def test_an_answer_that_is_nested_too_deep_to_be_lifted_is_left_to_the_reader():
    tree = ObjectNode(extra=RefNode(name="Tree"))
    lift = sent(RefNode(name="Tree"), Tree=tree).lift
    for depth in (150, 300, 600, 5000):
        inner = '[{"key": "a", "value": ' * depth + "[]" + "}]" * depth
        found = lift(f'{{"value": {inner}}}')
        assert found in ('{"a": ' * depth + "{}" + "}" * depth, inner + "}")


def test_a_target_with_everything_lifts_nothing():
    assert sent(MAP, "draft2020-12").lift('{"value": 1}') == '{"value": 1}'


# What is narrowed for decoding.


@pytest.mark.parametrize("name", DIALECTS["llguidance"].narrow)
@settings(deadline=None)  # the first value is read by a guard that is made for it
@given(data=st.data())
def test_what_a_narrowed_format_lets_through_is_valid(name, data):
    schema = {"type": "object", "properties": {"a": {"type": "string", "format": name}}, "required": ["a"]}
    guard = Guard.from_json_schema(schema)
    pattern = DIALECTS["llguidance"].narrow[name]
    value = data.draw(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)).removesuffix("\n")
    assert guard.parse(json.dumps({"a": value})).passed


def test_what_is_narrowed_is_on_record_and_what_the_author_said_stays():
    node = ObjectNode(
        fields=(
            Field("free", FloatNode()),
            Field("low", IntegerNode(maximum=-(10**19))),
            Field("high", IntegerNode(exclusive_minimum=10**19)),
            Field("both", IntegerNode(minimum=0, maximum=9)),
            Field("mail", StringNode(format="email")),
            Field("own", StringNode(format="email", pattern="^a@b\\.org$")),
            Field("when", StringNode(format="date-time")),
        )
    )
    request = sent(node, "llguidance")
    found = request.schema["properties"]
    assert (found["free"]["minimum"], found["free"]["maximum"]) == (-1e15, 1e15)
    assert found["low"]["minimum"] < found["low"]["maximum"] == -(10**19)
    assert found["high"]["maximum"] > found["high"]["exclusiveMinimum"] == 10**19
    assert found["both"] == {"type": "integer", "minimum": 0, "maximum": 9}
    assert found["mail"]["description"] == "format: email"
    assert found["own"] == {"type": "string", "description": "format: email", "pattern": "^a@b\\.org$"}
    assert request.narrowed == (
        *(("$.free", "minimum"), ("$.free", "maximum"), ("$.low", "minimum"), ("$.high", "maximum")),
        *(("$.mail", "format email"), ("$.when", "format date-time")),
    )


def test_any_value_has_numbers_that_can_be_read():
    request = sent(ObjectNode(fields=(Field("a", AnyNode()),), extra=AnyNode()), "llguidance")
    Draft202012Validator.check_schema(request.schema)
    valid = Draft202012Validator(request.schema).is_valid
    assert valid({"a": [1, "x", None, {"b": [True]}], "c": 1e15})
    assert not valid({"a": [{"b": 1e16}]})
    assert request.narrowed == (("$.a", "numbers"), ("$.*", "numbers"))


@pytest.mark.parametrize(
    ("pattern", "target", "known"),
    [
        ("^[a-z]{1,9}$", "llamacpp", True),
        ("^ab+$", "llamacpp", True),
        ("a", "llamacpp", False),
        ("^a|b$", "llamacpp", False),
        (r"^\d$", "llamacpp", False),
        ("^a.b$", "llamacpp", False),
        (r"\d+", "llguidance", True),
        (r"a|(b)", "llguidance", True),
        (r"\bword\b", "llguidance", False),
        ("a(?=b)", "llguidance", False),
        (r"(a)\1", "llguidance", False),
    ],
)
def test_a_pattern_that_a_grammar_reads_otherwise_is_told_in_words(pattern, target, known):
    body = member(StringNode(pattern=pattern), target)
    assert ("pattern" in body) is known
    assert known or body["description"] == f"pattern: {pattern}"


def test_llama_cpp_bounds_whole_numbers_only():
    assert member(IntegerNode(minimum=1), "llamacpp") == {"type": "integer", "minimum": 1}
    assert member(FloatNode(minimum=1), "llamacpp") == {"type": "number", "description": "minimum: 1"}
    assert member(StringNode(max_length=2001), "llamacpp") == {"type": "string", "description": "maxLength: 2001"}
