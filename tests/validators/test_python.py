"""python: a text is Python source code."""

from __future__ import annotations

import warnings

import pytest

from railguard import UNSET
from railguard.testing.laws import check_validator
from railguard_validators.python import python


def test_it_keeps_the_laws():
    check_validator(
        python,
        passing=["", "x = 1", "def f():\n    return 1\n", "# only a comment", "é = 'ü'", "async def f(): await g()"],
        failing=[
            "x =",
            "def f(:",
            "if x:\ny",
            "print 1",
            "'abc",
            "\t x\n  y",
            "x = 1\0",
            "(" * 1000,
            "-" * 50_000 + "1",
        ],
    )


@pytest.mark.parametrize(
    ("value", "message", "span"),
    [
        ("x = ", "invalid syntax at line 1, column 5", (4, 4)),
        ("a\nb c", "invalid syntax at line 2, column 3", (4, 5)),
        ("x = 'é", "unterminated string literal (detected at line 1) at line 1, column 5", (4, 5)),
        ("x\0", "it has a NUL character at line 1, column 2", (1, 2)),
        ("'\ud800'", "it has a lone surrogate, which is no character at line 1, column 2", (1, 2)),
        ("x = (1", "'(' was never closed at line 1, column 5", (4, 5)),
    ],
)
def test_a_failure_says_what_is_wrong_and_where(value, message, span):
    result = python().run(value)
    assert result.message == f"The text is not valid Python: {message}."
    assert result.spans == [span]
    assert result.fix is UNSET


@pytest.mark.parametrize("hostile", ["(" * 100_000, "-" * 100_000 + "1", "1" + "+1" * 100_000, "not " * 90_000 + "1"])
def test_nesting_that_python_cannot_read_fails(hostile):
    assert python().run(hostile) is not None


def test_a_text_that_is_too_long_fails():
    assert python().run("#" * 1_000_001).message == (
        "The text is not valid Python: it has 1,000,001 characters, and at most 1,000,000 are read."
    )


def test_nothing_is_executed(tmp_path):
    trace = tmp_path / "trace"
    assert python().run(f"open({str(trace)!r}, 'w')\nimport this_module_does_not_exist") is None
    assert not trace.exists()


def test_a_warning_of_the_parser_is_no_failure_and_stays_unsaid():
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert python().run("x = '\\d'\ny = 1 is 1") is None
    assert said == []


def test_code_in_a_fence_is_taken_out_and_nothing_else_is_mended():
    assert python().run("```python\nx = 1\n```").fix == "x = 1"
    assert python().run("~~~py\nx = '```'\n~~~").fix == "x = '```'"
    assert python().run("```\nx =\n```").fix is UNSET
    assert python().run("Here you are:\n```\nx = 1\n```").fix is UNSET


def test_it_reads_as_words_for_a_model():
    assert python().describe() == "Python source code"
