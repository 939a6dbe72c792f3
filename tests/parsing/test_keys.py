"""A key with a slip of the pen is taken for the missing member it was meant to be, where a choice may be made."""

from __future__ import annotations

import json

import pytest

from railguard import Guard
from railguard.parsing.coerce.key_spelling import slipped_key

SCHEMA = {
    "type": "object",
    "properties": {"issuer": {"type": "string"}, "received": {"type": "integer"}},
    "required": ["issuer", "received"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("isuer", "issuer"),
        ("isssuer", "issuer"),
        ("recieved", "received"),
        ("Recieved", "received"),
        ("adress_line", "address_line"),
        ("feess", "fees"),
    ],
)
def test_a_letter_doubled_or_not_and_neighbours_swapped_are_slips(key, name):
    assert slipped_key(key, [name, "other"]) == name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("county", "country"),
        ("line1", "line2"),
        ("line12", "line21"),
        ("min_items", "max_items"),
        ("feee", "fee"),
        ("form", "from"),
        ("price", "prices"),
        ("amout", "amount"),
        ("item11", "item1"),
        ("", "issuer"),
    ],
)
def test_other_near_misses_are_other_words(key, name):
    assert slipped_key(key, [name]) is None


def test_of_two_that_it_could_be_it_is_neither():
    assert slipped_key("issuer", ["isuer", "isssuer"]) is None


def test_it_is_a_judgement_and_on_record():
    text = '{"isuer": "Harbour", "recieved": 3}'
    outcome = Guard.from_json_schema(SCHEMA, repair="judgement").parse(text)
    assert outcome.output == {"issuer": "Harbour", "received": 3}
    assert [(one.rule, one.kind, one.before, one.after) for one in outcome.repairs] == [
        ("misspelled-key", "judgement", "isuer", "issuer"),
        ("misspelled-key", "judgement", "recieved", "received"),
    ]
    outcome = Guard.from_json_schema(SCHEMA).parse(text)
    # No key of it is known, so it is no answer and nothing is removed from it.
    assert {"$.issuer", "$.received"} <= {str(failure.path) for failure in outcome.failures}
    assert not outcome.repairs


def test_two_keys_for_one_member_are_no_choice():
    outcome = Guard.from_json_schema(SCHEMA, repair="judgement").parse('{"isuer": "a", "isssuer": "b", "received": 1}')
    assert not outcome.passed


@pytest.mark.parametrize("policy", ["syntax", "lossless", "judgement"])
@pytest.mark.parametrize("other", ["People", "PEOPLE", "_people", "peo ple"])
def test_a_member_that_is_given_twice_with_two_values_is_refused_however_it_is_spelled(policy, other):
    guard = Guard.from_json_schema(
        {
            "type": "object",
            "properties": {"people": {"type": "array", "items": {"type": "string"}}, "n": {"type": "integer"}},
            "required": ["people"],
            "additionalProperties": False,
        },
        repair=policy,
    )
    for members in (
        {"people": ["Ann"], other: ["Bob"]},
        {other: [], "people": ["Ann"]},
        {"people": [], other: None, "n": 1},
    ):
        outcome = guard.parse(json.dumps(members))
        assert [failure.path for failure in outcome.failures] == [(other,)], outcome.output
    same = guard.parse(json.dumps({"people": ["Ann"], other: ["Ann"]}))
    assert same.passed is (policy != "syntax")
