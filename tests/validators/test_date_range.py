"""date-range: a date or a point in time between two others."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.date_range import date_range


def test_it_keeps_the_laws():
    check_validator(
        date_range("2024-01-01", "2024-12-31"),
        passing=["2024-01-01", "2024-12-31", "2024-02-29T23:59:59.5+14:00"],
        failing=["", "2023-12-31", "2025-01-01", "2024-02-30", "2024-1-1", "2024-05-31T25:00:00", "٢٠٢٤-٠١-٠١"],
    )
    check_validator(
        date_range(min="2024-01-01T00:00:00Z"),
        passing=["2024-01-01T00:00:00Z", "2023-12-31T23:00:00-01:00", "9999-12-31T23:59:59-23:59"],
        failing=["2023-12-31T23:59:59.999999999Z", "2024-01-01", "2024-01-01T00:00:00", "0001-01-01T00:00:00+23:59"],
    )


@pytest.mark.parametrize(
    ("bounds", "value", "message"),
    [
        (("2024-01-01", None), "2023-12-31", '"2023-12-31" is too early; it must be 2024-01-01 or later.'),
        ((None, "2024-01-01"), "2024-01-02", '"2024-01-02" is too late; it must be 2024-01-01 or earlier.'),
        ((None, "2024-01-01"), "2023-02-29", '"2023-02-29" is not a date as 2024-05-31: there is no such day.'),
        ((None, "2024-01-01"), "1 May", '"1 May" is not a date as 2024-05-31.'),
        (
            (None, "2024-01-01T00:00:00Z"),
            "2023-05-01",
            '"2023-05-01" is not a date-time as 2024-05-31T09:30:00Z: it has no time of day.',
        ),
        (
            (None, "2024-01-01T00:00:00Z"),
            "2023-05-01T09:00:00",
            '"2023-05-01T09:00:00" is not a date-time as 2024-05-31T09:30:00Z: it must have an offset such as Z or +02:00.',
        ),
        (
            (None, "2024-01-01T00:00:00"),
            "2023-05-01T09:00:00Z",
            '"2023-05-01T09:00:00Z" is not a date-time as 2024-05-31T09:30:00: it must have no offset.',
        ),
    ],
)
def test_a_failure_says_what_is_wrong_and_what_would_be_right(bounds, value, message):
    result = date_range(*bounds).run(value)
    assert (result.message, result.fix) == (message, UNSET)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2024-05-31T10:00:00+02:00", "2024-05-31T08:00:00.000000001Z"),
        ("2024-05-31T23:59:59-01:00", "2024-06-01T01:00:00Z"),
        ("2024-05-31T00:00:00.45Z", "2024-05-31T00:00:00.5Z"),
        ("2024-05-31T00:00:00.5Z", "2024-05-31T00:00:01Z"),
    ],
)
def test_instants_are_compared_whatever_their_offset_and_to_the_last_digit(earlier, later):
    assert date_range(min=earlier).run(later) is None
    assert date_range(max=earlier).run(later) is not None
    assert date_range(min=later).run(earlier) is not None


def test_a_bound_itself_passes_in_every_spelling():
    rule = date_range("2024-05-31T10:00:00Z", "2024-05-31T10:00:00Z")
    for same in ("2024-05-31T10:00:00z", "2024-05-31t12:00:00.000+02:00", "2024-05-31T09:00:00-01:00"):
        assert rule.run(same) is None


def test_by_day_a_date_time_counts_as_the_day_that_is_written():
    rule = date_range(max="2024-05-31")
    assert rule.run("2024-05-31T23:59:59-12:00") is None
    assert rule.run("2024-06-01T00:00:00+14:00") is not None


@pytest.mark.parametrize(
    "bounds",
    [
        (),
        ("today", None),
        ("2024-02-30", None),
        ("2024-01-02", "2024-01-01"),
        ("2024-01-01", "2024-01-01T00:00:00Z"),
        ("2024-01-01T00:00:00", "2024-01-01T00:00:00Z"),
        ("2024", None),
    ],
)
def test_bounds_that_say_nothing_are_refused(bounds):
    with pytest.raises(SpecError):
        date_range(*bounds)


def test_it_reads_as_words_for_a_model():
    assert date_range("2024-01-01", "2024-12-31").describe() == "a date as 2024-05-31, from 2024-01-01 to 2024-12-31"
    assert date_range(max="2024-01-01T00:00:00Z").describe() == (
        "a date-time as 2024-05-31T09:30:00Z, 2024-01-01T00:00:00Z or earlier"
    )
