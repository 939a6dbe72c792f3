"""sql-columns: SQL that uses certain columns alone."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators.sql_columns import sql_columns

COLS = ["id", "total", "customers.name"]


def test_it_keeps_the_laws():
    check_validator(
        sql_columns(COLS),
        passing=[
            "SELECT id FROM orders",
            "SELECT c.name FROM customers c",
            "SELECT count(*) FROM orders",
            "VALUES (1)",
        ],
        failing=[
            "",
            "SELECT * FROM orders",
            "SELECT secret FROM orders",
            "SELECT o.name FROM orders o",
            "DROP TABLE t",
        ],
    )


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        (None, "SELECT o.id, sum(o.total) AS revenue FROM orders o GROUP BY o.id HAVING revenue > 1 ORDER BY revenue"),
        (None, "SELECT x.a, b FROM (SELECT id AS a, total AS b FROM orders) x WHERE b > 1"),
        (None, "SELECT * FROM (SELECT id FROM orders) x"),
        (None, "WITH x AS (SELECT id AS a FROM orders) SELECT a FROM x JOIN customers c ON c.id = x.a ORDER BY a"),
        (None, "WITH x(a) AS (SELECT id FROM orders) SELECT a FROM x"),
        (None, "WITH RECURSIVE r AS (SELECT id AS i FROM orders UNION ALL SELECT i + 1 FROM r) SELECT i FROM r"),
        (None, "SELECT (SELECT max(c.name) FROM customers c WHERE c.id = o.id) FROM orders o"),
        (None, "SELECT id AS x FROM orders UNION SELECT id FROM customers ORDER BY x"),
        (None, "SELECT filter(id, x -> x > 1) FROM orders"),
        (None, "UPDATE orders SET total = 1 WHERE id = 2"),
        ("postgres", "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET total = EXCLUDED.total"),
        ("postgres", "SELECT n FROM generate_series(1, 5) AS n"),
        ("postgres", "SELECT a FROM (VALUES (1, 2)) AS v(a, b), orders"),
        ("postgres", "SELECT count FROM (SELECT count(*) FROM orders) AS x"),
        ("postgres", "SELECT extract(day FROM id), current_date, id ->> 'x' FROM public.orders"),
        ("bigquery", "SELECT id.part FROM orders WHERE orders.id IN UNNEST([1, 2])"),
        ("tsql", "SELECT TOP 5 [ID], DATEDIFF(day, id, total) FROM [orders]"),
        ("snowflake", "SELECT f.value FROM orders, LATERAL FLATTEN(input => orders.id) f"),
    ],
)
def test_names_are_followed_to_the_columns_they_stand_for(dialect, query):
    assert sql_columns(COLS, dialect).run(query) is None


@pytest.mark.parametrize(
    ("dialect", "query", "found"),
    [
        (None, "SELECT id FROM orders WHERE secret = 1", "secret"),
        (None, "SELECT id FROM orders ORDER BY secret", "secret"),
        (None, "SELECT id, row_number() OVER (PARTITION BY secret) FROM orders", "secret"),
        (None, "SELECT name FROM orders", "name"),
        (None, "SELECT name FROM customers JOIN orders USING (id)", "name (write it with its table)"),
        (None, "SELECT o.name FROM customers c JOIN orders o ON c.id = o.id", "o.name"),
        (None, "SELECT id FROM orders JOIN customers USING (secret)", "secret"),
        (None, "SELECT id FROM orders NATURAL JOIN customers", "* (a NATURAL JOIN compares every column)"),
        (None, "SELECT * FROM orders", "orders.*"),
        (None, "SELECT o.* FROM orders o", "o.*"),
        (None, "SELECT x.id FROM (SELECT * FROM orders) x", "orders.*"),
        (None, "SELECT total AS secret FROM orders WHERE secret = 1", "secret"),
        (None, "SELECT id FROM orders UNION SELECT secret FROM orders", "secret"),
        (None, "SELECT (SELECT secret) FROM orders", "secret"),
        (None, "SELECT a.id FROM orders a, LATERAL (SELECT a.secret) z", "a.secret"),
        (None, "INSERT INTO orders (id, secret) VALUES (1, 2)", "secret"),
        (None, "INSERT INTO orders VALUES (1)", "orders.*"),
        (None, "UPDATE orders SET secret = 1", "secret"),
        (None, "DELETE FROM orders WHERE secret = 1", "secret"),
        ("postgres", "DELETE FROM orders WHERE id = 1 RETURNING *", "orders.*"),
        ("postgres", "WITH d AS (DELETE FROM orders WHERE secret = 1 RETURNING id) SELECT id FROM d", "secret"),
        ("postgres", "SELECT o FROM orders o", "o (it is a whole row here)"),
        ("postgres", "SELECT id FROM secrets AS id", "id (it is a whole row here)"),
        ("postgres", "SELECT (SELECT secret FROM unnest(ARRAY[1])) FROM orders", "secret"),
        ("postgres", 'SELECT secret FROM (SELECT 1 AS "SECRET") z, orders', "secret"),
        ("postgres", 'SELECT (SELECT z.secret FROM (SELECT 1 AS secret) "Z") FROM orders z', "z.secret"),
        ("postgres", 'SELECT a.name FROM customers AS "a", secrets AS a', "a.name"),
        ("postgres", "TABLE orders", "orders.*"),
        ("duckdb", "SELECT COLUMNS('.*') FROM orders", "orders.*"),
        ("snowflake", "SELECT $1 FROM orders", "orders.*"),
        ("bigquery", "SELECT data.id FROM orders", "data"),
        ("clickhouse", "SELECT id FROM orders PREWHERE secret = 1", "secret"),
    ],
)
def test_what_is_not_allowed_is_found_wherever_it_stands(dialect, query, found):
    result = sql_columns(COLS, dialect).run(query)
    assert result.message == (
        f'The SQL must not use the column "{found}"; it may use: "id", "total", "customers.name".'
    )
    assert result.fix is UNSET


@pytest.mark.parametrize(
    "statement", ["DROP TABLE t", "EXPLAIN SELECT 1", "MERGE INTO a USING b ON a.id = b.id WHEN MATCHED THEN DELETE"]
)
def test_statements_of_other_kinds_are_not_let_through(statement):
    kind = statement.split()[0]
    assert sql_columns(COLS).run(statement).message == (
        f"The columns of a statement of the kind {kind} cannot be checked; leave it out."
    )


def test_all_columns_can_be_allowed_and_those_of_one_table():
    assert sql_columns(["*"]).run("SELECT *, a FROM t") is None
    assert sql_columns(["t.*"]).run("SELECT *, t.a FROM t") is None
    assert sql_columns(["t.*"]).run("SELECT * FROM t, u").message.startswith('The SQL must not use the column "u.*"')


def test_a_comment_that_mysql_executes_is_none():
    assert "a comment that MySQL executes" in sql_columns(COLS, "mysql").run("SELECT id /*!, secret */ FROM t").message


def test_long_statements_are_read():
    assert sql_columns(COLS).run("SELECT id FROM t " + "UNION SELECT id FROM t " * 2000) is None


@pytest.mark.parametrize("arguments", [{"cols": []}, {"cols": ["a."]}, {"cols": ["a"], "dialect": "nosuch"}])
def test_arguments_that_say_nothing_are_refused(arguments):
    with pytest.raises(SpecError):
        sql_columns(**arguments)


def test_the_old_name_takes_the_old_parameter():
    assert registry.find_validator("sql-column-presence")(cols=["id"]).run("SELECT id FROM t") is None


def test_it_reads_as_words_for_a_model():
    assert sql_columns(["id", "orders.total"]).describe() == 'SQL that uses the columns "id", "orders.total" alone'
