"""iban: an international bank account number."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.iban import iban

# The examples of the IBAN registry's own documentation.
GOOD = [
    "GB29NWBK60161331926819",
    "DE89370400440532013000",
    "FR1420041010050500013M02606",
    "NO9386011117947",
    "MT84MALT011000012345MTLCAST001S",
    "BE68539007547034",
    "CH9300762011623852957",
    "SA0380000000608010167519",
]


def test_it_keeps_the_laws():
    check_validator(
        iban, passing=GOOD, failing=["", "DE", GOOD[0][:-1], GOOD[1] + "0", GOOD[1].lower(), "DE00" + GOOD[1][4:]]
    )


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        (
            "GB28NWBK60161331926819",
            "The check digits of the IBAN do not fit the rest of it; copy it again, character by character.",
            UNSET,
        ),
        ("DE8937040044053201300", "An IBAN that begins with DE has 22 characters; this one has 21.", UNSET),
        (
            "gb29 nwbk-6016 1331 9268 19",
            "An IBAN has two capital letters, two digits and then 11 to 30 capital letters or digits, without spaces.",
            "GB29NWBK60161331926819",
        ),
    ],
)
def test_the_flaw_is_named_and_only_the_spelling_is_fixed(value, message, fix):
    result = iban().run(value)
    assert (result.message, result.fix) == (message, fix)


@pytest.mark.parametrize("good", GOOD)
def test_every_change_of_one_character_and_every_swap_is_found(good):
    for at in range(4, len(good)):
        other = "1" if good[at] != "1" else "2"
        assert iban().run(good[:at] + other + good[at + 1 :]) is not None
    for at in range(4, len(good) - 1):
        swapped = good[:at] + good[at + 1] + good[at] + good[at + 2 :]
        assert swapped == good or iban().run(swapped) is not None


def test_check_digits_that_cannot_come_about_are_refused():
    right = next(
        f"DE97{account:018}"
        for account in range(1000)
        if int("".join(str(int(char, 36)) for char in f"{account:018}DE97")) % 97 == 1
    )
    assert iban().run(right) is None
    assert (
        iban().run("DE00" + right[4:]).message
        == "The check digits of the IBAN do not fit the rest of it; copy it again, character by character."
    )


def test_a_country_that_is_not_in_the_table_is_checked_by_its_digits():
    def with_check_digits(country: str, rest: str) -> str:
        number = int("".join(str(int(char, 36)) for char in rest + country + "00"))
        return f"{country}{98 - number % 97:02}{rest}"

    assert iban().run(with_check_digits("ZZ", "12345678901234")) is None
    assert iban().run("ZZ0012345678901234") is not None


def test_the_number_is_never_repeated_in_a_message():
    for bad in ("GB28NWBK60161331926819", "DE8937040044053201300", "gb29 nwbk"):
        assert bad[4:] not in iban().run(bad).message


def test_it_reads_as_words_for_a_model():
    assert iban().describe() == "an IBAN without spaces"
