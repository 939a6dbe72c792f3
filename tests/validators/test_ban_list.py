"""ban-list: a text without certain words."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.ban_list import ban_list


def test_it_keeps_the_laws():
    check_validator(
        ban_list(["damn", "as if", "Straße", "don't"]),
        passing=["", "damnation", "as it if", "do n't"],
        failing=["Damn!", "AS, IF", "die STRASSE", "Don't"],
    )


def test_whole_words_and_phrases_are_named_once_and_marked_each_time():
    result = ban_list(["ass", "hell no"]).run("Ass in class, ass. Hell, no!")
    assert result.message == 'These words must not stand in the text: "Ass", "ass", "Hell, no".'
    assert result.spans == [(0, 3), (14, 17), (19, 27)]
    assert result.fix is UNSET


def test_where_folding_changes_the_length_nothing_is_marked():
    result = ban_list(["straße"]).run("Die Straße")
    assert (result.message, result.spans) == ('These words must not stand in the text: "strasse".', ())


@pytest.mark.parametrize("words", [[], ["a", "!"], "damn"])
def test_lists_without_words_are_refused(words):
    with pytest.raises(SpecError):
        ban_list(words)


def test_it_reads_as_words_for_a_model():
    assert ban_list(["darn"]).describe() == 'without these words: "darn"'
