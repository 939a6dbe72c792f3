"""sanitized-html: HTML that has only harmless elements."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators.sanitized_html import sanitized_html


def test_it_keeps_the_laws():
    check_validator(
        sanitized_html(),
        passing=["", "plain", "<p>a <b>b</b></p>", "1 &lt; 2", '<a href="https://example.org">x</a>', "a\r\nb"],
        failing=["<script>a()</script>", "<b onclick=a()>x</b>", "a < b", "<b>", "AT&T", "<div>", "<p><svg/onload=a>"],
    )


@pytest.mark.parametrize(
    ("html", "what", "fix"),
    [
        ("<b>x</b><script>a()</script>", "<script>", "<b>x</b>"),
        ('<b onclick="a()">x</b>', '"onclick" in <b>', "<b>x</b>"),
        ("<form><input name=a></form>x", "<form>, <input>", "x"),
        ("<blink>x</blink>", "<blink>", "x"),
    ],
)
def test_what_is_not_allowed_is_named_and_gone_from_the_fix(html, what, fix):
    result = sanitized_html().run(html)
    assert (result.message, result.fix) == (
        f"The HTML must have only allowed elements and attributes; not allowed: {what}.",
        fix,
    )


@pytest.mark.parametrize(
    ("html", "fix"),
    [
        ("a < b", "a &lt; b"),
        ("<b>x", "<b>x</b>"),
        ('<a href="javascript:a()">x</a>', "<a>x</a>"),
        ("AT&T", "AT&amp;T"),
        ("a<br/>b", "a<br>b"),
    ],
)
def test_what_is_only_not_clean_is_written_as_it_should_be(html, fix):
    result = sanitized_html().run(html)
    assert (result.message, result.fix) == (
        "The HTML must be clean: <, > and & in its text escaped, its elements closed, its addresses harmless.",
        fix,
    )


def test_elements_attributes_and_schemes_can_be_given():
    rule = sanitized_html(tags=["P", "a"], attributes={"a": ["href"]}, schemes=["https"])
    assert rule.run('<p>x</p><a href="https://example.org">y</a>') is None
    assert rule.run('<p>x</p><b>z</b><a href="http://example.org">y</a>').fix == "<p>x</p>z<a>y</a>"
    assert rule.run('<p id="x">x</p>').message.endswith('not allowed: "id" in <p>.')


def test_what_is_not_allowed_is_marked():
    assert sanitized_html().run("<p onclick=a>x<blink>").spans == [(3, 12), (14, 21)]


def test_deep_nesting_is_refused_since_it_cannot_be_cleaned_in_time():
    result = sanitized_html().run("<div>" * 200_000)
    assert (result.message, result.fix) == ("The HTML must not be nested deeper than 256 elements.", UNSET)
    assert sanitized_html().run("<div>" * 256 + "</div>" * 256) is None
    assert sanitized_html().run("<p>a" * 1000).fix == "<p>a</p>" * 1000


def test_half_a_surrogate_pair_is_no_text():
    result = sanitized_html().run("a\ud800b")
    assert (result.message, result.spans, result.fix) == (
        "The HTML must be text; it has half of a surrogate pair.",
        [(1, 2)],
        UNSET,
    )


def test_scripts_cannot_be_allowed():
    with pytest.raises(SpecError, match="no cleaning makes that harmless"):
        sanitized_html(tags=["p", "script"])


def test_it_answers_to_its_name_in_guardrails_ai():
    assert registry.find_validator("web_sanitization") is sanitized_html


def test_it_reads_as_words_for_a_model():
    assert sanitized_html().describe() == "harmless HTML"
    assert sanitized_html(["p", "b"]).describe() == "HTML with these elements only: b, p"
