"""unsafe-links: a text whose links lead where they say, and nowhere dangerous."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.unsafe_links import unsafe_links


def test_it_keeps_the_laws():
    check_validator(
        unsafe_links(),
        passing=[
            "",
            "](",
            "[a](b)",
            "https://example.org",
            "<a href=x>y</a>",
            "[a]: b",
            "![",
            "http://",
            "www.",
            "[[[[a]](b)",
        ],
        failing=[
            "[a](javascript:b)",
            "http://127.0.0.1",
            "https://a@b.example",
            "<a href='http://xn--80ak6aa92e.com'>",
        ],
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[x](javascript:alert(1))", 'its scheme must be one of "http", "https", "mailto"'),
        ("<a href='java\tscript:a()'>x</a>", 'its scheme must be one of "http", "https", "mailto"'),
        ("[x](data:text/html;base64,AAAA)", 'its scheme must be one of "http", "https", "mailto"'),
        ("see file:///etc/passwd", 'its scheme must be one of "http", "https", "mailto"'),
        ("<vbscript:a>", 'its scheme must be one of "http", "https", "mailto"'),
        ("https://bank.example@evil.example/", '"bank.example" before the @ is no part of the address'),
        ("[x](//user:pw@evil.example)", '"user:pw" before the @ is no part of the address'),
        ("http://192.168.0.1/admin", '"192.168.0.1" lies in a private network'),
        ("http://[::1]:8080/", '"::1" lies in a private network'),
        ("http://[::ffff:10.0.0.1]/", '"::ffff:10.0.0.1" lies in a private network'),
        ("http://2130706433/", '"2130706433" lies in a private network'),
        ("http://0x7f.1/", '"0x7f.1" lies in a private network'),
        ("http://0177.0.0.1/", '"0177.0.0.1" lies in a private network'),
        ("http://169.254.169.254/latest/meta-data", '"169.254.169.254" lies in a private network'),
        ("http://localhost:3000", '"localhost" lies in a private network'),
        ("http://db.internal/", '"db.internal" lies in a private network'),
        ("http://intranet/", '"intranet" lies in a private network'),
        ("https://exаmple.com", '"exаmple" mixes letters of several alphabets'),
        ("https://xn--80ak6aa92e.com", '"аррӏе" is made of letters that look like Latin ones'),
        ("https://xn--99999999.com/", '"xn--99999999" is no name in punycode'),
        ("https://ｅxample.com", '"ｅxample.com" has letters that browsers turn into others'),
        ("[x](https://a\u202eb.example)", "it has characters that are not seen"),
        ("[www.bank.com](https://evil.example)", 'its text says "www.bank.com"'),
        ("[https://bank.com/login](https://bank.com.evil.example/)", 'its text says "https://bank.com/login"'),
        ("<a href='https://evil.example'>paypal.com</a>", 'its text says "paypal.com"'),
        ("[**bank.com**](http:\\\\evil.example)", 'its text says "bank.com"'),
        ("[www.bank.com][1]\n\n[1]: https://evil.example", 'its text says "www.bank.com"'),
        ("[www.bank.com]\n\n> [www.bank.com]: https://evil.example", 'its text says "www.bank.com"'),
        ("<a href='https://evil.example'><b>www.bank.com</b></a>", 'its text says "www.bank.com"'),
        ("[a](http\\://127.0.0.1)", '"127.0.0.1" lies in a private network'),
        ("[a][1]\n\n[1]: javascript:alert(1)", 'its scheme must be one of "http", "https", "mailto"'),
    ],
)
def test_an_unsafe_link_is_named_with_the_reason(text, why):
    result = unsafe_links().run(text)
    assert result.message.endswith(f" is none: {why}.")
    assert result.fix is UNSET


@pytest.mark.parametrize(
    "text",
    [
        "See https://example.org/a?b=c#d, or mailto:ada@example.org.",
        "[home](/) [top](#top) [rel](a/b.html?x=1) [empty]()",
        "[example.org](https://www.example.org/path)",
        "[shop.example.com](https://example.com)",
        "[example.com](https://shop.example.com)",
        "[README.md](https://example.org/repo/README.md)",
        "[Node.js](https://example.org/node) [ASP.NET](https://example.org/net)",
        "https://müller.example, https://bücher.de and https://日本語.jp",
        "https://президент.рф",
        "http://8.8.8.8/ and https://[2606:4700:4700::1111]/",
        "a://b is no link to f(x)://y",
        "C:\\Windows and 12:30 and key:value",
        "[x](https://en.example.org/wiki/A_(b))",
        "a@b.example",
    ],
)
def test_safe_links_pass(text):
    assert unsafe_links(schemes=["http", "https", "mailto", "a"]).run(text) is None


def test_domains_are_the_only_ones_and_may_be_of_the_own_network():
    rule = unsafe_links(domains=["example.org", "wiki.internal"])
    assert rule.run("https://a.example.org http://wiki.internal/x [r](b.html)") is None
    assert rule.run("https://badexample.org").message == (
        'The text must have safe links only; "https://badexample.org" is none: it may lead to "example.org", '
        '"wiki.internal" only.'
    )


def test_all_are_marked_and_counted():
    result = unsafe_links().run("[a](ftp://x.example) and http://10.0.0.1")
    assert result.spans == [(4, 19), (25, 40)]
    assert result.message.endswith(" It is one of 2.")


@pytest.mark.parametrize("arguments", [{"domains": []}, {"domains": ["https://a.b"]}, {"schemes": [""]}])
def test_parameters_that_make_no_sense_are_refused(arguments):
    with pytest.raises(SpecError):
        unsafe_links(**arguments)


def test_it_reads_as_words_for_a_model():
    assert unsafe_links().describe() == "safe links only"
    assert unsafe_links(["example.org"]).describe() == "safe links only, to example.org"
