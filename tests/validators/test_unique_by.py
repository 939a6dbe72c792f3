"""unique-by: a list of objects that differ in one member."""

from __future__ import annotations

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.unique_by import unique_by


def test_it_keeps_the_laws():
    check_validator(
        unique_by("id"),
        passing=[[], [{"id": 1}, {"id": True}, {"id": "1"}], [{}, {}], [1, 1]],
        failing=[[{"id": 1}, {"id": 1.0}], [{"id": None}, {"id": None}], [{"id": [1]}, {"id": [1]}]],
    )


def test_the_repeated_members_are_named_and_to_blame():
    result = unique_by("id").run([{"id": "a"}, {"id": "b"}, {"id": "a", "x": 1}])
    assert result.message == 'The member "id" must be different in every item; item 2 has the same as item 0 ("a").'
    assert (result.blame, result.fix) == ([(2, "id")], UNSET)
    assert unique_by("id").run([{"id": 1}] * 30).message.endswith("and 19 more are repeated.")


def test_it_reads_as_words_for_a_model():
    assert unique_by("id").describe() == "no two items with the same id"
