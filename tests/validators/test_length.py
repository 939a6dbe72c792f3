"""length: how long a text, a list or an object is."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.length import length


def test_it_keeps_the_laws_for_texts_lists_and_objects():
    check_validator(
        length(min=1, max=4),
        passing=["a", "four", "äöü€", [0], {"a": 1}],
        failing=["", "fives", [], [1, 2, 3, 4, 5], {}, dict.fromkeys("abcde")],
    )


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        ("railguardians", "The text has 13 characters; it must have between 2 and 10.", "railguardi"),
        ("r", "The text has 1 character; it must have between 2 and 10.", UNSET),
        ([0] * 11, "The list has 11 items; it must have between 2 and 10.", [0] * 10),
        ([], "The list has 0 items; it must have between 2 and 10.", UNSET),
        ({"a": 1}, "The object has 1 member; it must have between 2 and 10.", UNSET),
        (dict.fromkeys("abcdefghijk"), "The object has 11 members; it must have between 2 and 10.", UNSET),
    ],
)
def test_a_failure_says_what_is_wrong_and_only_cutting_is_a_fix(value, message, fix):
    result = length(2, 10).run(value)
    assert (result.message, result.fix) == (message, fix)


def test_code_points_are_counted_not_bytes():
    assert length(max=2).run("😀😀") is None
    assert length(max=1).run("e\u0301").message == "The text has 2 characters; it must have at most 1."


def test_what_is_cut_off_is_marked():
    assert length(max=3).run("abcdef").spans == [(3, 6)]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [({"min": 3}, "at least 3"), ({"max": 0}, "exactly 0"), ({"min": 3, "max": 3}, "exactly 3")],
)
def test_the_wording_follows_the_bounds_that_are_given(arguments, wanted):
    assert length(**arguments).run("x").message.endswith(f"it must have {wanted}.")


@pytest.mark.parametrize("arguments", [{"min": -1}, {"max": -1}, {"min": 5, "max": 4}, {"min": "1"}, {"max": True}])
def test_bounds_that_make_no_sense_are_refused_when_the_rule_is_made(arguments):
    with pytest.raises(SpecError) as caught:
        length(**arguments)
    assert caught.value.problems[0].code == "validator-arguments"


def test_it_reads_as_words_for_a_model():
    assert length(1, 10).describe() == "of length between 1 and 10"
