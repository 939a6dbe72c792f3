"""credit-card: a payment card number."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.credit_card import credit_card

GOOD = ["4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "30569309025904"]


def test_it_keeps_the_laws():
    check_validator(
        credit_card, passing=GOOD, failing=["", "4111111111111112", "411111", "4111 1111 1111 1111", "٤" * 16]
    )


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        (
            "4111111111111112",
            "The last digit of the card number does not fit the others; copy it again, digit by digit.",
            UNSET,
        ),
        ("41111111", "The card number has 8 digits; it must have 12 to 19.", UNSET),
        ("4111-1111-1111-1111", "The card number must be digits only.", "4111111111111111"),
        ("4111-1111-1111-1112", "The card number must be digits only.", UNSET),
    ],
)
def test_the_flaw_is_named_without_the_number_and_only_separators_are_fixed(value, message, fix):
    result = credit_card().run(value)
    assert (result.message, result.fix) == (message, fix)


@pytest.mark.parametrize("value", ["0" * 16, "0" * 12, "8" * 16, "6" * 13, "2" * 17, "0000000000000018"])
def test_digits_whose_check_digit_fits_and_that_no_card_has_fail(value):
    message = "This is a placeholder, not a card number; write the real card number."
    assert credit_card().run(value).message == message


@pytest.mark.parametrize("good", GOOD)
def test_every_wrong_digit_is_found(good):
    for at in range(len(good)):
        for digit in "0123456789".replace(good[at], ""):
            assert credit_card().run(good[:at] + digit + good[at + 1 :]) is not None


def test_it_reads_as_words_for_a_model():
    assert credit_card().describe() == "a card number, digits only"
