"""Formats: what is one and what only looks like one, and the same answer through a guard."""

import pytest

from railguard import Guard
from railguard.schema.formats import FORMATS, matches_strptime
from railguard.testing.growth import steep_growth

DATES = (
    ["2024-01-02", "2024-02-29", "0001-01-01", "9999-12-31"],
    [
        "20240102",
        "2024-1-2",
        "2024-02-30",
        "2023-02-29",
        "2024-13-01",
        "2024-00-10",
        "24-01-02",
        "",
        " 2024-01-02",
        "2024-01-02 ",
        "2024-01-02\n",
        "2024-W01-2",
        "2024-01",
        "02.01.2024",
        "01/02/2024",
        "٢٠٢٤-٠١-٠٢",
        "0000-01-01",
    ],
)
TIMES = (
    ["00:00:00", "23:59:59", "23:59:60", "12:00:00Z", "12:00:00z", "12:00:00.123456789+01:00", "12:00:00-23:59"],
    [
        "24:00:00",
        "12:60:00",
        "12:00:61",
        "12:00",
        "1:00:00",
        "12:00:00+24:00",
        "12:00:00+0100",
        "12:00:00.",
        "",
        "noon",
        "12:00:00 Z",
        "12:00:00\n",
        "120000",
        "12:00:00,5",
    ],
)
DATE_TIMES = (
    ["2024-01-02T12:00:00Z", "2024-01-02t12:00:00z", "2024-01-02 12:00:00", "2024-01-02T12:00:00.5+02:00"],
    [
        "2024-01-02",
        "2024-01-02T",
        "T12:00:00",
        "2024-01-02T25:00:00",
        "2024-02-30T12:00:00",
        "1704196800",
        "20240102T12",
        "2024-01-02  12:00:00",
        "2024-01-02_12:00:00",
        "2024-01-02T12:00:00\n",
    ],
)
PERCENTAGES = (
    ["12%", "12.5%", "-3 %", "+.5%", "0%"],
    ["12", "%", "12.%", "1,5%", "12  %", "12%%", "x%", "", "12% ", "1e2%", "١٢%"],
)
NAMED: dict[str, tuple[list[str], list[str]]] = {
    "url": (
        [
            "https://example.org",
            "http://a/b?c#d",
            "ftp://user@host:21/x",
            "https://[::1]:80/",
            "https://bücher.example",
        ],
        [
            "example.org",
            "https://",
            "https:/x",
            "https://a b",
            "//host/x",
            "javascript:alert(1)",
            "",
            "https://a\n",
            "http://a/<x>",
            "mailto:a@b.c",
            "https://:80",
        ],
    ),
    "uri": (
        [
            "https://example.org",
            "http://a/b?c#d",
            "mailto:a@b.c",
            "mailto:a@b.c?subject=x%20y",
            "urn:isbn:0451450523",
            "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "tel:+1-816-555-1212",
            "news:comp.infosystems.www.servers.unix",
            "data:text/plain;base64,SGk=",
            "file:///etc/hosts",
            "doi:10.1000/182",
            "x:/a/b",
        ],
        [
            "example.org",
            "/a/b",
            "//host/x",
            "https://",
            "https:// shouldfail.com",
            "mailto:a b",
            "urn:a%2",
            "urn:a%zz",
            "urn:<x>",
            "1x:a",
            "bar,baz:foo",
            ":a",
            "note",
            "",
            "urn:a\n",
            "urn:a[b]",
        ],
    ),
    "email": (
        ["a@b.co", "first.last+tag@sub.example.org", "ü@bücher.example", "a@localhost"],
        [
            "a",
            "@b.co",
            "a@",
            "a@b@c",
            "a b@c.d",
            "a..b@c.d",
            ".a@b.c",
            "a.@b.c",
            "a@-b.c",
            "",
            "a@b.c\n",
            "a@b..c",
            "x" * 65 + "@b.co",
            "a@" + "b" * 64 + ".co",
        ],
    ),
    "uuid": (
        ["123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"],
        ["123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}", "g" * 36, ""],
    ),
    "ipv4": (["127.0.0.1", "255.255.255.255"], ["256.0.0.1", "1.2.3", "::1", "01.2.3.4", "", "1.2.3.4/8", " 1.2.3.4"]),
    "ipv6": (["::1", "2001:db8::8a2e:370:7334"], ["127.0.0.1", ":::1", "fe80::1%eth0", "", "::1\n"]),
    "hostname": (
        ["a", "sub.example.org", "a-b.c", "xn--mnchen-3ya.de", "XN--MNCHEN-3YA.de"],
        ["-a.b", "a-.b", "a..b", "", "a_b", "x" * 64, "a.b ", "xn--a.de", "xn--X", "xn--99999999999.de"],
    ),
    "duration": (["P1Y2M3DT4H5M6S", "P2W", "PT0.5S"], ["P", "PT", "1D", "P1S", "P1W2D", "", "-P1D"]),
    "json-pointer": (["", "/a/0", "/a~0b/~1"], ["a", "/~2", "/~"]),
    "regex": (["a+b", "^x$", "(?P<n>.)"], ["(", "[a", "*"]),
    "uri-reference": (
        ["", "a/b", "#x", "?q=1", "//a", "mailto:a", "./1:b"],
        ["a b", "<x>", "a\\b", "?q=é", "1:b", "%"],
    ),
    "iri": (["https://é/ü?q=ß", "urn:é"], ["é", "http://a b", "http://\ud7ff\ue000"]),
    "iri-reference": (["", "é/ü", "#ß"], ["a b", "\\"]),
    "uri-template": (["", "/a{?b,c*}{d:3}", "{+x}"], ["{", "{}", "{a", "a}", "{a:0}", "{,}", "a b"]),
    "idn-hostname": (["münchen.de", "a", "実例.com"], ["", "-a", "a..b", "example.", "\u302e", "a b"]),
    "relative-json-pointer": (["0", "1/a", "2#", "0-1/b"], ["", "/a", "01", "+1", "-1", "1##", "0/~"]),
    "percentage": PERCENTAGES,
    "date": DATES,
    "time": TIMES,
    "date-time": DATE_TIMES,
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_named_format_has_a_table_and_keeps_it(name: str) -> None:
    right, wrong = NAMED[name]
    assert [text for text in right if not FORMATS[name].check(text)] == []
    assert [text for text in wrong if FORMATS[name].check(text)] == []


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("piece", ["a", "a.", "a@", "-", "1", ":", "/", "~", "a-", "%", "(", "[", "P1", "1:", "a/"])
def test_a_format_takes_linear_time(name: str, piece: str) -> None:
    for head in ("", "https://", "a@"):
        assert steep_growth(FORMATS[name].check, lambda n: head + piece * n, largest=60_000) is None  # noqa: B023


@pytest.mark.parametrize(
    ("format", "right", "wrong"),
    [
        ("%d.%m.%Y", ["02.01.2024", "2.1.2024"], ["2024-01-02", "31.02.2024", "", "02.01.2024 x"]),
        ("%H:%M", ["12:30"], ["25:00", "12:30:00"]),
        ("%Y", ["2024"], ["24", "x"]),
        ("%d.%m.", ["02.01."], ["02.13."]),
    ],
)
def test_a_format_of_the_authors_is_strptimes(format: str, right: list[str], wrong: list[str]) -> None:
    assert all(matches_strptime(text, format) for text in right)
    assert not any(matches_strptime(text, format) for text in wrong)
    assert not matches_strptime("9" * 100_000, format)


RAIL = '<rail version="1.0"><output>{}</output></rail>'


@pytest.mark.parametrize(
    ("element", "right", "wrong"),
    [
        ('<date name="f"/>', "2024-01-02", "20240102"),
        ('<date name="f" date-format="%d.%m.%Y"/>', "02.01.2024", "2024-01-02"),
        ('<time name="f"/>', "12:00:00", "12:00:61"),
        ('<datetime name="f"/>', "2024-01-02T12:00:00", "2024-02-30T12:00:00"),
        ('<percentage name="f"/>', "12.5%", "12.5"),
        ('<email name="f"/>', "a@b.co", "a@@b.co"),
        ('<url name="f"/>', "https://a.b", "a.b"),
    ],
)
def test_dates_and_formats_are_texts_in_and_out(element: str, right: str, wrong: str) -> None:
    guard = Guard.from_rail_string(RAIL.format(element), repair="none")
    assert guard.parse(f'{{"f":"{right}"}}').output == {"f": right}
    outcome = guard.parse(f'{{"f":"{wrong}"}}')
    assert [(f.path, f.validator) for f in outcome.failures] == [(("f",), "format")]
    assert not guard.parse('{"f":1704153600}').passed


@pytest.mark.parametrize(
    ("format", "right", "wrong"),
    [
        ("%d %b", ["29 Feb", "01 Jan", "31 Dec"], ["30 Feb", "32 Jan", "Feb 29", "29 Feb 2024"]),
        ("%m-%d", ["02-29", "12-31"], ["02-30", "13-01"]),
        ("%d/%m %H:%M", ["29/02 23:59"], ["29/02", "29/02 24:00"]),
        ("%%d %m", ["%d 12"], ["29 12"]),
        ("%d %b %Y", ["29 Feb 2024"], ["29 Feb 2023", "29 Feb"]),
    ],
)
def test_a_format_without_a_year_takes_every_day_that_some_year_has(
    format: str, right: list[str], wrong: list[str]
) -> None:
    """On every Python, and without the warning of 3.13, which would be an error here."""
    assert [text for text in right if not matches_strptime(text, format)] == []
    assert [text for text in wrong if matches_strptime(text, format)] == []
