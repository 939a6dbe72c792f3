"""sql: a text is SQL, read-only and of certain tables if wanted."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.sql import sql


def test_it_keeps_the_laws():
    check_validator(
        sql,
        passing=[
            "SELECT 1",
            "SELECT a, count(*) FROM t GROUP BY a;",
            "INSERT INTO t (a) VALUES (1); DELETE FROM t",
            "WITH x AS (SELECT 1) SELECT * FROM x",
            "CREATE TABLE t (a INT)",
            "EXPLAIN SELECT 1",
        ],
        failing=[
            "",
            "-- only a comment",
            "hello world",
            "SELECT * FROM",
            "SELECT (",
            "SELECT 'a",
            "CREATE TABEL t (a INT)",
        ],
    )
    check_validator(
        sql("postgres", read_only=True, tables=["orders", "sales.items"]),
        passing=["SELECT * FROM orders, sales.items AS i", "WITH secret AS (SELECT 1) SELECT * FROM secret"],
        failing=["SELECT * FROM secret", "DELETE FROM orders", "SELECT 1; SELECT 2", "SELECT pg_sleep(1)"],
    )


@pytest.mark.parametrize(
    ("value", "message", "spans"),
    [
        ("SELECT a b c FROM t", '"c" is not expected at line 1, column 12', [(11, 12)]),
        ("SELECT a\nFROM t\nWHERE", "something is missing after WHERE at line 3, column 1", [(16, 21)]),
        ("SELECT * FROM", 'expected table name near "FROM" at line 1, column 10', [(9, 13)]),
        ("SELECT 'abc", "a quote or a comment is not closed", ()),
        ("hello world", "it is an expression and no statement, such as SELECT", ()),
        ("CREATE TABEL t (a INT)", "this CREATE statement is not understood", ()),
        (";", "there is no statement in it", ()),
    ],
)
def test_a_failure_says_what_is_wrong_and_where(value, message, spans):
    result = sql().run(value)
    assert (result.message, result.spans, result.fix) == (f"The text is not valid SQL: {message}.", spans, UNSET)


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        ("postgres", "SELECT o.id::text FROM orders o WHERE o.at > now() - INTERVAL '1 day' ORDER BY 1 LIMIT 5"),
        ("postgres", "(SELECT 1) UNION ALL (SELECT 2)"),
        ("postgres", "VALUES (1, 'a'), (2, 'b')"),
        ("postgres", "SELECT * FROM generate_series(1, 10) AS n"),
        ("postgres", 'SELECT "order".id FROM "order"'),
        ("mysql", "SELECT `a` FROM `my table` -- drop table t"),
        ("bigquery", "SELECT x FROM `project-1.set.table`, UNNEST([1, 2]) AS x"),
        ("tsql", "SELECT TOP 5 [a] FROM [dbo].[t] WITH (NOLOCK)"),
        ("snowflake", "SELECT f.value FROM t, LATERAL FLATTEN(input => t.x) f"),
        ("duckdb", "FROM t SELECT a"),
        (None, "SELECT 'DROP TABLE t', \"delete\" FROM updates WHERE note LIKE '%; DELETE%'"),
        (None, "SELECT date(a), length(b), file(c) FROM t"),
    ],
)
def test_ordinary_queries_are_read_only(dialect, query):
    assert sql(dialect, read_only=True).run(query) is None


@pytest.mark.parametrize(
    ("dialect", "query", "why"),
    [
        (None, "DROP TABLE t", "; it is a statement of the kind DROP."),
        (None, "SELECT 1; DROP TABLE t", "; it has 2 statements."),
        (None, "EXPLAIN SELECT 1", "; it is a statement of the kind EXPLAIN."),
        ("tsql", "EXEC xp_cmdshell 'dir'", "; it is a statement of the kind EXECUTE."),
        ("postgres", "COPY t TO '/tmp/x'", "; it is a statement of the kind COPY."),
        (
            "postgres",
            "WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x",
            ": it changes data or definitions (DELETE).",
        ),
        (
            "postgres",
            "SELECT * FROM (WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x) y",
            ": it changes data or definitions (INSERT).",
        ),
        ("postgres", "SELECT * INTO copy FROM t", ": it writes what it selects (INTO)."),
        ("postgres", "SELECT * FROM t FOR UPDATE", ": it locks rows (FOR UPDATE, FOR SHARE)."),
        ("postgres", "SELECT pg_catalog.PG_SLEEP(9)", ": it calls pg_sleep."),
        ("postgres", "SELECT \"pg_read_file\"('/etc/hostname')", ": it calls pg_read_file."),
        ("postgres", "SELECT query_to_xml('DELETE FROM t', true, true, '')", ": it calls query_to_xml."),
        ("postgres", "SELECT * FROM dblink('a', 'b') AS t(a int)", ": it calls dblink."),
        ("postgres", "SELECT nextval('s')", ": it calls nextval."),
        ("oracle", "SELECT s.nextval FROM dual", ": it moves a sequence."),
        ("oracle", "SELECT utl_http.request('x') FROM dual", ": it calls utl_http.request."),
        ("oracle", "SELECT * FROM t@elsewhere", ': it reads "t@elsewhere", which is no table.'),
        ("mysql", "SELECT load_file('/etc/hostname')", ": it calls load_file."),
        ("tsql", "SELECT NEXT VALUE FOR s", ": it moves a sequence."),
        ("tsql", "SELECT * FROM OPENROWSET('a', 'b', 'c')", ": it calls openrowset."),
        ("duckdb", "SELECT * FROM 'a.csv'", ': it reads "a.csv", which is no table.'),
        ("duckdb", "SELECT * FROM read_csv('a')", ": it calls read_csv."),
        ("spark", "SELECT * FROM parquet.`/a`", ': it reads "/a", which is no table.'),
        ("clickhouse", "SELECT * FROM url('http://example.org')", ": it reads from the function url."),
        ("snowflake", "SELECT * FROM @stage/x", ': it reads "@stage/x", which is no table.'),
        ("tsql", "SELECT a FROM t WITH (UPDLOCK, NOLOCK)", ": it locks rows or tables (WITH (UPDLOCK))."),
        ("mysql", "SELECT @a := 1", ": it sets a variable (:=)."),
        ("postgres", "SELECT * FROM crosstab('DELETE FROM t') AS c(a int)", ": it calls crosstab."),
        ("postgres", "SELECT lo_truncate(1, 0)", ": it calls lo_truncate."),
        ("postgres", "SELECT pg_drop_replication_slot('x')", ": it calls pg_drop_replication_slot."),
        ("tsql", "SELECT * FROM fn_trace_gettable('x', 1)", ": it calls fn_trace_gettable."),
        ("snowflake", "SELECT PARSE_JSON(SYSTEM$WAIT(5))", ": it calls system$wait."),
        ("spark", "SELECT java_method('java.lang.System', 'exit', 0)", ": it calls java_method."),
        ("duckdb", "SELECT * FROM glob('/etc/*')", ": it reads from the function glob."),
        ("duckdb", "SELECT * FROM sqlite_scan('x.db', 't')", ": it reads from the function sqlite_scan."),
        ("duckdb", "SELECT * FROM query('DROP TABLE t')", ": it reads from the function query."),
    ],
)
def test_whatever_does_more_than_read_is_no_read_only_query(dialect, query, why):
    assert sql(dialect, read_only=True).run(query).message == f"The SQL must be one query that only reads{why}"


@pytest.mark.parametrize(
    "query", ["SELECT 1 /*!50000 INTO OUTFILE '/tmp/x' */", "SELECT 1 FROM orders /*M!100000 , secret */"]
)
def test_a_comment_that_mysql_executes_is_none(query):
    message = "The SQL must not have a comment that MySQL executes (/*! … */); leave it out."
    assert sql("mysql", read_only=True).run(query).message == message
    assert sql("mysql", tables=["orders"]).run(query).message == message
    assert sql("mysql").run(query) is None


@pytest.mark.parametrize(
    ("dialect", "query", "what"),
    [
        (None, "SELECT 1 /* /* */, sleep(5) -- */", "a comment in a comment"),
        ("postgres", "SELECT 1 /* /* */ */", "a comment in a comment"),
        ("postgres", 'SELECT U&"pg\\005fsleep"(5)', "a name in Unicode escapes"),
        (None, "SELECT 'a\\'' , sleep(5) -- '", "a backslash before a quotation mark"),
        (None, "SELECT 1 --sleep(5)", "two hyphens without a space"),
    ],
)
def test_what_databases_read_in_two_ways_is_refused(dialect, query, what):
    for rule in (sql(dialect, read_only=True), sql(dialect, tables=["t"])):
        assert rule.run(query).message.startswith(f"The SQL must not have {what}")
    assert sql(dialect).run(query) is None


def test_a_named_dialect_settles_how_quotes_and_hyphens_are_read():
    for dialect, query in [
        ("mysql", "SELECT 'it\\'s'"),
        ("postgres", "SELECT 1 --note"),
    ]:
        assert sql(dialect, read_only=True).run(query) is None


@pytest.mark.parametrize(
    ("dialect", "query", "word"),
    [
        ("tsql", "SELECT 1 DELETE FROM orders", "DELETE"),
        ("tsql", "SELECT * FROM orders SHUTDOWN", "SHUTDOWN"),
        ("fabric", "SELECT 1 CHECKPOINT", "CHECKPOINT"),
        (None, "SELECT 1 DELETE FROM orders", "DELETE"),
    ],
)
def test_a_statement_that_sql_server_takes_without_a_semicolon_is_no_name(dialect, query, word):
    result = sql(dialect, read_only=True, tables=["orders"]).run(query)
    assert result.message == (
        f'The SQL must not use "{word}" as a name, because SQL Server begins another statement there; choose another name.'
    )
    assert [query[start:end] for start, end in result.spans] == [word]
    assert sql("tsql", read_only=True).run("SELECT [open], [delete] FROM t AS [drop]") is None
    assert sql("postgres", read_only=True).run("SELECT open, close FROM t") is None
    assert sql(read_only=True).run("SELECT open, close FROM t") is None


@pytest.mark.parametrize(
    ("dialect", "query"),
    [
        (None, "SELECT * FROM Orders o JOIN SALES.items i ON o.id = i.id"),
        (None, "WITH a AS (SELECT * FROM orders), b AS (SELECT * FROM a) SELECT * FROM b"),
        (None, "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT * FROM n"),
        ("tsql", "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT * FROM n"),
        ("mysql", "SELECT * FROM `orders`"),
        ("postgres", "SELECT * FROM orders, generate_series(1, 2), unnest(ARRAY[1]), (VALUES (1)) AS v(a)"),
        ("bigquery", "SELECT * FROM orders AS o, o.lines AS l"),
    ],
)
def test_tables_that_are_allowed_pass_under_any_alias(dialect, query):
    assert sql(dialect, tables=["orders", "sales.items"]).run(query) is None


@pytest.mark.parametrize(
    ("dialect", "query", "name"),
    [
        (None, "SELECT * FROM items", "items"),
        (None, "SELECT * FROM public.orders", "public.orders"),
        (None, "SELECT (SELECT max(a) FROM secret) FROM orders", "secret"),
        (None, "SELECT 1 FROM orders WHERE EXISTS (SELECT 1 FROM secret)", "secret"),
        (None, "SELECT 1 FROM orders UNION SELECT 1 FROM secret", "secret"),
        (None, "SELECT 1 FROM orders, LATERAL (SELECT * FROM secret) x", "secret"),
        (None, "INSERT INTO secret SELECT * FROM orders", "secret"),
        (None, "DROP TABLE secret", "secret"),
        (None, "WITH secret AS (SELECT * FROM secret) SELECT * FROM secret", "secret"),
        (None, "WITH a AS (SELECT * FROM secret), secret AS (SELECT 1) SELECT * FROM a", "secret"),
        (None, "SELECT * FROM (WITH secret AS (SELECT 1) SELECT * FROM secret) x, secret", "secret"),
        (None, "WITH secret AS (SELECT 1) SELECT * FROM main.secret", "main.secret"),
        ("postgres", 'WITH "Secret" AS (SELECT 1) SELECT * FROM secret', "secret"),
        ("postgres", 'SELECT * FROM "Orders"', "Orders"),
        ("postgres", "TABLE secret", "secret"),
        ("postgres", "SELECT * FROM pg_ls_dir('.')", "pg_ls_dir"),
        ("clickhouse", "WITH (SELECT 1) AS secret SELECT * FROM secret", "secret"),
        ("duckdb", "FROM secret", "secret"),
        ("oracle", "SELECT * FROM orders@elsewhere", "orders@elsewhere"),
        ("snowflake", "SELECT * FROM TABLE(hidden(1))", "hidden(…)"),
    ],
)
def test_a_table_that_is_not_allowed_is_found_wherever_it_stands(dialect, query, name):
    result = sql(dialect, tables=["orders", "sales.items"]).run(query)
    assert result.message == f'The SQL must not use the table "{name}"; it may use: "orders", "sales.items".'
    assert all(
        query[start:end].strip('"') == name.removesuffix("(…)").rpartition(".")[2] for start, end in result.spans
    )


def test_a_statement_that_is_not_looked_into_has_no_tables_to_check():
    assert sql(tables=["orders"]).run("EXPLAIN SELECT * FROM secret").message == (
        "The tables of a statement of the kind EXPLAIN cannot be checked; leave it out."
    )


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "SELECT " + "(" * n,
        lambda n: "SELECT " + "ARRAY[" * n + "]" * n,
        lambda n: "SELECT " + "STRUCT(" * n + ")" * n,
        lambda n: "SELECT * FROM t " + "JOIN b " * n,
        lambda n: "SELECT x" + "[1]" * n,
        lambda n: "SELECT " + "f(a).b(c)." * n + "x",
        lambda n: "FROM t " + "|> SELECT a " * n,
        lambda n: "SELECT " + "NOT " * n + "1",
        lambda n: "SELECT " + "- " * n + "1",
        lambda n: "SELECT " + "CASE WHEN 1 THEN " * n,
    ],
)
def test_what_the_parser_would_take_too_long_for_fails(make):
    for size in (19, 5000) if "ARRAY" in make(1) or "STRUCT" in make(1) else (5000,):  # each of these doubles its time
        assert sql("postgres").run(make(size)).message.startswith("The text is not valid SQL: ")


def test_long_queries_of_ordinary_shape_pass():
    union = "SELECT a FROM t " + "UNION ALL SELECT a FROM t " * 2000
    assert sql(read_only=True, tables=["t"]).run(union) is None
    assert sql(read_only=True).run("SELECT * FROM t WHERE " + "a = 1 AND " * 5000 + "b = 2") is None
    assert sql(tables=["t"]).run("INSERT INTO t VALUES " + ", ".join(["(1, 'a', NULL)"] * 5000)) is None
    assert sql().run("SELECT * FROM t " + "JOIN u ON t.a = u.a " * 500) is None


def test_sql_in_a_fence_is_taken_out():
    assert sql().run("```sql\nSELECT 1\n```").fix == "SELECT 1"
    assert sql(read_only=True).run("```sql\nDROP TABLE t\n```").fix is UNSET


@pytest.mark.parametrize(
    "arguments",
    [{"dialect": "nosuch"}, {"dialect": "sqlite:///a.db"}, {"tables": []}, {"tables": ["a..b"]}, {"tables": [""]}],
)
def test_arguments_that_say_nothing_are_refused(arguments):
    with pytest.raises(SpecError):
        sql(**arguments)


def test_it_reads_as_words_for_a_model():
    assert sql("Postgres", read_only=True, tables=["orders"]).describe() == (
        'a single read-only SQL query (postgres) of the tables "orders" alone'
    )
    assert sql().describe() == "SQL"
