"""two-words: a text of exactly two words."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.two_words import two_words


def test_it_keeps_the_laws():
    check_validator(two_words, passing=["a b", " a\tb ", "well-known fact"], failing=["", " ", "a", "a b c"])


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        ("a  quick brown fox", "The text has 4 words; it must have exactly two.", "a quick"),
        ("one", "The text has 1 word; it must have exactly two.", UNSET),
        ("", "The text has 0 words; it must have exactly two.", UNSET),
    ],
)
def test_words_are_cut_off_but_never_made_up(value, message, fix):
    result = two_words().run(value)
    assert (result.message, result.fix) == (message, fix)


def test_it_reads_as_words_for_a_model():
    assert two_words().describe() == "exactly two words"
