"""When two JSON values are equal, and when they are the same data."""

from __future__ import annotations

from typing import Any

import pytest

from railguard.values import identical, json_equal, json_key


@pytest.mark.parametrize(
    ("one", "other", "equal", "same"),
    [
        (1, 1, True, True),
        (1, 1.0, True, False),
        (True, 1, False, False),
        (False, 0.0, False, False),
        (True, True, True, True),
        (None, False, False, False),
        ("1", 1, False, False),
        ([1, [2]], [1.0, [2]], True, False),
        ([1], [1, 1], False, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True, True),
        ({"a": 1}, {"a": True}, False, False),
        ({"a": 1}, {"b": 1}, False, False),
        ({}, [], False, False),
        (10**20, 1e20, True, False),
        (2**53 + 1, float(2**53), False, False),
        (float("nan"), float("nan"), False, True),
        ([float("nan")], [float("nan")], False, True),
        ({"a": [1, {"b": float("nan")}]}, {"a": [1, {"b": float("nan")}]}, False, True),
        (float("inf"), float("inf"), True, True),
        (float("inf"), -float("inf"), False, False),
        ([float("inf")], [float("inf")], True, True),
        ([0.5], [0.5], True, True),
        ([0.5], ["f0.5;"], False, False),
        ({"a": None}, {"a": False}, False, False),
        ({"a": [True, None]}, {"a": [True, None]}, True, True),
        ([2**60, -(2**60)], [float(2**60), -float(2**60)], True, False),
        (-(2**70), -float(2**70), True, False),
    ],
)
def test_equality_of_json_and_sameness_of_data(one: Any, other: Any, equal: bool, same: bool) -> None:
    assert json_equal(one, other) is equal
    assert json_equal(other, one) is equal
    assert (json_key(one) == json_key(other)) is equal
    assert identical(one, other) is same
    assert identical(other, one) is same


def test_equality_of_deep_values_costs_no_stack() -> None:
    one: Any = []
    other: Any = []
    for _ in range(20_000):
        one, other = [one], {"a": other}
    assert json_equal(one, one)
    assert identical(other, other)
    assert not json_equal(one, other)
    assert not identical(one, [one])


EQUAL = [(1, 1.0), ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}), ([], []), (2**70, float(2**70)), (0.0, -0.0), (None, None)]
OTHER = [(1, True), (0, False), ("1", 1), (None, False), ([1], [True]), ({}, []), (2**70, 2**70 + 1), ([1, 2], [2, 1])]
OTHER += [
    ("", None),
    (["1:a"], ["a"]),
    ([[1], 2], [[1, 2]]),
    ({"a": [1]}, {"a": 1}),
    ({"a": {"b": 1}}, {"a": {}, "b": 1}),
]


@pytest.mark.parametrize(("one", "two"), EQUAL)
def test_json_equality(one: Any, two: Any) -> None:
    assert json_key(one) == json_key(two)
    assert json_key([one]) == json_key([two])
    hash(json_key(one))


@pytest.mark.parametrize(("one", "two"), OTHER)
def test_json_inequality(one: Any, two: Any) -> None:
    assert json_key(one) != json_key(two)
    assert json_key([one]) != json_key([two])
    assert json_key({"k": one}) != json_key({"k": two})
