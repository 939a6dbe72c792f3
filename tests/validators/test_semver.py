"""semver: a version number."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.semver import semver


def test_it_keeps_the_laws():
    check_validator(
        semver,
        passing=[
            "0.0.0",
            "1.2.3",
            "1.0.0-alpha.1",
            "1.0.0-0.3.7",
            "1.0.0-x-y-z.--",
            "1.0.0+21AF.01",
            "1.0.0-0a+b",
            "1.0.0--1",
        ],
        failing=[
            "",
            "1",
            "1.2",
            "01.2.3",
            "1.2.3-",
            "1.2.3-01",
            "1.2.3-a..b",
            "1.2.3+",
            "1.2.3.4",
            "v1.2.3",
            "1.2.3-é",
        ],
    )


@pytest.mark.parametrize(
    ("value", "fix"), [("v1.2.3", "1.2.3"), (" V1.0.0-a\n", "1.0.0-a"), ("v1.2", UNSET), ("1.02.3", UNSET)]
)
def test_only_a_leading_v_and_white_space_are_taken_away(value, fix):
    result = semver().run(value)
    assert result.message.endswith(" is not a semantic version, which is written as 1.2.3 or 1.2.3-rc.1.")
    assert result.fix == fix


def test_it_reads_as_words_for_a_model():
    assert semver().describe() == "a version as 1.2.3 (semver.org)"
