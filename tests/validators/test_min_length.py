"""min-length: a text, a list or an object that is not too short."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.min_length import min_length


def test_it_keeps_the_laws():
    check_validator(
        min_length(2),
        passing=["ab", "😀😀", [1, None], {"a": 1, "b": 2}],
        failing=["", "a", [], [[1, 2]], {}, {"a": [1, 2]}],
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("a", "The text has 1 character; it must have at least 2."),
        ([], "The list has 0 items; it must have at least 2."),
        ({"a": 1}, "The object has 1 member; it must have at least 2."),
    ],
)
def test_how_long_it_is_and_must_be_is_said_and_nothing_is_made_up(value, message):
    result = min_length(2).run(value)
    assert (result.message, result.fix) == (message, UNSET)


@pytest.mark.parametrize("arguments", [(), (0,), (-1,), ("2",), (True,), (1, 2)])
def test_anything_but_one_length_is_refused(arguments):
    with pytest.raises(SpecError):
        min_length(*arguments)


def test_json_schema_is_told_the_same():
    assert [min_length(2).constraint(kind) for kind in ("string", "array", "object", "integer")] == [
        {"minLength": 2},
        {"minItems": 2},
        {"minProperties": 2},
        None,
    ]


def test_it_reads_as_words_for_a_model():
    assert min_length(1200).describe() == "of length at least 1,200"
