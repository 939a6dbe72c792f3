"""The defaults of a JSON Schema are checked when it is loaded; those of a pydantic model are pydantic's."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from railguard import Guard


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"type": "integer", "default": "x"}, "/default"),
        ({"properties": {"a": {"type": "string", "minLength": 4, "default": "bad"}}}, "/properties/a/default"),
        ({"properties": {"a": {"type": "string", "default": None}}}, "/properties/a/default"),
        ({"properties": {"a": {"enum": [1, 2], "default": True}}}, "/properties/a/default"),
        ({"properties": {"a": {"not": {"const": 1}, "default": 1}}}, "/properties/a/default"),
        (
            {"properties": {"a/b": {"type": "array", "items": {"type": "null"}, "default": [0]}}},
            "/properties/a~1b/default",
        ),
        (
            {"properties": {"a": {"$ref": "#/$defs/A", "default": 5}}, "$defs": {"A": {"type": "string"}}},
            "/properties/a/default",
        ),
        (
            {"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"type": "string", "default": 3}}},
            "/$defs/A/default",
        ),
        ({"items": {"properties": {"b": {"type": "boolean", "default": "no"}}}}, "/items/properties/b/default"),
    ],
)
def test_a_default_that_its_own_schema_refuses_is_a_warning_with_its_pointer(schema: Any, pointer: str) -> None:
    (warning,) = [one for one in Guard.from_json_schema(schema).warnings if one.code == "json-schema-default"]
    assert warning.severity == "warning"
    assert f"at #{pointer}: " in warning.message


def test_all_wrong_defaults_are_reported_together() -> None:
    wrong = {name: {"type": "integer", "default": name} for name in "abc"}
    guard = Guard.from_json_schema({"type": "object", "properties": wrong})
    assert [one.code for one in guard.warnings] == ["json-schema-default"] * 3


def test_a_wrong_default_is_in_no_output_and_the_right_ones_are() -> None:
    below = {"type": "object", "properties": {"c": {"type": "integer", "default": "x"}, "d": {"default": 1}}}
    properties = {"a": {"type": "integer", "default": "x"}, "b": {"type": "integer", "default": 2}, "e": below}
    guard = Guard.from_json_schema({"type": "object", "properties": properties})
    assert guard.parse('{"e": {}}').output == {"b": 2, "e": {"d": 1}}


def test_defaults_that_their_schemas_accept_load() -> None:
    guard = Guard.from_json_schema(
        {
            "type": "object",
            "properties": {
                "a": {"type": ["string", "null"], "default": None},
                "b": {"default": {"any": "thing"}},
                "c": {"type": "number", "default": 1},
                "d": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
                "e": {"type": "integer", "default": 2.0},
            },
        }
    )
    output = guard.parse("{}").output
    assert output == {"a": None, "b": {"any": "thing"}, "c": 1, "d": None, "e": 2}
    assert type(output["e"]) is int


def test_the_defaults_of_a_model_are_pydantics_own_business() -> None:
    class Bill(BaseModel):
        total: int = "unknown"  # type: ignore[assignment] # pydantic does not check it either

    outcome = Guard.from_pydantic(Bill).parse("{}")
    assert outcome.output.total == "unknown"
