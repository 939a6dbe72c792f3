"""redundant-sentences: a text that says nothing twice."""

from __future__ import annotations

import os
import random
import re
from collections import Counter

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.redundant_sentences import _Earlier, redundant_sentences


def test_it_keeps_the_laws():
    check_validator(
        redundant_sentences,
        passing=["", "One. Two.", "One. Once. One more.", "… !! ??", "Go. Go on。go"],
        failing=["One. One.", "One! Two. ONE?", "It's. It is. It s!"],
    )


def test_it_keeps_them_with_a_threshold_too():
    check_validator(
        redundant_sentences(70),
        passing=["", "One. Two.", "The fee is 10. The fee is 20."],
        failing=["One. One.", "The sky is blue today. The sky was blue today.", "Aaaaaaaaaaa! Aaaaaaaaaaaa!"],
    )


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        (
            "Ab xy.  Cd. Ab, xy!\nDe.",
            'The text must not repeat itself; "Ab, xy!" stands there already.',
            "Ab xy.  Cd.\nDe.",
        ),
        ("Oh. Oh. Oh.", 'The text must not repeat itself; "Oh." stands there already, and 1 more do.', "Oh."),
        ("Dr. Who is in. Dr. Who is out.", None, None),
    ],
)
def test_repeated_sentences_are_named_and_left_out(value, message, fix):
    result = redundant_sentences().run(value)
    assert (result and result.message, result and result.fix) == (message, fix)


def test_a_sentence_that_is_like_an_earlier_one_is_named_with_it_and_not_left_out():
    text = "Our office opens at 9. It rains. It rains. Our offices open at 9."
    result = redundant_sentences(threshold=75).run(text)
    assert result.message == 'The text must not repeat itself; "It rains." stands there already, and 1 more do.'
    assert (result.fix, result.spans) == (UNSET, [(33, 42), (43, 65)])
    result = redundant_sentences(threshold=75).run("Our office opens at 9. It rains. Our offices open at 9.")
    assert result.message == (
        'The text must not repeat itself; "Our offices open at 9." is too much like "Our office opens at 9.".'
    )
    assert redundant_sentences(threshold=85).run("Our office opens at 9. Our offices open at 9.") is None


def test_sentences_with_other_numbers_are_never_alike():
    assert redundant_sentences(threshold=50).run("The fee for an account is 10. The fee for an account is 20.") is None


def _alike(a: str, b: str) -> float:
    first, second = (Counter(f" {text} "[at : at + 3] for at in range(len(text))) for text in (a, b))
    return 200 * (first & second).total() / (first.total() + second.total())


@pytest.mark.parametrize("threshold", [50, 70, 90])
def test_nearly_all_that_are_alike_are_found_and_none_that_are_not(threshold):
    chance = random.Random(threshold)
    syllables = [consonant + vowel for consonant in "bdfglmnprst" for vowel in "aeiou"]
    vocabulary = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(300)]
    found = alike = 0
    for _ in range(10):
        earlier, kept, said = _Earlier(threshold), [], []
        for index in range(80):
            words = chance.choices(vocabulary, k=chance.randint(4, 14))
            if said and chance.random() < 0.4:
                words = chance.choice(said).split()
                words[chance.randrange(len(words))] = chance.choice(vocabulary)
            said.append(" ".join(words))
            like = earlier.like(said[-1], index)
            expected = any(_alike(said[-1], other) >= threshold for other in kept)
            assert like is None or _alike(said[-1], said[like]) >= threshold
            alike += expected
            found += expected and like is not None
            if like is None:
                kept.append(said[-1])
    assert alike > 30
    assert found >= 0.97 * alike


@pytest.mark.parametrize("threshold", [0, 101, True, "70"])
def test_thresholds_that_make_no_sense_are_refused(threshold):
    with pytest.raises(SpecError):
        redundant_sentences(threshold)


def test_the_repeated_sentence_is_marked():
    assert redundant_sentences().run("One. One.").spans == [(5, 9)]


def test_it_reads_as_words_for_a_model():
    assert redundant_sentences().describe() == "no sentence twice"
    assert redundant_sentences(70).describe() == "no sentence twice, nor almost the same one"


SAID_AGAIN = (
    *("It is.", "It, is!", "“It is.”", "Itis.", "IT IS!", "I t is?", "İt is."),
    *("Straße.", "STRASSE!", "St raße.", "…", "5 %."),
)


def test_sentences_are_repeated_exactly_where_their_words_are():
    chance = random.Random(int(os.environ.get("RAILGUARD_SEED", "20261201")))
    words = [" ".join(re.findall(r"[^\W_]+", sentence)).casefold() for sentence in SAID_AGAIN]
    rule = redundant_sentences()
    for _ in range(1000):
        drawn = chance.choices(range(len(SAID_AGAIN)), k=chance.randint(1, 5))
        said = [words[at] for at in drawn if words[at]]
        result = rule.run("\n".join(SAID_AGAIN[at] for at in drawn))
        assert (result is not None) == (len(set(said)) < len(said)), drawn
