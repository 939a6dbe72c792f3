"""requires: a member that must not stand without others."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.requires import requires


def test_it_keeps_the_laws():
    check_validator(
        requires("street", ["city", "zip"]),
        passing=[{}, {"city": "x"}, {"street": None}, {"street": "", "city": 0, "zip": False}],
        failing=[{"street": "x"}, {"street": "", "city": "x"}, {"street": 1, "city": None, "zip": 1}],
    )


def test_the_missing_ones_are_named_and_to_blame():
    result = requires("a", ["b", "c"]).run({"a": 1, "b": 2})
    assert result.message == 'With the member "a" these are needed too: "c".'
    assert (result.blame, result.fix) == ([("c",)], UNSET)
    assert requires("a", "b").run({"a": 1, "b": 2}) is None


def test_members_that_lie_deeper_are_found_and_blamed():
    rule = requires("address.street", ["address.city", "country"])
    assert rule.run({"address": {"city": "x"}}) is None
    assert rule.run({"address": {"street": "x"}, "country": "y"}).blame == [("address", "city")]


@pytest.mark.parametrize("needs", [[], [""], ["b", "b"], ["a"], "$.a", ""])
def test_needs_that_make_no_sense_are_refused(needs):
    with pytest.raises(SpecError):
        requires("a", needs)


def test_it_reads_as_words_for_a_model():
    assert requires("a", "b").describe() == "with a also b"
