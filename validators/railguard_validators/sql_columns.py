"""sql-columns: SQL that uses certain columns alone."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._sql.columns import Unchecked, used
from railguard_validators._sql.reading import NotSql, known_dialect, statements, unsure
from railguard_validators._wording import listed


class SqlColumns:
    """SQL whose columns are all among `cols`, wherever they stand: selected, compared, joined by, sorted by, written.
    Aliases of tables are followed, and names that a subquery or a common table expression gives are free, because what
    they stand for was looked at there. `*` reads every column of its tables, so it fails unless it is in `cols`, and so
    does the alias of a table used as a value, which is the whole row. Only queries, INSERT, UPDATE and DELETE pass.

    A column without its table must be allowed of every table around it, since nothing is known of what columns they have. A
    name that the SELECT list gives counts as that in GROUP BY, HAVING, QUALIFY and ORDER BY, though some databases
    would look for a column first. NATURAL JOIN fails. There is no fix. Needs sqlglot.

    cols: the columns that may be used: "total" of any table, "orders.total" or "sales.orders.total" of that one, as the
        table is named in the SQL; "*" and "orders.*" for all. Capitals do not matter.
    dialect: as sqlglot names it ("postgres", "mysql", "bigquery" …); None for its own, which is none in particular.

    >>> rule = sql_columns(["id", "orders.total"])
    >>> rule.run("SELECT o.id, sum(o.total) AS revenue FROM orders AS o GROUP BY o.id ORDER BY revenue")
    >>> rule.run("SELECT id, card_number FROM orders").message
    'The SQL must not use the column "card_number"; it may use: "id", "orders.total".'
    >>> rule.run("SELECT * FROM orders").message
    'The SQL must not use the column "orders.*"; it may use: "id", "orders.total".'
    """

    __slots__ = ("_any", "_dialect", "_listed", "_of", "prompt")

    def __init__(self, cols: list[str], dialect: str | None = None) -> None:
        if not cols or not all(all(name.split(".")) for name in cols):
            raise ValueError(f"cols is {cols!r}; name at least one column, each as 'total' or 'orders.total'")
        self._dialect = known_dialect(dialect)
        self._any = frozenset(name.casefold() for name in cols if "." not in name)
        self._of = frozenset(tuple(name.casefold().split(".")) for name in cols if "." in name)
        self._listed = listed(cols, 100)
        self.prompt = f"SQL that uses the columns {self._listed} alone"

    def __call__(self, value: str) -> FailResult | None:
        try:
            trees = statements(value, self._dialect)
        except NotSql as error:
            return error.failure(value)
        if (failure := unsure(value, trees, self._dialect)) is not None:
            return failure
        strange: dict[str, tuple[int, int] | None] = {}
        try:
            for tree in trees:
                for what, span in used(tree, self._dialect, self._allowed):
                    strange.setdefault(what, span)
        except Unchecked as error:
            return FailResult(f"The columns of a statement of the kind {error} cannot be checked; leave it out.")
        except RecursionError:
            return FailResult("The SQL is nested too deeply to be checked.")
        if not strange:
            return None
        message = f"The SQL must not use the column{'' if len(strange) == 1 else 's'} {listed(strange, 10)}; "
        spans = [span for span in strange.values() if span]
        return FailResult(message + f"it may use: {self._listed}.", spans=spans)

    def _allowed(self, table: tuple[Any, ...], column: str) -> bool:
        column = column.casefold()
        of = tuple(str(part).casefold() for part in table)
        return column in self._any or "*" in self._any or (*of, column) in self._of or (*of, "*") in self._of


sql_columns = validator(
    "sql-columns",
    subject="Documents and code",
    aliases=("sql-column-presence",),
    requires={"sqlglot": "railguard[sql]"},
)(SqlColumns)
