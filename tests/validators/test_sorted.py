"""sorted: a list in order."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.sorted import sorted as in_order


def test_it_keeps_the_laws():
    check_validator(
        in_order,
        passing=[[], [1, 1.5, 2], ["a", "b"], [-1.5, 10**400]],
        failing=[[2, 1], ["b", "a"], [1, "a"], [True]],
    )
    check_validator(
        in_order(order="descending", by="n"),
        passing=[[], [{"n": 2}, {"n": 1}], [{"n": "b"}, {"n": "a"}]],
        failing=[[{"n": 1}, {"n": 2}], [{}], [1], [{"n": None}]],
    )


@pytest.mark.parametrize(
    ("arguments", "value", "message", "fix"),
    [
        ({}, [3, 1, 2], "The items must be in ascending order; item 1 (1) comes after item 0 (3).", [1, 2, 3]),
        (
            {"order": "descending"},
            ["a", "b"],
            'The items must be in descending order; item 1 ("b") comes after item 0 ("a").',
            ["b", "a"],
        ),
        ({}, [1, "a"], "The items must be all numbers or all texts, so that they have an order.", UNSET),
        ({"by": "n"}, [{"n": 1}, {}], 'Item 1 has no member "n" to be in order by.', UNSET),
        (
            {"by": "n"},
            [{"n": 1}, {"n": "x"}],
            'The members "n" must be all numbers or all texts, so that they have an order.',
            UNSET,
        ),
    ],
)
def test_the_first_item_out_of_order_is_named_and_the_order_is_the_fix(arguments, value, message, fix):
    result = in_order(**arguments).run(value)
    assert (result.message, result.fix) == (message, fix)


def test_equal_items_keep_their_order_in_the_fix():
    value = [{"n": 1, "a": 0}, {"n": 2, "a": 1}, {"n": 1, "a": 2}, {"n": 2, "a": 3}]
    assert [item["a"] for item in in_order(by="n").run(value).fix] == [0, 2, 1, 3]
    assert [item["a"] for item in in_order("descending", "n").run(value).fix] == [1, 3, 0, 2]


def test_an_unknown_order_is_refused():
    with pytest.raises(SpecError):
        in_order("upwards")


def test_it_reads_as_words_for_a_model():
    assert in_order().describe() == "in ascending order"
