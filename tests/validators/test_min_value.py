"""min-value: a number, or a percentage, that is not too small."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.min_value import min_value


def test_it_keeps_the_laws():
    check_validator(
        min_value(18),
        passing=[18, 18.0, 10**400, float("inf"), "18%", "99.5 %"],
        failing=[17, 17.999, -(10**400), float("nan"), "17.9%", "20", ""],
    )


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        (17, "The value is 17; it must be at least 17.5.", 18),
        (17.0, "The value is 17; it must be at least 17.5.", 17.5),
        ("3%", 'The value is "3%"; it must be at least 17.5%.', "17.5%"),
        (float("nan"), "The value is NaN; it must be at least 17.5.", UNSET),
    ],
)
def test_the_bound_is_named_and_is_the_fix(value, message, fix):
    result = min_value(17.5).run(value)
    assert (result.message, result.fix, type(result.fix)) == (message, fix, type(fix))


@pytest.mark.parametrize("arguments", [(), ("1",), (None,), (True,), (float("inf"),), (1, 2)])
def test_anything_but_one_bound_is_refused(arguments):
    with pytest.raises(SpecError):
        min_value(*arguments)


def test_json_schema_is_told_the_same():
    assert min_value(3).constraint("integer") == {"minimum": 3}
    assert min_value(3).constraint("string") is None


def test_it_reads_as_words_for_a_model():
    assert min_value(3).describe() == "at least 3"
