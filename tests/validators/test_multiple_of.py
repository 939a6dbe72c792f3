"""multiple-of: a number that a step divides."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.multiple_of import multiple_of


def test_it_keeps_the_laws():
    check_validator(multiple_of(5), passing=[0, 5, -10, 15.0], failing=[1, 5.5, float("nan"), float("inf")])
    check_validator(multiple_of(0.1), passing=[0.3, 1.1, 2, 10**30], failing=[0.35, 1e-9])


def test_numbers_are_taken_as_they_are_written():
    assert multiple_of(0.01).run(1.15) is None
    assert multiple_of(0.1).run(0.1 + 0.2) is not None
    assert multiple_of(1e-300).run(1e300) is None


def test_the_value_and_the_step_are_named():
    result = multiple_of(0.25).run(1.3)
    assert (result.message, result.fix) == ("The value is 1.3; it must be a multiple of 0.25.", UNSET)


def test_only_whole_steps_are_told_as_a_keyword():
    assert multiple_of(5).constraint("integer") == {"multipleOf": 5}
    assert multiple_of(5.0).constraint("number") == {"multipleOf": 5}
    assert multiple_of(0.1).constraint("number") is None
    assert multiple_of(5).constraint("string") is None


@pytest.mark.parametrize("step", [0, -1, float("nan"), float("inf"), "5"])
def test_steps_that_make_no_sense_are_refused(step):
    with pytest.raises(SpecError):
        multiple_of(step)


def test_it_reads_as_words_for_a_model():
    assert multiple_of(0.5).describe() == "a multiple of 0.5"
