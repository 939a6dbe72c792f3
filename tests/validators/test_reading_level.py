"""reading-level: how many years of school a text asks of its reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators._text.syllables import syllables
from railguard_validators.reading_level import reading_level

HARD = "Notwithstanding considerable international opposition, administrators implemented comprehensive regulations."
EASY = "The dog ran. The cat sat. It was hot."
SYLLABLES = (Path(__file__).parent / "syllables.txt").read_text(encoding="utf-8").split("--------\n")


def test_it_keeps_the_laws():
    check_validator(
        reading_level(min=0, max=12), passing=["", "12 %", "我们", "We keep your money safe."], failing=[HARD, EASY]
    )


def test_the_grade_is_the_published_formula():
    result = reading_level(min=2).run(EASY)  # 9 words of one syllable in 3 sentences: 0.39 · 3 + 11.8 · 1 − 15.59
    assert result.message == (
        "The text reads at grade -2.6 (Flesch-Kincaid); it must be at least 2. Use longer sentences (3 words on "
        "average) and longer words (1 syllables on average)."
    )
    assert result.fix is UNSET
    assert reading_level(min=-2.7, max=-2.6).run("The dog ran. The cat sat. It was hot in 2024.") is not None
    assert reading_level(min=-2.63, max=-2.61).run(EASY) is None


@pytest.mark.parametrize(
    "text",
    [
        "- one thing\n- two things\n- three things\n- four things",
        "# A heading\n\nText goes on here",
        "1. one thing\n2. two things\n3. three things",
        "One short line\n\nOne short line\n\nOne short line",
    ],
)
def test_list_items_headings_and_paragraphs_are_sentences_of_their_own(text):
    assert reading_level(max=2.5).run(text) is None
    assert reading_level(max=2.5).run(text.replace("\n", " ").replace("- ", "") * 3) is not None


def _share_right(words: str) -> float:
    pairs = [line.split() for line in words.splitlines() if line and not line.startswith("#")]
    return sum(syllables(word) == int(count) for word, count in pairs) / len(pairs)


def test_syllables_are_right_also_for_words_that_the_rules_were_not_tuned_on():
    tuned, held_out = SYLLABLES
    assert _share_right(tuned) == 1
    assert _share_right(held_out) >= 0.97


@pytest.mark.parametrize("word", ["café", "CAFÉ", "cafe\u0301"])
def test_an_accent_makes_a_final_e_heard(word):
    assert syllables(word) == 2


@pytest.mark.parametrize("word", ["", "''", "漢", "zzz", "\ud800"])
def test_everything_has_a_syllable(word):
    assert syllables(word) == 1


@pytest.mark.parametrize("arguments", [{}, {"min": 9, "max": 8}, {"min": float("nan")}, {"max": "8"}])
def test_grades_that_make_no_sense_are_refused(arguments):
    with pytest.raises(SpecError):
        reading_level(**arguments)


def test_it_reads_as_words_for_a_model():
    assert reading_level(5, 8).describe() == "at a reading level (Flesch-Kincaid grade) of between 5 and 8"
    assert reading_level(max=8).describe() == "at a reading level (Flesch-Kincaid grade) of at most 8"
