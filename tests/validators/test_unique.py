"""unique: a list without repeated items."""

from __future__ import annotations

import pytest

from railguard.testing.growth import steep_growth
from railguard.testing.laws import check_validator
from railguard_validators.unique import unique


def test_it_keeps_the_laws():
    check_validator(
        unique,
        passing=[[], ["a", "b"], [1, True, "1", None], [[1], [True]], [{"a": 1}, {"a": 2}]],
        failing=[["a", "a"], [1, 1.0], [{"a": 1, "b": [2]}, {"b": [2.0], "a": 1}], [2**70, float(2**70)], [None, None]],
    )


def test_the_items_that_repeat_one_are_named_and_to_blame_and_left_out_by_the_fix():
    result = unique().run(["a", 2, "a", 2.0, "b"])
    assert result.message == (
        'Every item must be different; item 2 is the same as item 0 ("a"), item 3 is the same as item 1 (2).'
    )
    assert result.blame == [(2,), (3,)]
    assert result.fix == ["a", 2, "b"]


def test_very_many_repeats_are_counted_not_listed():
    result = unique().run(["a"] * 100)
    assert result.message.endswith("and 89 more are repeated.")
    assert result.fix == ["a"]


def test_a_number_that_does_not_equal_itself_is_no_repeat():
    nan = float("nan")
    assert unique().run([nan, nan, 1]) is None


@pytest.mark.parametrize(
    "item",
    [lambda i: i * (2**61 - 1), lambda i: [i * (2**61 - 1)], lambda i: {"a": float(2**61) ** (i % 16) * (i + 1)}],
)
def test_items_made_to_collide_cost_no_more_than_others(item):
    assert steep_growth(unique().run, lambda n: [item(i) for i in range(n)], largest=20_000) is None


def test_json_schema_says_the_same():
    from jsonschema import Draft202012Validator

    schema = Draft202012Validator(dict(unique().constraint("array")))
    values = [[], [1, True], [1, 1.0], [0, False, None, ""], [[1], [True]], [{"a": 1, "b": 2}, {"b": 2.0, "a": 1}]]
    assert [unique().run(value) is None for value in values] == [schema.is_valid(value) for value in values]
    assert unique().constraint("object") is None


def test_it_reads_as_words_for_a_model():
    assert unique().describe() == "no item twice"
