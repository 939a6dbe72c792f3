"""valid-address: a postal address."""

from __future__ import annotations

import pytest

from railguard import UNSET, Guard, SpecError, ValidatorError
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators.valid_address import valid_address

GOOD = [
    ("US", "1600 Amphitheatre Parkway, Mountain View, CA 94043"),
    ("US", "10001 Main St\nDallas TX 75201-1234"),
    ("US", "P.O. Box 12, Springfield, IL 62704"),
    ("DE", "Unter den Linden 77, 10117 Berlin"),
    ("DE", "Postfach 12 34\n53113 Bonn"),
    ("GB", "10 Downing Street, London SW1A 2AA"),
    ("FR", "5 rue de la Paix, 75002 Paris"),
    ("JP", "1-1 Chiyoda, Chiyoda-ku, Tokyo 100-8111"),
    ("JP", "〒100-8111 東京都千代田区千代田1-1"),
    ("NL", "Damrak 1, 1012 LG Amsterdam"),
    ("CA", "111 Wellington St, Ottawa, ON K1A 0A9"),
    ("BR", "Av. Paulista, 1578, São Paulo - SP, 01310-200"),
    ("HK", "Flat 5, 12/F, 8 Finance Street, Central, Hong Kong"),
    ("AT", "Stephansplatz 3/2/5\n1010 Wien"),
    ("CHE", "Bahnhofstrasse 12b, CH-8001 Zürich"),
    ("SE", "Kungsgatan 4, 111 43 Stockholm"),
    ("IN", "12 MG Road, Bengaluru 560 001"),
    ("AU", "42 Wallaby Way, Sydney NSW 2000"),
    ("RU", "ул. Ленина, д. 5, Москва, 101000"),
    ("IT", "Via Roma 10, 00184 Roma RM"),
    ("PL", "ul. Prosta 51, 00-838 Warszawa"),
    ("IE", "1 College Green, Dublin 2, D02 VR66"),
]
ADDRESS = "Unter den Linden 77, 10117 Berlin"


def test_it_keeps_the_laws():
    check_validator(
        valid_address,
        passing=[ADDRESS, "10 Downing Street, London SW1A 2AA"],
        failing=["", "Berlin", "10117 Berlin", "Hello, world!", "1" * 600],
    )


@pytest.mark.parametrize(("country", "address"), GOOD)
def test_an_address_passes_with_its_country_and_without(country, address):
    assert valid_address(country).run(address) is None
    if country != "HK":
        assert valid_address().run(address) is None


@pytest.mark.parametrize(
    ("country", "text", "message"),
    [
        (None, "Mountain View, CA 94043", "The address must have a street with a house number, or a P.O. box."),
        (None, "10 Downing Street, London", "The address must have a postal code."),
        ("DE", "Unter den Linden 77, Berlin", "The address must have a postal code as DE writes them."),
        ("DE", "Unter den Linden 77, SW1A 2AA Berlin", "The address must have a postal code as DE writes them."),
        ("US", "12 75201", "The address must have a place and a street."),
        ("US", "P.O. Box 12, 75201", "The address must have a place."),
        (None, "Hello, world!", "The address must have a postal code."),
        (None, "a" * 501, "An address has at most 500 characters."),
    ],
)
def test_what_is_missing_is_named(country, text, message):
    result = valid_address(country).run(text)
    assert (result.message, result.fix) == (message, UNSET)


def test_an_address_service_knows_whether_it_is_there_and_how_it_is_written():
    asked = []

    def lookup(address):
        asked.append(address)
        return {"Ring 1, 10117 Berlin": "Am Ring 1, 10117 Berlin", ADDRESS: True, "Gasse 2, 10117 Berlin": False}.get(
            address
        )

    rule = valid_address("DE", lookup)
    assert rule.run(ADDRESS) is None
    wrong = rule.run("Ring 1, 10117 Berlin")
    assert (wrong.message, wrong.fix) == (
        'The address is written "Am Ring 1, 10117 Berlin".',
        "Am Ring 1, 10117 Berlin",
    )
    for nowhere in ("Gasse 2, 10117 Berlin", "Weg 3, 10117 Berlin"):
        assert rule.run(nowhere).message == "There is no such address; give one that there is."
    assert rule.run("Berlin") is not None
    assert "Berlin" not in asked
    with pytest.raises(ValidatorError, match="lookup returned int"):
        Guard.from_string([valid_address(lookup=len)]).parse(ADDRESS)


def test_what_is_no_country_is_refused():
    with pytest.raises(SpecError, match="no code of a country"):
        valid_address("Germany")


def test_it_answers_to_its_names_in_guardrails_ai():
    assert (
        registry.find_validator("hub://guardrails/valid_address")
        is registry.find_validator("is-valid-address")
        is valid_address
    )


def test_it_reads_as_words_for_a_model():
    assert valid_address().describe() == "a postal address"
    assert valid_address("che").describe() == "a postal address in CH"
