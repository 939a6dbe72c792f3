"""csv: a table as comma-separated values."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.csv import csv


def test_it_keeps_the_laws():
    check_validator(
        csv,
        passing=["a", "a,b\n1,2", "a,b\r\n1,2\r\n", '"a,\n""b""",c\n1,', "a\n\nb", "\n"],
        failing=["", "a,b\n1", '"a', 'a"b,c', '"a"b,c', "a\n1,2"],
    )
    check_validator(csv(columns=["a", "b"]), passing=["a,b", '"a",b\n1,2'], failing=["b,a", "a,b,c", "a,b\n1", "a"])


@pytest.mark.parametrize(
    ("columns", "value", "message"),
    [
        (None, "", "The text is empty; it must be a CSV table."),
        (None, "a,b\n1,2\n1,2,3", "Row 3 has 3 fields; the first row has 2."),
        (None, 'a,b\n1,"2', "Row 2 has a quote that is not closed, or not doubled inside a quoted field."),
        (3, "a,b", "Row 1 has 2 fields; there must be 3."),
        (["a", "b"], "a\n1", "Row 1 has 1 field; there must be 2."),
        (["a", 'b "x"'], "a,b\n1,2", 'The first row must be ["a", "b \\"x\\""]; it is ["a", "b"].'),
    ],
)
def test_the_row_and_its_flaw_are_named(columns, value, message):
    result = csv(columns).run(value)
    assert (result.message, result.fix) == (message, UNSET)


def test_a_byte_order_mark_is_taken_away():
    result = csv(columns=["a", "b"]).run("\ufeffa,b\n1,2")
    assert (result.message, result.fix) == ("The text begins with a byte order mark; leave it out.", "a,b\n1,2")
    assert csv().run("\ufeffa,b\n1").fix is UNSET


def test_a_quoted_header_is_read_as_its_name():
    assert csv(columns=["a", 'b "x"']).run('a,"b ""x"""\n1,2') is None


@pytest.mark.parametrize("columns", [0, -1, []])
def test_no_columns_are_refused(columns):
    with pytest.raises(SpecError):
        csv(columns)


def test_it_reads_as_words_for_a_model():
    assert csv(["a", "b"]).describe() == "a CSV table with the columns a, b"
