"""redundant-sentences: a text that says nothing twice."""

from __future__ import annotations

import pytest

from railguard.testing.laws import check_validator
from railguard_validators.redundant_sentences import redundant_sentences


def test_it_keeps_the_laws():
    check_validator(
        redundant_sentences,
        passing=["", "One. Two.", "One. Once. One more.", "… !! ??"],
        failing=["One. One.", "One! Two. ONE?", "It's. It is. It s!"],
    )


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        ("A b.  C. A, b!\nD.", 'The text must not repeat itself; "A, b!" stands there already.', "A b.  C.\nD."),
        ("A. A. A.", 'The text must not repeat itself; "A." stands there already, and 1 more do.', "A."),
    ],
)
def test_repeated_sentences_are_named_and_left_out(value, message, fix):
    result = redundant_sentences().run(value)
    assert (result.message, result.fix) == (message, fix)


def test_the_repeated_sentence_is_marked():
    assert redundant_sentences().run("One. One.").spans == [(5, 9)]


def test_it_reads_as_words_for_a_model():
    assert redundant_sentences().describe() == "no sentence twice"
