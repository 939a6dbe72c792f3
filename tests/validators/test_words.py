"""words: how many words a text has."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.words import words


def test_it_keeps_the_laws():
    check_validator(words(min=1, max=2), passing=["a", " a\tb "], failing=["", " ", "a b c"])


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        (" a\tb\nc d e ", "The text has 5 words; it must have between 2 and 3.", " a\tb\nc"),
        ("", "The text has 0 words; it must have between 2 and 3.", UNSET),
    ],
)
def test_too_many_are_cut_off_and_none_are_made_up(value, message, fix):
    result = words(2, 3).run(value)
    assert (result.message, result.fix) == (message, fix)


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({"min": 9}, "at least 9"),
        ({"max": 0}, "exactly 0"),
        ({"max": 1}, "at most 1"),
        ({"min": 9, "max": 9}, "exactly 9"),
    ],
)
def test_the_wording_follows_the_bounds_that_are_given(arguments, wanted):
    assert words(**arguments).run("One here. And two.").message.endswith(f"it must have {wanted}.")


@pytest.mark.parametrize("arguments", [{"min": -1}, {"max": -1}, {"min": 5, "max": 4}, {"min": "1"}])
def test_bounds_that_make_no_sense_are_refused_when_the_rule_is_made(arguments):
    with pytest.raises(SpecError):
        words(**arguments)


def test_a_short_text_passes_an_upper_bound_and_none_at_all_leaves_nothing():
    assert words(max=100).run("a few words") is None
    result = words(max=0).run(" a few ")
    assert (result.fix, result.spans) == ("", [(1, 7)])


def test_it_reads_as_words_for_a_model():
    assert words(2, 2).describe() == "exactly 2 words"
    assert words(max=1).describe() == "at most 1 word"
