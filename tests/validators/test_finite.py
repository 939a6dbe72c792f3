"""finite: a number that is neither NaN nor infinite."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.finite import finite


def test_it_keeps_the_laws():
    check_validator(
        finite, passing=[0, -0.0, 1e308, 5e-324, 10**400], failing=[float("nan"), float("inf"), float("-inf")]
    )


@pytest.mark.parametrize(("value", "shown"), [(float("nan"), "NaN"), (float("-inf"), "-Infinity")])
def test_the_value_is_named_and_none_is_made_up(value, shown):
    result = finite().run(value)
    assert (result.message, result.fix) == (f"The value is {shown}; it must be a finite number.", UNSET)


def test_it_reads_as_words_for_a_model():
    assert finite().describe() == "a finite number"
