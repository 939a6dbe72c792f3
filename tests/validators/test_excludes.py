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
        [(3, 4), (1, 2)],
        UNSET,
    )
    assert excludes("A", ignore_case=True).run("xa").spans == []


@pytest.mark.parametrize("substrings", ["", [], ["a", ""]])
def test_substrings_that_every_text_has_are_refused(substrings):
    with pytest.raises(SpecError):
        excludes(substrings)


def test_it_reads_as_words_for_a_model():
    assert excludes("x").describe() == 'does not contain "x"'
