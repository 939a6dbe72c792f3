"""sql: a text is SQL, read-only and of certain tables if wanted."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._formats.fences import taken_out
from railguard_validators._sql.reading import NotSql, kind_of, known_dialect, statements, tables, unsure, where
from railguard_validators._sql.writes import side_effects
from railguard_validators._wording import listed


class Sql:
    """SQL that sqlglot can read in `dialect`: one statement or several. sqlglot is more generous than a database: it knows
    no tables, columns, types or functions, and takes some clauses that are incomplete; statements that it does not
    look into (EXPLAIN, CALL, SHOW …) pass but for their quotes. Two words that are no statement fail. No database is
    asked, and nothing is run. Brackets nested beyond 20 fail. Needs sqlglot.

    With `read_only`, one query (SELECT, WITH … SELECT, VALUES) that writes, locks and defines nothing, in no part of it;
    and that calls none of the functions known to read files, run other SQL, sleep, lock, or change settings or sequences;
    nothing in it that some database reads otherwise than sqlglot does, such as a comment in a comment. Name the dialect.
    What a function of your own does is not known: a read-only role of the database is still the wall, this is a fence
    before it. With `tables`, every table that is named must be one of them, wherever it stands; names of common table
    expressions are none, where they mean one. The fix takes SQL out of a Markdown code fence.

    dialect: as sqlglot names it ("postgres", "mysql", "sqlite", "bigquery", "snowflake", "tsql" …); None for its own,
        which is none in particular.
    read_only: whether only a single query that changes nothing passes.
    tables: the tables that may be named, each as the SQL must write it ("orders", "sales.orders"); None for any. Capitals
        do not matter, but in a quoted name.

    >>> sql().run("SELECT name FROM customers WHERE id = 7")
    >>> sql().run("SELECT name FROM customers WHERE").message
    'The text is not valid SQL: something is missing after WHERE at line 1, column 28.'
    >>> sql(read_only=True).run("WITH gone AS (DELETE FROM customers RETURNING *) SELECT * FROM gone").message
    'The SQL must be one query that only reads: it changes data or definitions (DELETE).'
    >>> sql(tables=["orders"]).run("SELECT * FROM orders JOIN customers USING (id)").message
    'The SQL must not use the table "customers"; it may use: "orders".'
    """

    __slots__ = ("_dialect", "_listed", "_read_only", "_tables", "prompt")

    def __init__(self, dialect: str | None = None, read_only: bool = False, tables: list[str] | None = None) -> None:
        if dialect and "://" in dialect:
            raise ValueError("no database is asked, so a connection is nothing to check by; give dialect, or tables")
        self._dialect = known_dialect(dialect)
        self._read_only = read_only
        if tables is not None and (not tables or not all(all(name.split(".")) for name in tables)):
            raise ValueError(f"tables is {tables!r}; name at least one, each as 'orders' or 'sales.orders'")
        self._tables = None if tables is None else frozenset(tuple(name.split(".")) for name in tables)
        self._listed = listed(tables or [], 50)
        what = f"{'a single read-only SQL query' if read_only else 'SQL'}"
        what += f" ({self._dialect})" if self._dialect else ""
        self.prompt = what + (f" of the tables {self._listed} alone" if tables else "")

    def __call__(self, value: str) -> FailResult | None:
        try:
            trees = statements(value, self._dialect)
        except NotSql as error:
            return error.failure(value, fix=taken_out(value, self))
        if not self._read_only and not self._tables:
            return None
        try:
            if (failure := unsure(value, trees, self._dialect)) is not None:
                return failure
            return (self._writes(trees) if self._read_only else None) or self._strange_tables(trees)
        except RecursionError:
            return FailResult("The SQL is nested too deeply to be checked.")

    def _writes(self, trees: list[Any]) -> FailResult | None:
        from sqlglot import exp

        wanted = "The SQL must be one query that only reads"
        if len(trees) > 1:
            return FailResult(f"{wanted}; it has {len(trees):,} statements.")
        if not isinstance(trees[0], (exp.Query, exp.Values)):
            return FailResult(f"{wanted}; it is a statement of the kind {kind_of(trees[0])}.")
        for what, span in side_effects(trees[0]):
            return FailResult(f"{wanted}: {what}.", spans=[span] if span else ())
        return None

    def _strange_tables(self, trees: list[Any]) -> FailResult | None:
        from sqlglot import exp

        if self._tables is None:
            return None
        strange: dict[str, tuple[int, int] | None] = {}
        for tree in trees:
            if isinstance(tree, exp.Command):
                return FailResult(
                    f"The tables of a statement of the kind {kind_of(tree)} cannot be checked; leave it out."
                )
            for table in tables(tree, self._dialect):
                if not self._allowed(table):
                    strange.setdefault(_name(table), where(table.this))
        if not strange:
            return None
        names = listed(strange, 10)
        one = len(strange) == 1
        return FailResult(
            f"The SQL must not use the table{'' if one else 's'} {names}; it may use: {self._listed}.",
            spans=[span for span in strange.values() if span],
        )

    def _allowed(self, table: Any) -> bool:
        from sqlglot import exp

        assert self._tables is not None
        parts = table.parts if isinstance(table, exp.Table) else []
        if not all(isinstance(part, exp.Identifier) for part in parts):
            return False
        return any(
            len(allowed) == len(parts)
            and all(
                part.name == name or (not part.args.get("quoted") and part.name.casefold() == name.casefold())
                for part, name in zip(parts, allowed, strict=True)
            )
            for allowed in self._tables
        )


def _name(table: Any) -> str:
    from sqlglot import exp

    parts = [part.name or part.key for part in table.parts] if isinstance(table, exp.Table) else []
    return ".".join(parts) or f"{table.this.name if table.this is not None else table.key}(…)"


sql = validator(
    "sql", subject="Documents and code", aliases=("valid-sql", "bug-free-sql"), requires={"sqlglot": "railguard[sql]"}
)(Sql)
