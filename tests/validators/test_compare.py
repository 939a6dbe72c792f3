"""compare: two members of an object in a relation."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.compare import compare


def test_it_keeps_the_laws():
    check_validator(
        compare("a", "<", "b"),
        passing=[{}, {"a": 1}, {"a": None, "b": 1}, {"a": 1, "b": 1.5}, {"a": "2024-01-01", "b": "2024-01-02"}],
        failing=[{"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": "2"}, {"a": [], "b": []}, {"a": False, "b": 1}],
    )
    check_validator(
        compare("a", "!=", "b"), passing=[{"a": 1, "b": True}, {"a": [1], "b": {}}], failing=[{"a": [1], "b": [1.0]}]
    )


@pytest.mark.parametrize(
    ("sign", "word", "words", "wrong"),
    [
        ("<", "lt", "less than", 1),
        ("<=", "le", "at most", 2),
        (">", "gt", "greater than", 1),
        (">=", "ge", "at least", 0),
        ("==", "eq", "the same as", 2),
        ("!=", "ne", "different from", 1),
    ],
)
def test_every_relation_is_said_in_words_and_blames_both(sign, word, words, wrong):
    for name in (sign, word):
        result = compare("low", name, "high").run({"low": wrong, "high": 1})
        assert result.message == f'The member "low" ({wrong}) must be {words} the member "high" (1).'
        assert (result.blame, result.fix) == ([("low",), ("high",)], UNSET)


def test_a_number_and_a_text_have_no_order():
    assert (
        compare("a", "<", "b").run({"a": 1, "b": "x"}).message
        == 'The members "a" and "b" must be two numbers or two texts.'
    )


def test_an_unknown_relation_is_refused():
    with pytest.raises(SpecError):
        compare("a", "=<", "b")


def test_it_reads_as_words_for_a_model():
    assert compare("a", "lt", "b").describe() == "a < b"
