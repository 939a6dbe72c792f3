"""contains: a text that has another one in it."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.contains import contains


def test_it_keeps_the_laws():
    check_validator(contains("rail"), passing=["rail", "a railguard"], failing=["", "Rail", "ra il"])
    check_validator(contains("Straße", ignore_case=True), passing=["STRASSE"], failing=["strase"])


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (contains("rail"), 'The text must contain "rail", with the same capitals.'),
        (contains("Rail", ignore_case=True), 'The text must contain "Rail", in any case.'),
        (contains("100 %"), 'The text must contain "100 %".'),
    ],
)
def test_a_failure_says_what_is_missing_and_where_to_put_it_is_not_guessed(rule, message):
    result = rule.run("RAI")
    assert (result.message, result.fix) == (message, UNSET)


def test_an_empty_substring_is_refused():
    with pytest.raises(SpecError, match="every text contains nothing"):
        contains("")


def test_it_reads_as_words_for_a_model():
    assert contains("x").describe() == 'contains "x"'
