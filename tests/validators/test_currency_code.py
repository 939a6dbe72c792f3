"""currency-code: a currency as ISO 4217 codes it."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators._formats.currencies import CURRENCIES
from railguard_validators.currency_code import currency_code

# What was withdrawn or added in 2024 to 2026: an older or newer pycountry may say otherwise.
CHANGING = {"ANG", "BGN", "CUC", "HRK", "SLL", "XAD", "XCG", "ZWG", "ZWL", "VED"}


def test_it_keeps_the_laws():
    check_validator(currency_code, passing=["CHF", "EUR", "XAU"], failing=["", "chf", "€", "DEM", "756"])
    check_validator(currency_code("numeric"), passing=["756", "008"], failing=["8", "000", "CHF"])


def test_the_table_is_that_of_iso_4217():
    import pycountry

    theirs = {(c.alpha_3, c.numeric) for c in pycountry.currencies}
    assert {code for code, _ in theirs ^ set(CURRENCIES)} <= CHANGING


@pytest.mark.parametrize("column", [0, 1])
def test_no_code_means_two_currencies(column):
    assert len({currency[column] for currency in CURRENCIES}) == len(CURRENCIES)


@pytest.mark.parametrize("code", ["DEM", "HRK", "BTC", "€", "Euro", "RMB", "US$", "EURO"])
def test_currencies_that_are_withdrawn_or_no_codes_fail_without_a_fix(code):
    result = currency_code().run(code)
    assert (result.message, result.fix) == (
        f'"{code}" is not a three-letter currency code of ISO 4217, such as CHF.',
        UNSET,
    )


@pytest.mark.parametrize(
    ("form", "value", "fix"),
    [("alphabetic", " eur ", "EUR"), ("alphabetic", "978", "EUR"), ("numeric", "eur", "978"), ("numeric", "8", UNSET)],
)
def test_the_other_code_of_the_same_currency_is_put_right(form, value, fix):
    assert currency_code(form).run(value).fix == fix


def test_a_form_that_does_not_exist_is_refused():
    with pytest.raises(SpecError):
        currency_code("alpha-3")


def test_it_reads_as_words_for_a_model():
    assert currency_code().describe() == "a three-letter currency code of ISO 4217, such as CHF"
