"""no-gibberish: a text of words, not of keys hit at random."""

from __future__ import annotations

from pathlib import Path

import pycountry
import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.no_gibberish import no_gibberish

LINES = [
    (line[2:], line[0] == "-")
    for line in (Path(__file__).parent / "gibberish.txt").read_text(encoding="utf-8").splitlines()
    if line[0] in "+-"
]
TUNED, HELD_OUT = LINES[0::2], LINES[1::2]


def test_it_keeps_the_laws():
    check_validator(
        no_gibberish,
        passing=["", "Words, words.", "XJ-900/Z", "我们 слово", "hahaha nooooo"],
        failing=["asdkjfh", "It works. Sdkfjh skdjfh!", "ASDFGHJKL", "iouiou", "one\nxcvbnm"],
    )


def _counts(lines: list[tuple[str, bool]]) -> tuple[int, int, int]:
    """(gibberish that is found, text that is taken for it, gibberish that is missed)."""
    found = [(no_gibberish().run(text) is not None, is_gibberish) for text, is_gibberish in lines]
    return found.count((True, True)), found.count((True, False)), found.count((False, True))


def test_the_set_is_as_large_and_as_mixed_as_the_documentation_says():
    assert len(LINES) == 260
    assert sum(is_gibberish for _, is_gibberish in HELD_OUT) == 65
    assert len({text for text, _ in LINES}) == 260


def test_it_tells_text_from_gibberish_as_well_as_the_documentation_says():
    assert _counts(TUNED) == (59, 0, 6)
    assert _counts(HELD_OUT) == (60, 0, 5)


def test_names_of_places_and_languages_pass():
    names = [place.name for place in pycountry.subdivisions] + [language.name for language in pycountry.languages]
    assert sum(no_gibberish().run(name) is not None for name in names) <= 0.001 * len(names)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It works. Sdkfjh skdjfh!", ["Sdkfjh", "skdjfh"]),
        ("A title\nwkjehf, wkejhf\nMore text", ["wkjehf", "wkejhf"]),
        ("the «xcvbnm»", ["xcvbnm"]),
    ],
)
def test_the_words_that_are_none_are_named_and_marked(text, words):
    result = no_gibberish().run(text)
    assert result.message == (
        "The text must be made of words; this is not: " + ", ".join(f'"{word}"' for word in words) + "."
    )
    assert [text[start:end] for start, end in result.spans] == words
    assert result.fix is UNSET


@pytest.mark.parametrize("text", ["HSHAdhhghjgjhgfjhf jdhfjdhkfhkfd", "sdkFJHskdjfh", "gHfJdKsLq", "SDFKJHSDKJFHsd"])
def test_capitals_inside_hide_no_gibberish(text):
    assert no_gibberish().run(text) is not None


@pytest.mark.parametrize(
    "text", ["XMLHttpRequest", "MacArthur", "setHTTPMaximumConnectionsPerHost", "mRNA", "ETHZurich"]
)
def test_names_and_identifiers_with_capitals_inside_pass(text):
    assert no_gibberish().run(text) is None


def test_a_sentence_may_have_an_odd_word_up_to_the_threshold():
    assert no_gibberish().run("The file xkcvbn is missing from here.") is None
    assert no_gibberish(threshold=0.1).run("The file xkcvbn is missing from here.").spans == [(9, 15)]
    assert no_gibberish(threshold=1).run("a xkcvbn") is None


@pytest.mark.parametrize("threshold", [0, 1.1, float("nan"), "0.5", True])
def test_thresholds_that_are_no_share_are_refused(threshold):
    with pytest.raises(SpecError):
        no_gibberish(threshold)


def test_it_reads_as_words_for_a_model():
    assert no_gibberish().describe() == "made of words, without gibberish"
