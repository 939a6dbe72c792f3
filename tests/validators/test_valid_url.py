"""valid-url: an absolute URL with a host."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.valid_url import valid_url


def test_it_keeps_the_laws():
    check_validator(
        valid_url,
        passing=[
            "https://example.org",
            "http://u:p%20w@example.org:8080/a/b;c?d=e&f=%2F#g?h",
            "ftp://10.0.0.1/",
            "http://[2001:db8::1]:80/",
            "postgres://my_db.internal/x",
            "http://localhost",
            "https://example.org.",
            "https://192.0.2.1",
            "https://node1",
            "https://node-1.example2/",
        ],
        failing=[
            "",
            "example.org",
            "//example.org",
            "http://",
            "http:///a",
            "https://exa mple.org",
            "https://example.org/ä",
            "https://example.org:99999",
            "https://[::1",
            "https://a..b",
            "https://example.org/%zz",
            "javascript:alert(1)",
            "http://192.0.2.999/",
            "http://0x7f.1/",
            "http://2130706433/",
            " https://example.org",
        ],
    )


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("example.org/a", "it has no scheme such as https:// at its start"),
        ("localhost:8080", "it has no scheme such as https:// at its start"),
        ("mailto:ada@example.org", '"mailto:" is not followed by //'),
        ("https://", "it has no host"),
        ("https://:80/", "it has no host"),
        ("https://ex ample.org", '" " may not stand in it unless percent-encoded'),
        ("https://example.org/100%", "a % must be followed by two hexadecimal digits"),
        ("https://example.org:http", 'the port "http" is not a number'),
        ("https://example.org:65536", "the port 65536 is above 65535"),
        ("https://example.org:655360", 'the port "655360" is above 65535'),
        ("https://-example.org", '"-example.org" is no host name'),
        ("https://[12::g]", '"[12::g]" is no host'),
        ("https://192.0.2.256", '"192.0.2.256" is no IPv4 address'),
        ("https://[1::2::3]", '"1::2::3" is no IPv6 address'),
        ("https://example.org/#a#b", "[, ] and a second # must be percent-encoded behind the host"),
    ],
)
def test_a_failure_says_what_is_wrong(value, why):
    result = valid_url().run(value)
    assert (result.message, result.fix) == (f'"{value}" is not a URL: {why}.', UNSET)


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        (" https://example.org\n", "https://example.org"),
        ("https://example.org/Köln?ü=%C3%BC#é", "https://example.org/K%C3%B6ln?%C3%BC=%C3%BC#%C3%A9"),
        ("https://köln.de/", UNSET),
        ("https://example.org/a b", UNSET),
    ],
)
def test_only_what_is_the_same_address_is_a_fix(value, fix):
    assert valid_url().run(value).fix == fix


def test_schemes_can_be_limited():
    rule = valid_url(schemes=["https", "FTP"])
    assert rule.run("HTTPS://example.org") is None
    assert rule.run("ftp://example.org") is None
    assert rule.run("http://a.b").message == '"http://a.b" is not allowed: its scheme must be one of: "https", "ftp".'


@pytest.mark.parametrize("schemes", [[], ["https://"], ["1a"], "https"])
def test_schemes_that_are_none_are_refused(schemes):
    with pytest.raises(SpecError):
        valid_url(schemes=schemes)


def test_it_reads_as_words_for_a_model():
    assert valid_url().describe() == "a URL with its scheme and host"
