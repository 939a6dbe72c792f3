"""email: an e-mail address."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.email import email


def test_it_keeps_the_laws():
    check_validator(
        email,
        passing=["a@b.co", "ada.lovelace+x@sub.example.org", "o'neil@example.museum", "x" * 64 + "@example.org"],
        failing=["", "@", "a@b", "a@@b.co", ".a@b.co", "a..b@c.de", "a@b..co", "a@-b.co", "x" * 65 + "@b.co"],
    )


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("ada", "it has no @"),
        ("@example.org", "nothing stands before the @"),
        ("a b@example.org", '" " may not stand before the @'),
        ("müller@example.org", '"ü" may not stand before the @'),
        ("a.@example.org", "before the @, a dot must stand between two other characters"),
        ("a@example", 'the domain "example" has no dot'),
        ("a@10.0.0.1", 'the domain "10.0.0.1" ends in a number'),
        ("a@exa_mple.org", '"_" may not stand in a domain'),
        ("a@example..org", '"example..org" is no domain name'),
        ("a@", 'the domain "" has no dot'),
    ],
)
def test_a_failure_says_what_is_wrong(value, why):
    result = email().run(value)
    assert (result.message, result.fix) == (f'"{value}" is not an e-mail address: {why}.', UNSET)


def test_lengths_are_those_of_rfc_5321():
    domain = ".".join(["d" * 61] * 3) + ".org"
    assert email().run("x" * 64 + "@" + domain) is None
    assert "65 characters stand before the @" in email().run("x" * 65 + "@" + domain).message
    assert "it has 255 characters" in email().run("x" * 63 + "@d" + domain + "a").message
    assert "is no domain name" in email().run("a@" + "d" * 64 + ".org").message


def test_white_space_around_an_address_is_the_one_thing_that_is_mended():
    assert email().run(" ada@example.org\n").fix == "ada@example.org"
    assert email().run("mailto:ada@example.org").fix is UNSET


def test_it_reads_as_words_for_a_model():
    assert email().describe() == "an e-mail address"
