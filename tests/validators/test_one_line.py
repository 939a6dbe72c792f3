"""one-line: a text without line breaks."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.one_line import one_line


def test_it_keeps_the_laws():
    check_validator(one_line, passing=["", "one line", "a\tb", "\x1f"], failing=["a\n", "\r\n", "a\u2028b", "\x85"])


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        ("one\n", "The text has 1 line break; it must be one line without any.", "one"),
        ("\r\n one\r\ntwo", "The text has 2 line breaks; it must be one line without any.", " one"),
        ("\n \n", "The text has 2 line breaks; it must be one line without any.", UNSET),
    ],
)
def test_the_first_line_that_is_not_blank_is_the_fix(value, message, fix):
    result = one_line().run(value)
    assert (result.message, result.fix) == (message, fix)


def test_the_breaks_are_marked():
    assert one_line().run("a\r\nb\nc").spans == [(1, 3), (4, 5)]


def test_it_reads_as_words_for_a_model():
    assert one_line().describe() == "on one line, without line breaks"
