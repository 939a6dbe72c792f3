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
        (
            {"by": "n"},
            [{"n": 1}, {}],
            'The members "n" must be all numbers or all texts, so that they have an order; '
            "that of item 1 (null) is neither.",
            UNSET,
        ),
        (
            {},
            [[1], True, 3],
            "The items must be all numbers or all texts, so that they have an order; "
            "items 0 ([1]), 1 (true) are neither.",
            UNSET,
        ),
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


def test_only_what_has_no_order_is_to_blame():
    assert in_order(by="n").run([{"n": 1}, {}, {"n": None}, 4, {"n": 0}]).blame == [(1, "n"), (2, "n"), (3,)]
    assert in_order().run([1, None]).blame == [(1,)]
    assert in_order().run([1, "a"]).blame == []
    assert in_order().run([None] * 12).message.endswith("9 (null) and 2 more are neither.")


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (["9%", "10%", "10.50 %"], None),
        (["10%", "9%"], ["9%", "10%"]),
        (["10", "9"], None),
        (["10", "9%"], None),
        (["2024-05-31T11:00:00+02:00", "2024-05-31T10:00:00Z"], None),
        (["2024-05-31T10:00:00Z", "2024-05-31T11:00:00+02:00"], ["2024-05-31T11:00:00+02:00", "2024-05-31T10:00:00Z"]),
        (["2024-05-31", "2024-10-01"], None),
        ([2**53 + 1, 2.0**53], [2.0**53, 2**53 + 1]),
    ],
)
def test_percentages_are_numbers_timestamps_are_instants_and_other_texts_go_by_code_point(value, fix):
    result = in_order().run(value)
    assert (result and result.fix) == fix


def test_a_member_that_lies_deeper_is_followed():
    rule = in_order(by="price.amount")
    assert rule.run([{"price": {"amount": 1}}, {"price": {"amount": 2}}]) is None
    assert rule.run([{"price": {"amount": 1}}, {"price": {}}, {"price": 1}]).blame == [
        (1, "price", "amount"),
        (2, "price"),
    ]


def test_equal_items_keep_their_order_in_the_fix():
    value = [{"n": 1, "a": 0}, {"n": 2, "a": 1}, {"n": 1, "a": 2}, {"n": 2, "a": 3}]
    assert [item["a"] for item in in_order(by="n").run(value).fix] == [0, 2, 1, 3]
    assert [item["a"] for item in in_order("descending", "n").run(value).fix] == [1, 3, 0, 2]


def test_an_unknown_order_is_refused():
    with pytest.raises(SpecError):
        in_order("upwards")


def test_it_reads_as_words_for_a_model():
    assert in_order().describe() == "in ascending order"
