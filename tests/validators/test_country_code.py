"""country-code: a country as ISO 3166-1 codes it."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators._formats.countries import COUNTRIES
from railguard_validators.country_code import country_code


def test_it_keeps_the_laws():
    check_validator(country_code, passing=["CH", "DE"], failing=["", "ch", "CHE", "756", "UK"])
    check_validator(country_code("alpha-3"), passing=["CHE", "GBR"], failing=["CH", "che", "DDR"])
    check_validator(country_code("numeric"), passing=["756", "004"], failing=["4", "000", "٧٥٦"])


def test_the_table_is_that_of_iso_3166():
    import pycountry

    assert {(c.alpha_2, c.alpha_3, c.numeric) for c in pycountry.countries} == set(COUNTRIES)


@pytest.mark.parametrize("column", [0, 1, 2])
def test_no_code_means_two_countries(column):
    assert len({country[column] for country in COUNTRIES}) == len(COUNTRIES) == 249


@pytest.mark.parametrize("code", ["UK", "EU", "XK", "AN", "SU", "ZZ", "Switzerland", "C", "ＣＨ"])
def test_codes_that_are_reserved_withdrawn_or_made_up_are_none(code):
    result = country_code().run(code)
    assert (result.message, result.fix) == (
        f'"{code}" is not a two-letter country code of ISO 3166-1, such as CH.',
        UNSET,
    )


@pytest.mark.parametrize(
    ("form", "value", "fix"),
    [
        ("alpha-2", " ch\n", "CH"),
        ("alpha-2", "CHE", "CH"),
        ("alpha-2", "756", "CH"),
        ("alpha-3", "ch", "CHE"),
        ("numeric", "Af", "004"),
        ("numeric", "4", UNSET),
        ("alpha-2", " " * 1000 + "CH", UNSET),
    ],
)
def test_another_code_of_the_same_country_is_put_right(form, value, fix):
    assert country_code(form).run(value).fix == fix


def test_a_form_that_does_not_exist_is_refused():
    with pytest.raises(SpecError):
        country_code("alpha-4")


def test_it_reads_as_words_for_a_model():
    assert country_code("numeric").describe() == "a three-digit country code of ISO 3166-1, such as 756"
