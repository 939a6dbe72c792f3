"""Each keyword of JSON Schema: what it takes, what it checks of a value, and how two of it become one."""

from __future__ import annotations

from typing import Any

import pytest

from railguard.validation.vocabulary import KEYWORDS, is_multiple

NAN, INF = float("nan"), float("inf")
CHECKS: list[tuple[str, Any, list[Any], list[Any]]] = [
    ("minLength", 2, ["ab", "éé", "abc"], ["", "a", "😀"]),
    ("maxLength", 1, ["", "😀"], ["ab"]),
    ("pattern", "b+", ["abc"], ["a", "B"]),
    ("minimum", 1, [1, 1.5, 2**70], [0, 0.999]),
    ("maximum", 1.5, [1.5, -(2**70)], [2]),
    ("exclusiveMinimum", 1, [1.001, 2], [1, 1.0]),
    ("exclusiveMaximum", 1, [0.999], [1, 1.0]),
    ("multipleOf", 3, [0, 3, -9, 3.0, 10**400 * 3], [1, 3.5, 10**400]),
    ("multipleOf", 0.1, [0.3, 1, 1e308, 10**4000, 0.7], [0.35, 1e-320]),
    ("multipleOf", 5e-324, [1e308, 5e-324], [NAN, INF, -INF]),
    ("minItems", 1, [[0]], [[]]),
    ("maxItems", 1, [[], [0]], [[0, 0]]),
    ("uniqueItems", True, [[], [1, True, "1"], [[1], [2]]], [[1, 1.0], [{"a": 1, "b": 2}, {"b": 2, "a": 1}]]),
    ("uniqueItems", False, [[1, 1]], []),
    ("minProperties", 1, [{"a": 1}], [{}]),
    ("maxProperties", 1, [{}, {"a": 1}], [{"a": 1, "b": 1}]),
    ("enum", [1, "a", None, [1]], [1, 1.0, "a", None, [1.0]], [True, "1", 0, {}]),
]


@pytest.mark.parametrize(("name", "bound", "right", "wrong"), CHECKS)
def test_a_keyword_checks_values_as_json_schema_says(name: str, bound: Any, right: Any, wrong: Any) -> None:
    make = KEYWORDS[name].check
    assert make is not None
    check = make(bound)
    assert [check(value) for value in right] == [True] * len(right)
    assert [check(value) for value in wrong] == [False] * len(wrong)


def test_every_check_is_in_the_table() -> None:
    assert {row.name for row in KEYWORDS.values() if row.check is not None} == {name for name, *_ in CHECKS}


def test_numbers_of_any_size_are_multiples_of_what_divides_them() -> None:
    assert is_multiple(10**6000, 0.5)
    assert not is_multiple(10**6000 + 1, 3.5)
    assert is_multiple(0.30000000000000004, 0.00000000000000004)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("type", ["string", ["null", "integer"]], ["text", [], ["string", 1], 1, None, {}]),
        ("enum", [[None], [[{"a": [1.5]}]]], [[], "a", [NAN], [{1: 2}], [{"a": [INF]}], [(1,)], [b""]]),
        ("const", [None, {"a": {"b": [True]}}], [{"a": {1: 2}}, object(), {1}, NAN]),
        ("minLength", [0, 3, 3.0], [-1, 1.5, True, "1", None, NAN, INF]),
        ("minimum", [0, -1.5, 10**400], [True, "1", None, NAN, INF]),
        ("multipleOf", [1, 0.1], [0, -1, True, NAN]),
        ("pattern", ["", "a"], [1, None]),
        ("uniqueItems", [True, False], [0, 1, "true"]),
        ("required", [[], ["a"]], ["a", [1], {"a": 1}, None]),
        ("dependentRequired", [{}, {"a": []}, {"a": ["b"]}], [[], {"a": "b"}, {1: []}]),
        ("items", [{}, True, False], [[], None, "a", 1]),
        ("anyOf", [[{}], [True, {}]], [[], {}, [1], True]),
        ("properties", [{}, {"a": {}, "b": True}], [[], {"a": 1}, {1: {}}]),
    ],
)
def test_what_a_keyword_takes(name: str, right: Any, wrong: Any) -> None:
    fits = KEYWORDS[name].takes.fits
    assert [fits(value) for value in right] == [True] * len(right)
    assert [fits(value) for value in wrong] == [False] * len(wrong)


@pytest.mark.parametrize(
    ("name", "one", "other", "both"),
    [
        ("minLength", 1, 3, 3),
        ("maxLength", 1, 3, 1),
        ("minimum", 1, 1.5, 1.5),
        ("exclusiveMaximum", 1, 1.5, 1),
        ("uniqueItems", False, True, True),
        ("uniqueItems", False, False, False),
        ("required", ["a", "b"], ["c", "a"], ["a", "b", "c"]),
        ("enum", [1, "a", True], [1.0, True, None], [1, True]),
        ("enum", ["a"], ["b"], []),
    ],
)
def test_two_of_a_keyword_are_one_that_says_both(name: str, one: Any, other: Any, both: Any) -> None:
    joined = KEYWORDS[name].joined
    assert joined is not None
    assert joined(one, other) == both
