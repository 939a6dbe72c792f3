"""sentences: how many sentences a text has."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.sentences import sentences


def test_it_keeps_the_laws():
    check_validator(
        sentences(min=1, max=2), passing=["One.", "One, e.g. this. Two", "It is 3.5."], failing=["", "A! B? C."]
    )


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        ("One. Two!  Three? Four…", "The text has 4 sentences; it must have between 2 and 3.", "One. Two!  Three?"),
        ("One... and on", "The text has 1 sentence; it must have between 2 and 3.", UNSET),
        ("一。二！三？四", "The text has 4 sentences; it must have between 2 and 3.", "一。二！三？"),
        (
            '"One." "Two." (Three.) Four.',
            "The text has 4 sentences; it must have between 2 and 3.",
            '"One." "Two." (Three.)',
        ),
    ],
)
def test_too_many_are_cut_off_and_none_are_made_up(value, message, fix):
    result = sentences(2, 3).run(value)
    assert (result.message, result.fix) == (message, fix)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Dr. Smith met Mr. J. K. Jones. They ate.", 2),
        ("1. Do this.\n2. Do that.", 2),
        ("It was 12. Then it was 13.", 2),
        ("No. 5 is alive. No. Really.", 3),
        ("So do I. Then we left.", 2),
        ("Das heißt z. B. Brot. Es ist gut.", 2),
        ("It's. Is it?", 2),
        ("यह एक है। यह दो है।", 2),
        ("ما هذا؟ هذا بيت.", 2),
        ("Wait... What? No!", 3),
    ],
)
def test_a_dot_that_belongs_to_its_word_ends_no_sentence(text, count):
    assert sentences(count, count).run(text) is None
    assert sentences(max=0).run(text).message.startswith(f"The text has {count} sentence")


def test_a_title_is_not_what_a_fix_leaves():
    assert sentences(max=1).run("Dr. Who is here. He waits.").fix == "Dr. Who is here."


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
    assert sentences(**arguments).run("One here. And two.").message.endswith(f"it must have {wanted}.")


@pytest.mark.parametrize("arguments", [{"min": -1}, {"max": -1}, {"min": 5, "max": 4}, {"min": "1"}])
def test_bounds_that_make_no_sense_are_refused_when_the_rule_is_made(arguments):
    with pytest.raises(SpecError):
        sentences(**arguments)


def test_it_reads_as_words_for_a_model():
    assert sentences(0, 3).describe() == "at most 3 sentences"
    assert sentences(1, 1).describe() == "exactly 1 sentence"
