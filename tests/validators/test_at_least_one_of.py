"""at-least-one-of: members of an object of which one will do."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.at_least_one_of import at_least_one_of


def test_it_keeps_the_laws():
    check_validator(
        at_least_one_of(["a", "b"]),
        passing=[{"a": 1}, {"a": None, "b": 0}, {"a": 1, "b": 1}],
        failing=[{}, {"a": None}, {"c": 1}],
    )


def test_all_are_named_and_to_blame():
    result = at_least_one_of(["a", "b"]).run({})
    assert result.message == 'At least one of "a", "b" must be given; there is none.'
    assert (result.blame, result.fix) == ([("a",), ("b",)], UNSET)


def test_members_that_lie_deeper_are_found_and_blamed():
    rule = at_least_one_of(["contact.email", "contact.phone"])
    assert rule.run({"contact": {"phone": 0}}) is None
    assert rule.run({"contact": {}}).blame == [("contact", "email"), ("contact", "phone")]
    assert rule.run({}).blame == [("contact",)]


@pytest.mark.parametrize("members", [[], ["a"], ["a", "a"], ["a", ""], ["a", "$.a"], ["a", "b[*]"], "ab"])
def test_fewer_than_two_names_are_refused(members):
    with pytest.raises(SpecError):
        at_least_one_of(members)


def test_it_reads_as_words_for_a_model():
    assert at_least_one_of(["a", "b"]).describe() == "at least one of a, b"
