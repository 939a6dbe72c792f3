"""xss: a text that runs no script when it is put into a page."""

from __future__ import annotations

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.xss import xss


def test_it_keeps_the_laws():
    check_validator(
        xss,
        passing=["", "<", "<b", "a < b > c", "<b a='", '<b a="', "<a href=x>", "<i style='color:red'>", "](x)", "';"],
        failing=["<script>", "<b onclick=a", "<a href=javascript:a>", "';alert(1)//", "javascript:a()"],
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<ScRiPt/x>alert(1)",
        "<svg/onload=alert(1)>",
        "<img src='a>b' onerror='alert(1)'>",
        "<img src=x onerror=alert(1)",
        "<body\nonpageshow\n=\n'alert(1)'>",
        "<a href='java\tscript:alert(1)'>x</a>",
        '<a href="&#106;avascript:alert(1)">x</a>',
        '<a href=" &#1; javascript&colon;alert(1)">x</a>',
        "<a href=data:text/html;base64,PHNjcmlwdD4=>x</a>",
        "<form action=javascript:a()><button formaction=vbscript:b()>",
        "<svg><a xlink:href='javascript:a()'>x</a></svg>",
        "<iframe src=https://example.org>",
        "<iframe srcdoc='&lt;script&gt;'>",
        "<object data=x.swf>",
        "<base href=//evil.example>",
        "<meta http-equiv=Refresh content='0;url=https://evil.example'>",
        "<link rel=stylesheet href=//evil.example/a.css>",
        "<div style='width: expression(alert(1))'>",
        "<svg:script>alert(1)",
        "[click](javascript:alert(1))",
        "<javascript:alert(1)>",
        "  JaVaScRiPt:alert(1)",
        "data:text/html,<b>x</b>",
        "'; alert(document.cookie); '",
        '"-alert(1)-"',
        "'+fetch(`//evil.example`)+'",
        "[x](java&#115;cript:alert(1))",
        "[x](javascript\\:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[a]\n\n> [a]:\n> javascript:alert(1)",
        '" onmouseover="alert(1)',
        "<style>a{width:expression(alert(1))}</style>",
        '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
        "<title><p a=\"</noscript><x y='</title><img src=x onerror=alert(1)>'\">",
        '<!-- <p title="--><img src=x onerror=alert(1)>">',
        '<?x <p title="> <img src=x onerror=alert(1)>">',
    ],
)
def test_what_runs_a_script_fails(text):
    result = xss().run(text)
    assert result is not None
    assert result.fix is UNSET


@pytest.mark.parametrize(
    "text",
    [
        "5 < 6 and on = off",
        "<b>bold</b>, <i class='x'>i</i>, <p style='color: red'>p</p>",
        "<a href='https://example.org/?q=javascript:'>x</a>",
        "<img src='data:image/png;base64,AAAA' alt='on error = none'>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "The attribute onclick=… runs a script.",
        "JavaScript: the good parts",
        "a javascript: address is not followed",
        "<once upon='a time'>",
        "I said 'stop'; alert the crew (now).",
        "<!-- comment --> <!DOCTYPE html>",
        "<meta charset=utf-8>",
        "x <y and y> z",
        "list<string> names; map<int, onion> m;",
        '<p title="a < b, <img onerror=1> in quotes">a</p>',
        "<!-- a --><!DOCTYPE html><p>a</p>",
        "<style>p { color: red }</style>",
        "<img/src=x/onerror=alert(1)>",  # all of it is the address
        '"Once" one=two, and "on" is on',
    ],
)
def test_what_runs_none_passes(text):
    assert xss().run(text) is None


def test_a_failure_names_the_first_counts_the_others_and_marks_all():
    result = xss().run("Hi <b onclick='a()'>x</b><script>")
    assert result.message == "The text must run no script; it has the event handler \"onclick='a()'\", and 1 more."
    assert result.spans == [(6, 19), (25, 33)]


def test_it_reads_as_words_for_a_model():
    assert xss().describe() == "without script, event handlers and javascript: addresses"
