"""reading-time: how long a text takes to read."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.reading_time import reading_time


def test_it_keeps_the_laws():
    check_validator(reading_time(0.05), passing=["", "ten words " * 5, "x" * 1000], failing=["word " * 11])


def test_a_failure_says_the_words_there_are_and_the_words_allowed():
    result = reading_time(5).run("word " * 1001)
    assert result.message == "The text has 1,001 words; to be read in 5 minutes it must have at most 1,000."
    assert result.fix is UNSET


def test_exactly_as_long_as_allowed_passes():
    assert reading_time(5).run("word " * 1000) is None
    assert reading_time(1, words_per_minute=3).run("one two three") is None
    assert reading_time(0.29, words_per_minute=100).run("word " * 29) is None


@pytest.mark.parametrize(
    "arguments",
    [(0,), (1e308,), (10**400,), (0.001,), (1, 10**12), (-1,), (float("nan"),), (float("inf"),), (1, 0), ("5",)],
)
def test_times_that_make_no_sense_are_refused(arguments):
    with pytest.raises(SpecError):
        reading_time(*arguments)


def test_it_reads_as_words_for_a_model():
    assert reading_time(5).describe() == "readable within 5 minutes (at most 1,000 words)"
