"""phone: a telephone number that can be dialled from anywhere."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.phone import phone


def test_it_keeps_the_laws():
    check_validator(
        phone,
        passing=["+14155550123", "+4930901820", "+123456789012345"],
        failing=[
            "",
            "4155550123",
            "+0123456789",
            "+1 415",
            "+1234567890123456",
            "+1 (415) 555-0123",
            "+٤٩٣٠٩٠١٨٢٠",
            "+49abc",
        ],
    )


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        ("+1 (415) 555-0123", "The phone number must have nothing between its digits.", "+14155550123"),
        ("+49/30.90 18–20", "The phone number must have nothing between its digits.", "+4930901820"),
        ("030 901820", "The phone number must begin with + and the country code.", UNSET),
        (
            "+44 (0)20 7946 0018",
            "The phone number must not have the (0) that is dialled within the country only.",
            UNSET,
        ),
        ("+0049 30 901820", "No country code begins with 0.", UNSET),
        ("+49 030 901820", "The phone number must not have the 0 that is dialled within the country only.", UNSET),
        ("+39 06 1234567", "The phone number must have nothing between its digits.", "+39061234567"),
        ("+1 (415) 555-0123 / 0124", "The phone number must be one number; a slash stands between two.", UNSET),
        ("+14155550123\n+14155550124", "The phone number must have digits only after the +, and nothing else.", UNSET),
        ("+14155550\n123", "The phone number must have digits only after the +, and nothing else.", UNSET),
        (" +14155550123\n", "The phone number must have nothing between its digits.", "+14155550123"),
        ("+1 415", "The phone number has 4 digits; it must have 7 to 15.", UNSET),
        ("+1 800 FLOWERS", "The phone number must have digits only after the +, and nothing else.", UNSET),
        ("+", "The phone number must have digits only after the +, and nothing else.", UNSET),
    ],
)
def test_separators_are_taken_out_and_nothing_else_is_guessed(value, message, fix):
    result = phone().run(value)
    assert (result.message, result.fix) == (message, fix)


def test_it_reads_as_words_for_a_model():
    assert phone().describe() == "a phone number in international form as +14155550123"
