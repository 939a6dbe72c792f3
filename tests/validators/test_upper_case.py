"""upper-case: a text without small letters."""

from __future__ import annotations

from railguard.testing.laws import check_validator
from railguard_validators.upper_case import upper_case

EVERY_CHARACTER = "".join(map(chr, range(0x110000)))


def test_it_keeps_the_laws():
    check_validator(upper_case, passing=["", "12 %", "RAIL"], failing=["Rail", "rail", "ß"])


def test_the_first_word_that_is_wrong_is_named_and_marked():
    result = upper_case().run("A Rail GUARD")
    assert result.message == 'The text must be in upper case; "Rail" is not.'
    assert result.fix == "A RAIL GUARD"
    assert result.spans == [(2, 6)]


def test_the_fix_holds_for_every_character_there_is():
    assert upper_case().run(upper_case().run(EVERY_CHARACTER).fix) is None


def test_it_reads_as_words_for_a_model():
    assert upper_case().describe() == "in upper case"
