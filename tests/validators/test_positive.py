"""positive: a number above zero."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.positive import positive


def test_it_keeps_the_laws():
    check_validator(positive, passing=[1, 0.001, 10**400], failing=[0, -0.0, -1, float("nan")])


@pytest.mark.parametrize(("value", "shown"), [(0, "0"), (-0.5, "-0.5"), (-(10**50), "an integer of 51 digits")])
def test_the_value_is_named_and_no_other_is_made_up(value, shown):
    result = positive().run(value)
    assert (result.message, result.fix) == (f"The value is {shown}; it must be above 0.", UNSET)


def test_it_reads_as_words_for_a_model():
    assert positive().describe() == "above 0"
