"""exclude-sql-predicates: SQL without certain constructs."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.exclude_sql_predicates import exclude_sql_predicates


def test_it_keeps_the_laws():
    check_validator(
        exclude_sql_predicates(["Drop", "Delete"]),
        passing=["SELECT 1", "UPDATE t SET a = 1; SELECT 'DROP TABLE t'"],
        failing=["", "DROP TABLE t", "SELECT 1; DELETE FROM t", "SELECT FROM WHERE", "EXPLAIN SELECT 1"],
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("SELECT 1; DROP TABLE t", "The SQL must not have these in it: Drop."),
        ("WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "The SQL must not have these in it: Delete."),
        ("SELECT * FROM a JOIN b ON a.x = b.x", "The SQL must not have these in it: Join."),
        ("SELECT 1 FROM", 'The text is not valid SQL: expected table name near "FROM" at line 1, column 10.'),
        ("EXPLAIN DROP TABLE t", "What stands in a statement of the kind EXPLAIN cannot be checked; leave it out."),
        (
            "SELECT 1 /*! ; DROP TABLE t */",
            "The SQL must not have a comment that MySQL executes (/*! … */); leave it out.",
        ),
    ],
)
def test_what_is_excluded_is_found_at_any_depth(value, message):
    result = exclude_sql_predicates(["drop", "Delete", "JOIN"]).run(value)
    assert (result.message, result.fix) == (message, UNSET)


@pytest.mark.parametrize(
    ("predicates", "hint"),
    [
        ([], "name at least one"),
        (["Delet"], "did you mean 'Delete'?"),
        (["parse"], "no construct of SQL"),
        ([""], "''"),
    ],
)
def test_names_that_are_no_constructs_are_refused(predicates, hint):
    with pytest.raises(SpecError) as caught:
        exclude_sql_predicates(predicates)
    assert hint in str(caught.value)


def test_it_reads_as_words_for_a_model():
    assert exclude_sql_predicates(["drop", "Delete"]).describe() == "SQL without Drop, Delete"
