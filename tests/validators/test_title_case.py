"""title-case: a text whose words begin with capital letters."""

from __future__ import annotations

import pytest

from railguard.testing.laws import check_validator
from railguard_validators.title_case import title_case


def test_it_keeps_the_laws():
    check_validator(
        title_case, passing=["", "A McCoy", "2nd 日本 _x", "(The) É"], failing=["the", "A of B", "(the)", "ß"]
    )


@pytest.mark.parametrize(
    ("value", "word", "fix"),
    [
        ("the old man", "the", "The Old Man"),
        ('An "odd" USA-made thing', 'odd\\"', 'An "Odd" USA-made Thing'),
        ("Über die straße", "die", "Über Die Straße"),
    ],
)
def test_the_first_wrong_word_is_named_and_only_first_letters_are_changed(value, word, fix):
    result = title_case().run(value)
    assert result.message == f'Every word must begin with a capital letter; "{word}" does not.'
    assert result.fix == fix


def test_the_fix_holds_for_every_character_there_is():
    every = " ".join(map(chr, range(0x110000)))
    assert title_case().run(title_case().run(every).fix) is None


def test_the_letters_are_marked():
    assert title_case().run("A (b) c").spans == [(3, 4), (6, 7)]


def test_it_reads_as_words_for_a_model():
    assert title_case().describe() == "in title case (every word begins with a capital letter)"
