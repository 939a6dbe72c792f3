"""iso-date: a calendar date."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.iso_date import iso_date


def test_it_keeps_the_laws():
    check_validator(
        iso_date,
        passing=["2024-02-29", "0001-01-01", "9999-12-31"],
        failing=[
            "",
            "2023-02-29",
            "2024-13-01",
            "0000-01-01",
            "2024-5-1",
            "٢٠٢٤-٠١-٠١",
            "2024-05-01T00:00:00Z",
            "2024-W01-1",
        ],
    )


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ("2024-5-1", "2024-05-01"),
        ("2024/05/31", "2024-05-31"),
        ("2024.5.31", "2024-05-31"),
        ("20240531", "2024-05-31"),
        (" 2024-05-31 ", "2024-05-31"),
        ("2024/05-31", UNSET),
        ("1/2/2024", UNSET),
        ("31.05.2024", UNSET),
        ("20241399", UNSET),
        ("May 31, 2024", UNSET),
    ],
)
def test_only_dates_in_the_same_order_are_fixed(value, fix):
    result = iso_date().run(value)
    assert result.message == f'"{value}" is not a date written as YYYY-MM-DD, for example 2024-05-31.'
    assert result.fix == fix


def test_a_day_that_does_not_exist_is_not_replaced():
    result = iso_date().run("2024-06-31")
    assert (result.message, result.fix) == ('"2024-06-31" is not a date: there is no such day.', UNSET)


def test_it_reads_as_words_for_a_model():
    assert iso_date().describe() == "a date as 2024-05-31"
