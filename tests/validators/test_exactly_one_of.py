"""exactly-one-of: members of an object that exclude each other."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.exactly_one_of import exactly_one_of


def test_it_keeps_the_laws():
    check_validator(
        exactly_one_of(["a", "b"]),
        passing=[{"a": 1}, {"a": None, "b": 0}, {"b": "", "c": 1}],
        failing=[{}, {"a": None}, {"a": 1, "b": False}, {"c": 1}],
    )


@pytest.mark.parametrize(
    ("value", "message", "blame"),
    [
        ({}, 'Exactly one of "a", "b", "c" must be given; there is none.', [("a",), ("b",), ("c",)]),
        (
            {"a": 1, "c": 1},
            'Exactly one of "a", "b", "c" must be given and the others left out or null; there are "a", "c".',
            [("a",), ("c",)],
        ),
    ],
)
def test_what_is_there_is_named_and_to_blame(value, message, blame):
    result = exactly_one_of(["a", "b", "c"]).run(value)
    assert (result.message, result.blame, result.fix) == (message, blame, UNSET)


def test_members_that_lie_deeper_are_found_and_blamed():
    rule = exactly_one_of(["contact.email", "contact.phone", "fax"])
    assert rule.run({"contact": {"email": "a"}}) is None
    assert rule.run({"contact": {"email": "a"}, "fax": 1}).blame == [("contact", "email"), ("fax",)]
    assert rule.run({"contact": {}}).blame == [("contact", "email"), ("contact", "phone"), ("fax",)]
    assert rule.run({"contact": None}).blame == [("contact",), ("fax",)]


@pytest.mark.parametrize("members", [[], ["a"], ["a", "a"], ["a", ""], ["a", "$.a"], ["a", "b[*]"], "ab"])
def test_fewer_than_two_names_are_refused(members):
    with pytest.raises(SpecError):
        exactly_one_of(members)


def test_it_reads_as_words_for_a_model():
    assert exactly_one_of(["a", "b"]).describe() == "exactly one of a, b"
