"""cron: when a job runs."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.cron import cron


def test_it_keeps_the_laws():
    check_validator(
        cron,
        passing=[
            "* * * * *",
            "*/15 0-6,22 1 JAN-MAR mon,FRI",
            "0 0 * * 7",
            "5-55/10 * * * *",
            "@daily",
            " 0\t0 1 1 0 ",
        ],
        failing=[
            "",
            "* * * *",
            "* * * * * *",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * FOO *",
            "@reboot",
            "- * * * *",
        ],
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("60 * * * *", 'The minute "60" of the cron expression is outside 0-59.'),
        ("* 5-1 * * *", 'The hour "5-1" of the cron expression is a range that ends before it starts.'),
        ("* * * * MUN", 'The day of the week "MUN" of the cron expression has the name "MUN", which is none here.'),
        (
            "* * * 1,,2 *",
            'The month "" of the cron expression is not *, a number, a range such as 1-5, '
            "or one of these with a step such as */5.",
        ),
        ("*/0 * * * *", 'The minute "*/0" of the cron expression has the step 0.'),
        ("3/5 * * * *", 'The minute "3/5" of the cron expression has a step without a range; write */5 or 1-5/2.'),
        (
            "a b c d e f g",
            "A cron expression has 5 fields (minute, hour, day of the month, month, day of the week); "
            "this one has 7 fields.",
        ),
    ],
)
def test_the_field_and_its_flaw_are_named(value, message):
    result = cron().run(value)
    assert (result.message, result.fix) == (message, UNSET)


def test_it_reads_as_words_for_a_model():
    assert cron().describe() == "a cron expression of five fields"
