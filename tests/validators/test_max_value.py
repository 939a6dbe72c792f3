"""max-value: a number, or a percentage, that is not too large."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.max_value import max_value


def test_it_keeps_the_laws():
    check_validator(
        max_value(10),
        passing=[10, 9.99, -(10**400), float("-inf"), "10%", "-3%"],
        failing=[11, 10.001, 10**400, float("nan"), "10.1%", "5", ""],
    )


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        (11, "The value is 11; it must be at most 10.5.", 10),
        (11.0, "The value is 11; it must be at most 10.5.", 10.5),
        ("12%", 'The value is "12%"; it must be at most 10.5%.', "10.5%"),
        (float("nan"), "The value is NaN; it must be at most 10.5.", UNSET),
    ],
)
def test_the_bound_is_named_and_is_the_fix(value, message, fix):
    result = max_value(10.5).run(value)
    assert (result.message, result.fix, type(result.fix)) == (message, fix, type(fix))


@pytest.mark.parametrize("arguments", [(), ("1",), (None,), (True,), (float("-inf"),), (1, 2)])
def test_anything_but_one_bound_is_refused(arguments):
    with pytest.raises(SpecError):
        max_value(*arguments)


def test_json_schema_is_told_the_same():
    assert max_value(3).constraint("number") == {"maximum": 3}
    assert max_value(3).constraint("string") is None


def test_it_reads_as_words_for_a_model():
    assert max_value(3).describe() == "at most 3"
