"""A value by a JSON Schema: the public check, and the rule for the keywords that the tree does not hold."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest

from railguard import SpecError, json_schema_check
from railguard.sources.json_schema import schema_from_json_schema
from railguard.sources.remaining_keywords import NO_NUMBER


def test_multiples_are_those_of_the_number_that_is_written() -> None:
    check = json_schema_check({"multipleOf": 0.1})
    assert [check(value) is None for value in (0.3, 1, 1e308, 0.35, True)] == [True, True, True, False, True]


def test_the_check_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("railguard.sources.remaining_keywords.available", lambda: False)
    with pytest.raises(SpecError, match="needs the jsonschema package") as caught:
        json_schema_check({})
    assert caught.value.problems[0].hint == "pip install 'railguard[jsonschema]'"


@pytest.mark.parametrize("schema", [True, False])
def test_the_check_takes_a_boolean_schema(schema: bool) -> None:
    assert (json_schema_check(schema)(1) is None) is schema


@pytest.mark.parametrize(
    ("value", "is_number"),
    [
        (1.5, True),
        ({"a": [1, {"b": 2.5}], "c": "x", "d": None}, True),
        (10**4000, True),
        (math.nan, False),
        (-math.inf, False),
        (10**5000, False),
        ([1, [-(10**5000)]], False),
        ({"a": {"b": [math.inf]}}, False),
    ],
    ids=list("abcdefgh"),  # an id of a very large number cannot be made
)
def test_a_number_that_json_cannot_carry_fails_wherever_it_is(value: Any, is_number: bool) -> None:
    found = json_schema_check(True)(value)
    assert (found is None) is is_number
    assert found is None or found.message == NO_NUMBER


def test_the_rule_for_other_keywords_says_the_same_in_another_process() -> None:
    [rule] = schema_from_json_schema({"$defs": {"a": {"const": 1}}, "not": {"$ref": "#/$defs/a"}}).root.rules
    before = rule.run(1)
    again = pickle.loads(pickle.dumps(rule.run))
    assert before is not None
    assert again(1) == before
    assert again(2) is None
