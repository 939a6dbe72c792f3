"""What the same keywords say in the drafts of JSON Schema."""

from __future__ import annotations

import json

import pytest

from railguard import Guard, SpecError

DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"


def test_beside_a_reference_nothing_counts_in_draft_7_and_all_does_in_2020_12() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/definitions/s", "maxLength": 1, "description": "a name"}},
        "definitions": {"s": {"type": "string"}},
    }
    old = Guard.from_json_schema({"$schema": DRAFT_7, **schema})
    new = Guard.from_json_schema({"$schema": DRAFT_2020, **schema})
    assert old.parse('{"a": "long"}').passed
    assert not new.parse('{"a": "long"}').passed
    assert "a name" in json.dumps(old.json_schema())


def test_where_nothing_says_the_draft_what_is_beside_a_reference_is_refused_and_not_guessed() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/definitions/s", "maxLength": 1}},
        "definitions": {"s": {"type": "string"}},
    }
    with pytest.raises(SpecError, match=r"at #/properties/a: maxLength beside \$ref counts in draft 2019-09") as caught:
        Guard.from_json_schema(schema)
    assert "$schema" in (caught.value.problems[0].hint or "")
    schema["$defs"] = {}  # a keyword of the newer drafts
    assert not Guard.from_json_schema(schema).parse('{"a": "long"}').passed


def test_a_reference_to_a_place_of_an_older_spelling_leads_there() -> None:
    schema = {
        "$schema": DRAFT_7,
        "type": "object",
        "properties": {
            "pair": {"type": "array", "items": [{"type": "integer"}], "additionalItems": {"type": "string"}},
            "first": {"$ref": "#/properties/pair/items/0"},
            "more": {"$ref": "#/properties/pair/additionalItems"},
        },
    }
    guard = Guard.from_json_schema(schema, repair="none")
    assert guard.parse('{"pair": [1, "a"], "first": 2, "more": "b"}').passed
    assert {f.path for f in guard.parse('{"first": "a", "more": 1}').failures} == {("first",), ("more",)}
