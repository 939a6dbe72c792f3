"""compare: two members of an object in a relation."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.compare import compare


def test_it_keeps_the_laws():
    check_validator(
        compare("a", "<", "b"),
        passing=[{}, {"a": 1}, {"a": None, "b": 1}, {"a": 1, "b": 1.5}, {"a": "2024-01-01", "b": "2024-01-02"}],
        failing=[{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": "2"}, {"a": [], "b": []}, {"a": False, "b": 1}],
    )
    check_validator(
        compare("a", "!=", "b"), passing=[{"a": 1, "b": True}, {"a": [1], "b": {}}], failing=[{"a": [1], "b": [1.0]}]
    )


@pytest.mark.parametrize(
    ("sign", "word", "words", "wrong"),
    [
        ("<", "lt", "less than", 1),
        ("<=", "le", "at most", 2),
        (">", "gt", "greater than", 1),
        (">=", "ge", "at least", 0),
        ("==", "eq", "the same as", 2),
        ("!=", "ne", "different from", 1),
    ],
)
def test_every_relation_is_said_in_words_and_blames_both(sign, word, words, wrong):
    for name in (sign, word):
        result = compare("low", name, "high").run({"low": wrong, "high": 1})
        assert result.message == f'The member "low" ({wrong}) must be {words} the member "high" (1).'
        assert (result.blame, result.fix) == ([("low",), ("high",)], UNSET)


@pytest.mark.parametrize(
    ("value", "shown", "blame"),
    [
        ({"a": 1, "b": "x"}, ("1", '"x"'), [("a",), ("b",)]),
        ({"a": 1, "b": True}, ("1", "true"), [("b",)]),
        ({"a": [3], "b": 1}, ("[3]", "1"), [("a",)]),
        ({"a": {}, "b": False}, ("{}", "false"), [("a",), ("b",)]),
        ({"a": float("nan"), "b": 1}, ("NaN", "1"), [("a",)]),
    ],
)
def test_what_has_no_order_is_said_and_to_blame_alone(value, shown, blame):
    result = compare("a", "<", "b").run(value)
    assert result.message == f'The members "a" ({shown[0]}) and "b" ({shown[1]}) must be two numbers or two texts.'
    assert result.blame == blame


@pytest.mark.parametrize(
    ("left", "sign", "right", "holds"),
    [
        ("9%", "<", "12%", True),
        ("100%", "<", "20%", False),
        ("10%", "==", "10.0 %", True),
        ("9", "<", "12", False),
        ("2024-05-31T11:00:00+02:00", "<", "2024-05-31T10:00:00Z", True),
        ("2024-05-31T12:00:00+02:00", "==", "2024-05-31t10:00:00.000z", True),
        ("2024-05-31T10:00:00.25Z", "<", "2024-05-31T10:00:00.5Z", True),
        ("2024-05-31T23:59:60Z", "<=", "2024-06-01T00:00:00Z", True),
        ("0001-01-01T00:00:00+23:59", "<", "0001-01-01T00:00:00Z", True),
        ("2024-05-31", "<", "2024-06-01", True),
        ("31/05/2024", "<", "01/06/2024", False),
        ("09:30:00", "<", "17:00:00", True),
        (2**53, "<", 2.0**53 + 2, True),
        (10**400, ">", 1.5, True),
        (1, "==", 1.0, True),
        (1, "==", "1", False),
        (0.1 + 0.2, "==", 0.3, False),
        (True, "!=", 1, True),
        ([1, 2], "==", [1.0, 2], True),
    ],
)
def test_numbers_percentages_timestamps_and_texts_each_have_their_order(left, sign, right, holds):
    assert (compare("a", sign, "b").run({"a": left, "b": right}) is None) is holds


def test_members_that_lie_deeper_are_compared_and_blamed():
    rule = compare("$.open.at", "<", "close.at")
    assert rule.run({"open": {"at": 1}, "close": {"at": 2}}) is None
    result = rule.run({"open": {"at": 3}, "close": {"at": 2}})
    assert result.message == 'The member "$.open.at" (3) must be less than the member "close.at" (2).'
    assert result.blame == [("open", "at"), ("close", "at")]
    assert rule.run({"open": {"at": 3}, "close": {}}) is None
    assert compare('["a.b"]', "<", "c").run({"a.b": 2, "c": 1}).blame == [("a.b",), ("c",)]


def test_a_list_on_the_way_does_not_pass_for_compared():
    result = compare("lines.net", "<=", "lines.gross").run({"lines": [{"net": 2, "gross": 1}]})
    assert result is not None
    assert result.blame == [("lines",)]


@pytest.mark.parametrize("names", [("a", "a"), ("", "b"), ("a", "b."), ("a[*].b", "c"), ("a[0]", "b"), ("a", ".b")])
def test_names_that_make_no_sense_are_refused(names):
    with pytest.raises(SpecError):
        compare(names[0], "<", names[1])


def test_an_unknown_relation_is_refused():
    with pytest.raises(SpecError):
        compare("a", "=<", "b")


def test_it_reads_as_words_for_a_model():
    assert compare("a", "lt", "b").describe() == "a < b"
