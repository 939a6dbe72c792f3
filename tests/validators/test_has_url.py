"""has-url: a text that names a web address."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.has_url import has_url


def test_it_keeps_the_laws():
    check_validator(
        has_url,
        passing=["https://example.org", "See http://a.b.example:80/x?y.", "(www.example.org)", "HTTP://localhost:8080"],
        failing=["", "example.org", "http://", "https:// example.org", "ftp://example.org", "http://a..b"],
    )
    check_validator(has_url(bare=True), passing=["see example.org.", "https://a.example"], failing=["", "a.b@", "1.2"])


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org",
        "[docs](https://example.org/a_b)",
        "„https://müller.example“",
        "https://ada:secret@example.org",
        "http://192.0.2.1/x",
        "http://[2001:db8::1]/",
        "visit www.example.org!",
        "https://xn--mller-kva.example",
        "https://例え.テスト/",
    ],
)
def test_addresses_of_every_kind_are_found(text):
    assert has_url().run(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "It ended.Then it began.",
        "Run main.py, see README.md",
        "version 1.2.3",
        "ada@example.org",
        "http://.",
        "https://-a.example",
        "https://example",
        "shttp://example.org",
        "www.",
        "awww.example.org",
        "http://1.2.3.4.5",
    ],
)
def test_what_only_looks_like_one_is_none(text):
    result = has_url().run(text)
    assert (result.message, result.fix) == ("The text must have a URL in it, such as https://example.org/page.", UNSET)


def test_a_bare_name_counts_only_if_that_is_wanted_and_an_address_of_mail_never():
    assert has_url(bare=True).run("more at example.org") is None
    assert has_url(bare=True).run("write to ada@example.org") is not None


def test_it_reads_as_words_for_a_model():
    assert has_url().describe() == "has a URL in it"
