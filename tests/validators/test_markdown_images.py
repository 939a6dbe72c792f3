"""markdown-images: a text that loads no pictures from strange hosts."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.markdown_images import markdown_images


def test_it_keeps_the_laws():
    check_validator(
        markdown_images(["example.org"]),
        passing=[
            "",
            "![",
            "![a](b.png)",
            "[a](https://b.example)",
            "![a](https://example.org/a)",
            "!",
            "<img>",
            "![a][b]",
        ],
        failing=["![a](https://b.example/c)", "<img src=//b.example/c alt=d>", "![a][1]\n\n[1]: https://b.example/c"],
    )


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("A ![x](https://evil.example/a.png?q=1) b", "A x b"),
        ("![](<https://evil.example/a b>)", ""),
        ("![x](//evil.example/a)", "x"),
        ("![x](https:\\\\evil.example/a 'title')", "x"),
        ("[![x](https://evil.example/a)](https://example.org)", "[x](https://example.org)"),
        ("![x][1] y\n\n[1]: https://evil.example/a", "x y\n\n[1]: https://evil.example/a"),
        ("![X]\n\n[x]: https://evil.example/a", "X\n\n[x]: https://evil.example/a"),
        ("a<img alt='b' src='https://evil.example/c'>d", "abd"),
        ("<img srcset='a.png 1x, https://evil.example/b 2x'>", ""),
        ("<div style=\"background: url('https://evil.example/b')\">x", "x"),
        ("<video poster=https://evil.example/b>", ""),
        ("<image xlink:href='http://evil.example/b'/>", ""),
        ("<iframe src=https://evil.example>", ""),
        ("<link rel=icon href=https://evil.example/i>", ""),
        ("<link rel=preload as=image imagesrcset='https://evil.example/i 1x'>", ""),
        ("![x](https\\://evil.example/a)", "x"),
        ("![x][1]\n\n[1]:\nhttps://evil.example/a", "x\n\n[1]:\nhttps://evil.example/a"),
        ("> ![[x]][1]\n>\n> [1]: https://evil.example/a", "> [x]\n>\n> [1]: https://evil.example/a"),
        ("![x][a\nb]\n\n[A b]: https://evil.example/a", "x\n\n[A b]: https://evil.example/a"),
        ("<style>body { background: url(https://evil.example/a) }</style>x", "x"),
        ("<style>@import '//evil.example/a.css';</style>x", "x"),
        ("<p style='background:u\\72l(https://evil.example/a)'>x", "x"),
        ("<p style='background:image-set(\"https://evil.example/a\" 1x)'>x", "x"),
        ("<rect filter='url(https://evil.example/a#b)'>x", "x"),
        ("<iframe srcdoc='<img src=https://evil.example/a>'>x", "x"),
        ("<iframe srcdoc='<p style=\"background:url(//evil.example/a)\">'>x", "x"),
        ('<title><p a="</title><img src=https://evil.example/a>">', '<title><p a="</title>">'),
    ],
)
def test_a_remote_picture_fails_and_the_fix_has_its_alternative_text(text, fix):
    result = markdown_images().run(text)
    assert 'is on "evil.example"' in result.message
    assert result.fix == fix


@pytest.mark.parametrize(
    "text",
    [
        "![x](a/b.png) ![y](data:image/png;base64,AAAA)",
        "[x](https://evil.example/a.png)",
        "https://evil.example/a.png",
        "<a href='https://evil.example'>x</a>",
        "[1]: https://evil.example/a",
        "wow! [x](https://evil.example)",
    ],
)
def test_links_and_own_pictures_pass(text):
    assert markdown_images().run(text) is None


def test_allowed_hosts_have_all_below_them():
    rule = markdown_images(["*.example.org"])
    assert rule.run("![a](https://img.example.org/a)![b](http://example.org/b)") is None
    assert rule.run("![a](https://example.org.evil.example/a)![b](//c.example/d)").message == (
        'The text must load no pictures from other hosts; "https://example.org.evil.example/a" is on '
        '"example.org.evil.example", and 1 more; allowed are "example.org".'
    )


def test_what_is_left_is_looked_at_again_and_where_that_does_not_end_there_is_no_fix():
    assert markdown_images().run("!![](//x.example/b)[c](//x.example/d)").fix == "c"
    assert markdown_images().run("!" * 40 + "[](//x.example/d)" * 40).fix is UNSET


def test_the_picture_is_marked():
    assert markdown_images().run("a ![b](//c.example/d) e").spans == [(2, 21)]


@pytest.mark.parametrize("hosts", [[""], ["https://example.org"], "example.org"])
def test_hosts_are_checked(hosts):
    with pytest.raises(SpecError):
        markdown_images(hosts)


def test_it_reads_as_words_for_a_model():
    assert markdown_images().describe() == "no pictures from other hosts"
    assert markdown_images(["a.example"]).describe() == "pictures from a.example only"
