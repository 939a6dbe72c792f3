"""lower-case: a text without capital letters."""

from __future__ import annotations

from railguard.testing.laws import check_validator
from railguard_validators.lower_case import lower_case

EVERY_CHARACTER = "".join(map(chr, range(0x110000)))


def test_it_keeps_the_laws():
    check_validator(lower_case, passing=["", "12 %", "rail"], failing=["Rail", "RAIL", "İ"])


def test_the_first_word_that_is_wrong_is_named_and_marked():
    result = lower_case().run("a Rail Guard")
    assert result.message == 'The text must be in lower case; "Rail" is not.'
    assert result.fix == "a rail guard"
    assert result.spans == [(2, 6)]


def test_the_fix_holds_for_every_character_there_is():
    assert lower_case().run(lower_case().run(EVERY_CHARACTER).fix) is None


def test_it_reads_as_words_for_a_model():
    assert lower_case().describe() == "in lower case"
