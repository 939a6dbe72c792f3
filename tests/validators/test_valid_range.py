"""valid-range: a number or a percentage between two bounds."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.valid_range import valid_range

NAN, INF = float("nan"), float("inf")


def test_it_keeps_the_laws_for_numbers_and_percentages():
    check_validator(
        valid_range(0, 100),
        passing=[0, 100, 3.5, -0.0, "0%", "99.5 %", "+1%"],
        failing=[-1, 101, 100.1, INF, NAN, "101%", "12", "", "%"],
    )


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        (120, "The value is 120; it must be between 0 and 100.", 100),
        (-1, "The value is -1; it must be between 0 and 100.", 0),
        (100.5, "The value is 100.5; it must be between 0 and 100.", 100.0),
        (NAN, "The value is NaN; it must be between 0 and 100.", UNSET),
        ("120%", 'The value is "120%"; it must be between 0% and 100%.', "100%"),
        ("20", 'The value is "20"; it must be a percentage as "20%", between 0% and 100%.', UNSET),
    ],
)
def test_a_failure_says_the_value_and_the_bounds_and_is_fixed_to_the_nearest(value, message, fix):
    result = valid_range(0, 100).run(value)
    assert (result.message, result.fix, type(result.fix)) == (message, fix, type(fix))


def test_a_whole_number_is_fixed_to_a_whole_number_inside_the_bounds():
    assert valid_range(0.5, 9.5).run(0).fix == 1
    assert valid_range(0.5, 9.5).run(10).fix == 9
    assert valid_range(0.2, 0.8).run(1).fix is UNSET


def test_an_integer_too_long_to_be_written_is_described():
    result = valid_range(0, 100).run(10**5000)
    assert result.message == "The value is an integer of 5001 digits; it must be between 0 and 100."
    assert result.fix == 100


def test_a_percentage_is_taken_as_it_is_written():
    assert valid_range(0, 100).run("100.00000000000000001%").fix == "100%"
    assert valid_range(0.1, 1).run("0.1%") is None
    assert valid_range(0, 100).run("9" * 5000 + "%").fix == "100%"
    assert valid_range(0, 10**5000).run("7%") is None


def test_large_integers_are_compared_exactly():
    assert valid_range(max=2**53).run(2**53 + 1).fix == 2**53
    assert valid_range(min=2**53 + 1).run(float(2**53)).fix is UNSET
    assert valid_range(min=10**400).run(1.0).fix is UNSET


@pytest.mark.parametrize(
    ("bounds", "wanted"), [((1, None), "at least 1"), ((None, 1), "at most 1"), ((1, 1), "exactly 1")]
)
def test_the_wording_follows_the_bounds_that_are_given(bounds, wanted):
    assert valid_range(*bounds).run(NAN).message == f"The value is NaN; it must be {wanted}."


@pytest.mark.parametrize("bounds", [(), (2, 1), (NAN, 1), (0, NAN), (INF, None), (0, INF), ("0", 1)])
def test_bounds_that_make_no_sense_are_refused_when_the_rule_is_made(bounds):
    with pytest.raises(SpecError) as caught:
        valid_range(*bounds)
    assert caught.value.problems[0].code == "validator-arguments"


def test_it_reads_as_words_for_a_model():
    assert valid_range(0, None).describe() == "at least 0"
