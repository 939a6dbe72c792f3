"""precision: how many decimal places a number has."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.precision import precision


def test_it_keeps_the_laws():
    check_validator(
        precision(2), passing=[1, 1.5, 19.99, 1e300, 10**400], failing=[0.001, 19.999, float("nan"), float("inf")]
    )
    check_validator(precision(0), passing=[3, 3.0], failing=[3.5])


@pytest.mark.parametrize(
    ("places", "value", "message", "fix"),
    [
        (2, 0.125, "The value is 0.125; it must have at most 2 decimal places.", 0.12),
        (1, 0.30000000000000004, "The value is 0.30000000000000004; it must have at most 1 decimal place.", 0.3),
        (0, 2.5, "The value is 2.5; it must have no decimal places.", 2.0),
        (2, float("nan"), "The value is NaN; it must be a number.", UNSET),
    ],
)
def test_a_number_is_fixed_by_rounding(places, value, message, fix):
    result = precision(places).run(value)
    assert (result.message, result.fix) == (message, fix)


@pytest.mark.parametrize("places", [-1, 301, 1.5])
def test_places_that_make_no_sense_are_refused(places):
    with pytest.raises(SpecError):
        precision(places)


def test_only_no_places_are_told_as_a_keyword():
    assert precision(0).constraint("number") == {"multipleOf": 1}
    assert precision(2).constraint("number") is None
    assert precision(0).constraint("string") is None


def test_it_reads_as_words_for_a_model():
    assert precision(2).describe() == "with at most 2 decimal places"
