"""valid-json: a text that is a JSON document."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.valid_json import valid_json


def test_it_keeps_the_laws():
    check_validator(
        valid_json,
        passing=["{}", "[]", "null", ' "a" ', "-1.5e10", '{"a": {"a": 1}, "b": 2}', "9" * 5000],
        failing=["", "{", "[1,]", "NaN", "-Infinity", "'a'", "01", '{"a": 1, "a": 2}', "\ufeff1", '"\n"', "[" * 5000],
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "The text is not valid JSON: it is empty at line 1, column 1."),
        ("[1,\n2", "The text is not valid JSON: expecting ',' delimiter at line 2, column 2."),
        ("[NaN]", "The text is not valid JSON: NaN is not a JSON value."),
        ('{"a": 1, "a": 1}', 'The text is not valid JSON: the name "a" is given twice in one object.'),
        ("[" * 100_000, "The text is not valid JSON: it is nested too deeply."),
        ("\ufeff[]", "The text is not valid JSON: it begins with a byte order mark at line 1, column 1."),
    ],
)
def test_a_failure_says_what_is_wrong_and_where(value, message):
    assert valid_json().run(value).message == message


def test_json_in_a_code_fence_is_taken_out_and_nothing_else_is_mended():
    assert valid_json().run('```json\n{"a": 1}\n```').fix == '{"a": 1}'
    assert valid_json().run("```\n[1,]\n```").fix is UNSET
    assert valid_json().run("Here: {}").fix is UNSET


def test_a_fence_of_spaces_takes_linear_time():
    assert valid_json().run("```\n" + " " * 200_000 + "x").fix is UNSET


def test_the_place_is_marked():
    assert valid_json().run("[1 2]").spans == [(3, 4)]


def test_it_reads_as_words_for_a_model():
    assert valid_json().describe() == "a JSON document"
