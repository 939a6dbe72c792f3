"""max-length: a text, a list or an object that is not too long."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.max_length import max_length


def test_it_keeps_the_laws():
    check_validator(
        max_length(2),
        passing=["", "ab", "😀😀", [], [[1, 2, 3]], {"a": 1, "b": 2}],
        failing=["abc", [1, 2, 3], dict.fromkeys("abc")],
    )
    check_validator(max_length(0), passing=["", [], {}], failing=["a", [0]])


@pytest.mark.parametrize(
    ("value", "message", "fix", "spans"),
    [
        ("abcd", "The text has 4 characters; it must have at most 2.", "ab", [(2, 4)]),
        ([1, 2, 3], "The list has 3 items; it must have at most 2.", [1, 2], ()),
        (dict.fromkeys("abc"), "The object has 3 members; it must have at most 2.", UNSET, ()),
    ],
)
def test_only_what_has_an_end_is_cut_there(value, message, fix, spans):
    result = max_length(2).run(value)
    assert (result.message, result.fix, result.spans) == (message, fix, spans)


@pytest.mark.parametrize("arguments", [(), (-1,), ("2",), (True,), (1, 2)])
def test_anything_but_one_length_is_refused(arguments):
    with pytest.raises(SpecError):
        max_length(*arguments)


def test_json_schema_is_told_the_same():
    assert [max_length(2).constraint(kind) for kind in ("string", "array", "object", "integer")] == [
        {"maxLength": 2},
        {"maxItems": 2},
        {"maxProperties": 2},
        None,
    ]


def test_it_reads_as_words_for_a_model():
    assert max_length(1200).describe() == "of length at most 1,200"
