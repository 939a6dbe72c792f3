"""quotes-price: a text that quotes no price."""

from __future__ import annotations

import importlib
import random

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators.quotes_price import quotes_price


def test_it_keeps_the_laws():
    check_validator(
        quotes_price,
        passing=["", "3 rooms", "$HOME", "TOP 10", "1,234", "5 pounds of flour"],
        failing=["$100", "20 €", "CHF 3'000", "twenty dollars", "5 million euros"],
    )


@pytest.mark.parametrize(
    "price",
    [
        "$100", "$131.45", "$.99", "EUR 20", "20 €", "1.234,50 €", "CHF 3'000.–", "5k USD", "US$5", "A$ 20", "twenty dollars",
        "a hundred euros", "50 cents", "₹500", "Rs. 500", "500kr", "$1,000,000", "$5 million", "12,-€", "100 Kč", "5 quid",
        "99¢", "¥1000", "12.50 EUR", "5 Franken",
    ],
)  # fmt: skip
def test_a_price_is_found_and_marked_whole(price):
    result = quotes_price().run(f"It costs {price} today.")
    assert result.message == f'The text must quote no price; it has "{price}". Leave it out.'
    assert result.spans == [(9, 9 + len(price))]
    assert result.fix is UNSET


@pytest.mark.parametrize(
    "text",
    [
        "It has 3 rooms.", "TOP 10 hits in ALL 50 states", "the euro zone", "5 pounds of flour", "version 2.0", "cd $HOME/bin",
        "on 2024-05-31", "He won 3 times.", "5 K runs", "Fr. Meier 3",
    ],
)  # fmt: skip
def test_numbers_without_a_currency_pass(text):
    assert quotes_price().run(text) is None


@pytest.mark.parametrize(
    ("currency", "text", "fails"),
    [
        ("USD", "The price is $100.", True),
        ("JPY", "The price is $131.45.", False),
        ("JPY", "It is ¥100", True),
        ("CNY", "It is ¥100", True),
        ("CAD", "C$ 20", True),
        ("USD", "C$ 20", False),
        ("usd", "20 bucks", True),
        ("TRY", "20 TRY", True),
    ],
)
def test_only_the_currencies_that_are_named_count(currency, text, fails):
    assert (quotes_price([currency]).run(text) is not None) is fails


def test_looking_only_around_digits_and_names_misses_nothing():
    module = importlib.import_module("railguard_validators.quotes_price")
    pick = random.Random(4)
    names = [name for name in module._NAMES if name.isalpha()]
    pieces = ["$", "5", "1.234,50", "EUR", "twenty", "a hundred", "million", " ", " ", "-", "word", "İ", *names]
    count = 0
    for _ in range(3000):
        text = "x" * pick.randint(0, 300) + " " + " ".join(pick.choices(pieces, k=6))
        result = quotes_price().run(text)
        found = [match.span() for match in module._PRICE.finditer(text) if quotes_price().run.__self__._counts(match)]
        assert (list(result.spans) if result else []) == found
        count += len(found)
    assert count > 300


@pytest.mark.parametrize("currencies", [[], ["dollars"], ["840"], "USD"])
def test_what_is_no_currency_is_refused(currencies):
    with pytest.raises(SpecError):
        quotes_price(currencies)


def test_it_answers_to_its_name_in_guardrails_ai():
    assert registry.find_validator("hub://cartesia/quotes_price") is quotes_price


def test_it_reads_as_words_for_a_model():
    assert quotes_price().describe() == "without prices"
    assert quotes_price(["usd", "EUR"]).describe() == "without prices in USD, EUR"
