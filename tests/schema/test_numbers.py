"""Numbers stay what they are: a whole one is never rounded to a float, and bounds of any size are bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from railguard import Guard

BIG = 2**53 + 1


@pytest.mark.parametrize(
    "text", [str(BIG), str(-BIG), "1", "0", "-0", str(10**30), "1.5", "1.0", "1e2", "9007199254740993"]
)
@pytest.mark.parametrize(
    "shape", [{"type": "number"}, {"type": ["number", "null"]}, {"type": "number", "maximum": 10**40}]
)
def test_a_number_is_given_as_it_was_written(text: str, shape: dict[str, Any]) -> None:
    guard = Guard.from_json_schema(
        {"type": "object", "properties": {"n": shape}, "required": ["n"], "additionalProperties": False}
    )
    outcome = guard.parse(f'{{"n": {text}}}')
    assert outcome.passed
    assert outcome.repairs == ()
    given_back, read = outcome.output["n"], json.loads(text)
    assert (type(given_back), given_back) == (type(read), read)
    assert json.dumps(outcome.partial) == json.dumps({"n": read})


@pytest.mark.parametrize("keyword", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"])
@pytest.mark.parametrize("kind", ["integer", "number"])
def test_a_bound_beyond_any_float_is_a_bound(keyword: str, kind: str) -> None:
    guard = Guard.from_json_schema({"type": "array", "items": {"type": kind, keyword: 10**400}})
    assert guard.parse("[5]").passed is (keyword in ("maximum", "exclusiveMaximum"))
    assert guard.parse(f"[{10**400}]").passed is (keyword in ("minimum", "maximum", "multipleOf"))
    assert guard.json_schema()["items"][keyword] == 10**400


@settings(deadline=None)
@given(
    st.integers(-5, 5) | st.floats(-5, 5),
    st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
    st.integers(-5, 5) | st.floats(-5, 5) | st.sampled_from([2**53, 2**53 + 1, 0.5, -0.0]),
)
def test_a_bound_of_a_number_means_the_same_for_whole_ones(value: float, keyword: str, bound: float) -> None:
    holds = {
        "minimum": value >= bound,
        "maximum": value <= bound,
        "exclusiveMinimum": value > bound,
        "exclusiveMaximum": value < bound,
    }[keyword]
    guard = Guard.from_json_schema({"type": "array", "items": {"type": "number", keyword: bound}})
    assert guard.parse(json.dumps([value])).passed is holds


@pytest.mark.parametrize("wrong", ['"5"', "true", "null", "[]"])
def test_what_is_no_number_has_one_flaw(wrong: str) -> None:
    guard = Guard.from_json_schema({"type": "array", "items": {"type": "number"}}, repair="none")
    (failure,) = guard.parse(f"[1, {wrong}]").failures
    assert (failure.path, failure.validator) == ((1,), "type")


def test_an_object_of_many_fields_is_read_as_one_of_few() -> None:
    def guard(count: int) -> Guard:
        fields = {f"f{number}": {"type": "number" if number else "string"} for number in range(count)}
        return Guard.from_json_schema(
            {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
        )

    for count in (199, 200, 201, 600):
        wide = guard(count)
        value = {f"f{number}": number if number else "é" for number in range(count)}
        assert wide.parse(json.dumps(value)).output == value
        assert not wide.parse(json.dumps({**value, "f1": "x"}).replace('"x"', "NaN")).passed
        assert not wide.parse(json.dumps(value)[:-1] + ', "f1": 2}').passed  # a doubled key
        assert not wide.parse(json.dumps(value).replace("é", "\\ud800").replace("\\u00e9", "\\ud800")).passed
        assert [f.path for f in wide.parse(json.dumps({**value, "f1": []})).failures] == [("f1",)]
