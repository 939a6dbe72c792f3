"""unique-by: a list of objects that differ in one member."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.growth import steep_growth
from railguard.testing.laws import check_validator
from railguard_validators.unique_by import unique_by


def test_it_keeps_the_laws():
    check_validator(
        unique_by("id"),
        passing=[[], [{"id": 1}, {"id": True}, {"id": "1"}], [{}, {}], [1, 1], [{"id": None}, {"id": None}]],
        failing=[[{"id": 1}, {"id": 1.0}], [{"id": ""}, {"id": ""}], [{"id": [1]}, {"id": [1]}]],
    )
    check_validator(
        unique_by(["day", "at.room"]),
        passing=[[{"day": 1, "at": {"room": 2}}, {"day": 2, "at": {"room": 2}}, {"day": 1}, {"day": 1}]],
        failing=[[{"day": 1, "at": {"room": 2}}, {"day": 1, "at": {"room": 2}}]],
    )


def test_members_that_are_compared_together_are_blamed_together():
    bookings = [{"day": 1, "room": "a"}, {"day": 1, "room": "b"}, {"day": 1.0, "room": "a"}]
    result = unique_by(["day", "room"]).run(bookings)
    assert result.message == (
        'The members "day", "room" together must be different in every item; item 2 has the same as item 0 (1, "a").'
    )
    assert result.blame == [(2, "day"), (2, "room")]


def test_items_made_to_collide_cost_no_more_than_others():
    def items(n):
        return [{"a": i * (2**61 - 1), "b": 1} for i in range(n)]

    assert steep_growth(unique_by(["a", "b"]).run, items, largest=20_000) is None


@pytest.mark.parametrize("key", ["", [], ["a", "a"], ["a", "$.a"], "a..b", 'a["b"'])
def test_keys_that_name_nothing_are_refused(key):
    with pytest.raises(SpecError):
        unique_by(key)


def test_the_repeated_members_are_named_and_to_blame():
    result = unique_by("id").run([{"id": "a"}, {"id": "b"}, {"id": "a", "x": 1}])
    assert result.message == 'The member "id" must be different in every item; item 2 has the same as item 0 ("a").'
    assert (result.blame, result.fix) == ([(2, "id")], UNSET)
    assert unique_by("of.id").run([{"of": {"id": 1}}, {"of": {"id": 1}}]).blame == [(1, "of", "id")]
    assert unique_by("id").run([{"id": 1}] * 30).message.endswith("and 19 more are repeated.")


def test_it_reads_as_words_for_a_model():
    assert unique_by("id").describe() == "no two items with the same id"
    assert unique_by(["id", "day"]).describe() == "no two items with the same id and day"
