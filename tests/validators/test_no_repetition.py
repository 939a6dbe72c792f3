"""no-repetition: a text that does not go round in circles."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.no_repetition import no_repetition


def test_it_keeps_the_laws():
    check_validator(
        no_repetition,
        passing=[
            "",
            "no no no",
            "a b a b a b",
            "one two three",
            "| --- | --- | --- | --- |",
            "0.0.0.0 ____ ____ ____ ____",
        ],
        failing=[
            "no no no no",
            "no, no! No “no”.",
            "👍 👍 👍 👍",
            "No no NO no",
            "a b a b a b a b",
            "x " + "and so on " * 4,
        ],
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("I said the the the end", 'The text repeats "the" 3 times in a row; at most 2 are allowed.'),
        ("go on Go on go on go on go", 'The text repeats "go on" 4 times in a row; at most 2 are allowed.'),
    ],
)
def test_the_phrase_and_its_number_are_named(value, message):
    result = no_repetition(max=2).run(value)
    assert (result.message, result.fix) == (message, UNSET)
    ((start, end),) = result.spans
    assert value[start:end] in ("the the the", "go on Go on go on go on")


def test_longer_phrases_are_found_up_to_the_length_asked_for():
    text = "one two three four five " * 4
    assert no_repetition(phrase=5).run(text) is not None
    assert no_repetition(phrase=4).run(text) is None


@pytest.mark.parametrize("arguments", [{"max": 0}, {"phrase": 0}, {"phrase": 51}])
def test_numbers_that_make_no_sense_are_refused(arguments):
    with pytest.raises(SpecError):
        no_repetition(**arguments)


def test_it_reads_as_words_for_a_model():
    assert no_repetition().describe() == "no word or phrase more than 3 times in a row"
