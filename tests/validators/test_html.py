"""html: a text is HTML without a parse error."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.html import html


def test_it_keeps_the_laws():
    check_validator(
        html,
        passing=[
            "",
            "text",
            "<p>a<p>b",
            "<ul><li>a<li>b</ul>",
            "<br/><img src=x>",
            "<svg><path d='M0'/></svg>",
            "<!DOCTYPE html><title>x</title><p>y",
            "<x-card a>b</x-card>",
        ],
        failing=["<div>", "</b>", "<b><i></b></i>", "<a x=1 x=2>b</a>", "&x;", "5 < 6", "<html><p>a", "\0", "\ud800"],
    )
    check_validator(html("document"), passing=["<!DOCTYPE html><p>a"], failing=["<p>a", ""])
    check_validator(html("fragment"), passing=["<p>a"], failing=["<!DOCTYPE html><p>a"])


@pytest.mark.parametrize(
    ("value", "message", "spans"),
    [
        (
            "<p>a <b>b</p>",
            'the end tag "p" does not fit the open elements ("p", "b") at line 1, column 13',
            [(12, 13)],
        ),
        ("<div>\n<p>", 'the text ends while elements are open ("div", "p") at line 2, column 3', [(8, 9)]),
        ("</b>", 'the end tag "b" does not fit the open elements (none) at line 1, column 4', [(3, 4)]),
        ("5 < 6", "a < that begins no tag must be written as &lt; at line 1, column 3", [(2, 3)]),
        ("a &b; c", "an & that begins no entity must be written as &amp; at line 1, column 4", [(3, 4)]),
        ("<html>", "<!DOCTYPE html> is missing before it at line 1, column 6", [(5, 6)]),
        ("\ud800", "it has a lone surrogate, which is no character, at line 1, column 1", [(0, 1)]),
    ],
)
def test_a_failure_says_what_is_wrong_and_where(value, message, spans):
    result = html().run(value)
    assert (result.message, result.spans, result.fix) == (f"The text is not valid HTML: {message}.", spans, UNSET)


def test_further_errors_are_counted_up_to_ten():
    assert "(1 more error)." in html().run("<b><i></b></i>").message
    result = html().run("</b>" * 1000)
    assert "(9 more errors)." in result.message
    assert len(result.spans) == 10


@pytest.mark.parametrize(
    ("hostile", "message"),
    [
        ("<div>" * 100_000, "elements are nested more than 256 deep"),
        ("<b>" * 100_000, "elements are nested more than 256 deep"),
        ("<a " + " ".join(f"x{i}" for i in range(50_000)) + ">", "a tag has more than 1,000 attributes"),
        ("<!-- " + "-> " * 100_000 + "-->", "a tag or comment has more than 65,536 characters"),
        ("<" + "a" * 300_000, "a tag or comment has more than 65,536 characters"),
        ("<!DOCTYPE " + "a" * 300_000, "a tag or comment has more than 65,536 characters"),
    ],
)
def test_what_the_parser_would_take_too_long_for_fails(hostile, message):
    assert message in html().run(hostile).message


def test_a_page_of_ordinary_size_passes():
    rows = "".join(f"<tr><td>{i}</td><td>a &amp; b</td></tr>\n" for i in range(3000))
    assert html().run(f"<!DOCTYPE html>\n<html><body><table><tbody>{rows}</tbody></table></body></html>\n") is None
    assert html().run("<div>" * 200 + "x" + "</div>" * 200) is None


def test_a_code_fence_is_no_html_and_what_is_in_it_is_the_fix():
    result = html().run("```html\n<p>a</p>\n```")
    assert (result.message, result.fix) == (
        "The HTML stands in a Markdown code fence; it must stand alone.",
        "<p>a</p>",
    )
    assert html().run("```html\n<p></b>\n```").fix is UNSET


def test_a_kind_that_does_not_exist_is_refused():
    with pytest.raises(SpecError):
        html("page")


def test_it_reads_as_words_for_a_model():
    assert html("document").describe() == "an HTML document without errors"
