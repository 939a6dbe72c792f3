"""excludes: a text without certain others in it."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.excludes import excludes


def test_it_keeps_the_laws():
    check_validator(excludes(["TODO", "<br>"]), passing=["", "todo", "Todo <br"], failing=["TODO", "x<br>y"])
    check_validator(excludes("Straße", ignore_case=True), passing=["strasze"], failing=["die STRASSE"])


def test_all_that_stands_there_is_named_and_marked():
    result = excludes(["a", "b", "xyz"]).run("-b-a-")
    assert (result.message, result.spans, result.fix) == (
        'The text must not contain "a", "b".',
        [(1, 2), (3, 4)],
        UNSET,
    )


def test_every_place_is_marked_where_it_stands_up_to_twenty():
    assert excludes("aa").run("aaaaa aa").spans == [(0, 2), (2, 4), (6, 8)]
    assert excludes("SS", ignore_case=True).run("ßaßss").spans == [(0, 1), (2, 3), (3, 5)]
    assert len(excludes(["a", "b"]).run("ab" * 100).spans) == 20


@pytest.mark.parametrize("substrings", ["", [], ["a", ""]])
def test_substrings_that_every_text_has_are_refused(substrings):
    with pytest.raises(SpecError):
        excludes(substrings)


def test_it_reads_as_words_for_a_model():
    assert excludes("x").describe() == 'does not contain "x"'
