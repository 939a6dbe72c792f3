"""json-schema: a value that a JSON Schema allows."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.json_schema import json_schema

PERSON = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}, "children": {"items": {"$ref": "#"}}},
    "additionalProperties": False,
}


def test_it_keeps_the_laws():
    check_validator(
        json_schema(PERSON),
        passing=[{"name": "Ada"}, {"name": "Ada", "children": [{"name": "Bo"}]}],
        failing=[{}, [], "x", None, {"name": "ada"}, {"name": "A", "x": 1}, {"name": "A", "children": [{}]}],
    )
    check_validator(
        json_schema({"items": {"anyOf": [{"type": "string"}, {"multipleOf": 0.1}]}, "uniqueItems": True}),
        passing=[[], ["a", 0.3], 7],
        failing=[[1, 1.0], [0.35], [None, None]],
    )
    check_validator(json_schema(PERSON, parse=True), passing=['{"name": "Ada"}'], failing=["", "{}", '{"name": 1}', 5])


@pytest.mark.parametrize(
    ("value", "message", "blame"),
    [
        ({}, "'name' is a required property.", (("name",),)),
        ({"name": "A", "x": 1}, '"x" is not an allowed property.', ()),
        ({"name": "a"}, 'At $.name: "a" does not match the pattern ^[A-Z].', (("name",),)),
        (
            {"name": "A", "children": [{"name": "B"}, {}]},
            "At $.children[1]: 'name' is a required property.",
            (("children", 1, "name"),),
        ),
    ],
)
def test_the_fields_that_are_wrong_are_named_and_blamed(value, message, blame):
    result = json_schema(PERSON).run(value)
    assert (result.message, result.blame, result.fix) == (message, blame, UNSET)


@pytest.mark.parametrize(
    ("value", "message", "spans"),
    [
        ('{"name": "Ada"', "The text is not valid JSON: expecting ',' delimiter at line 1, column 15.", [(14, 14)]),
        ('{"name": "A", "name": "B"}', 'The text is not valid JSON: the name "name" is given twice in one object.', ()),
        ('{"name": NaN}', "The text is not valid JSON: NaN is not a JSON value.", ()),
        ('{"name": ' + "9" * 5000 + "}", "The JSON has an integer of more than 4,300 digits.", ()),
        (["Ada"], 'The value must be a text with JSON in it, not ["Ada"].', ()),
    ],
)
def test_a_text_is_read_strictly(value, message, spans):
    result = json_schema(PERSON, parse=True).run(value)
    assert (result.message, result.spans) == (message, spans)


def test_json_in_a_fence_is_taken_out_if_it_satisfies_the_schema():
    rule = json_schema(PERSON, parse=True)
    assert rule.run('```json\n{"name": "Ada"}\n```').fix == '{"name": "Ada"}'
    assert rule.run("```json\n{}\n```").fix is UNSET


def test_a_text_is_not_parsed_unless_that_is_wanted():
    assert json_schema({"type": "string"}).run("{") is None
    assert json_schema({"type": "object"}).run("{}") is not None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "strin"},
        {"$ref": "https://example.org/schema"},
        {"$ref": "file:///etc/hostname"},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "#"},
        {"pattern": "(a)\\1"},
        {"$dynamicRef": "#x"},
        {"$schema": "http://json-schema.org/draft-03/schema"},
    ],
)
def test_a_schema_that_cannot_be_enforced_is_refused(schema):
    with pytest.raises(SpecError):
        json_schema(schema)


@pytest.mark.parametrize("value", [10**5000, float("nan"), float("inf"), [{"a": -(10**5000)}]], ids=list("abcd"))
def test_numbers_that_json_cannot_carry_fail_whatever_the_schema(value):
    assert json_schema({}).run(value).message == (
        "The value has a number that is not finite, or of more than 4,300 digits."
    )


def test_deep_values_fail():
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    assert json_schema({"items": {"type": "array"}}).run(deep).message == (
        "The value is nested too deeply to be checked. Make it flatter."
    )


def test_a_pattern_takes_linear_time():
    rule = json_schema({"patternProperties": {"^(a+)+$": {"pattern": "^(b+)+$"}}})
    assert rule.run({"a" * 50_000: "b" * 50_000 + "c"}) is not None


def test_it_reads_as_words_for_a_model():
    assert json_schema({"minimum": 1}).describe() == 'satisfies the JSON Schema {"minimum": 1}'
    assert json_schema({}, parse=True).describe() == "JSON text that satisfies the JSON Schema {}"
