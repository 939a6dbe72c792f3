"""exclude-sql-predicates: SQL without certain constructs."""

from __future__ import annotations

from typing import Any

from railguard import FailResult, validator
from railguard_validators._sql.reading import NotSql, kind_of, known_dialect, statements, unsure


class ExcludeSqlPredicates:
    """SQL that contains none of `predicates` at any depth: classes of sqlglot's syntax tree, such as Drop, Delete,
    Insert, Update, Create, Alter, Join, Union, Subquery. A statement that sqlglot does not parse (a Command: EXPLAIN,
    CALL …) fails, since it may contain anything, and so does text that is not SQL. To allow only queries, sql with
    `read_only` is safer than a list of unwanted constructs. There is no fix: without a part it is another query. Needs
    sqlglot.

    predicates: the classes, by name; case is ignored.
    dialect: as sqlglot names it; None for its own.

    >>> rule = exclude_sql_predicates(["Drop", "Delete"])
    >>> rule.run("SELECT 1")
    >>> rule.run("SELECT 1; DROP TABLE orders").message
    'The SQL must not have these in it: Drop.'
    """

    __slots__ = ("_dialect", "_names", "prompt")

    def __init__(self, predicates: list[str], dialect: str | None = None) -> None:
        if not predicates:
            raise ValueError("predicates is empty; name at least one, such as 'Drop'")
        self._dialect = known_dialect(dialect)
        self._names = [_class_name(name) for name in predicates]
        self.prompt = f"SQL without {', '.join(self._names)}"

    def __call__(self, value: str) -> FailResult | None:
        from sqlglot import exp

        try:
            trees = statements(value, self._dialect)
        except NotSql as error:
            return error.failure(value)
        if (failure := unsure(value, trees, self._dialect)) is not None:
            return failure
        classes: dict[str, Any] = {name: getattr(exp, name) for name in self._names}
        found = dict.fromkeys(
            name for tree in trees for node in tree.walk() for name, kind in classes.items() if isinstance(node, kind)
        )
        if found:
            return FailResult(f"The SQL must not have these in it: {', '.join(found)}.")
        for tree in trees:
            for node in tree.walk():
                if isinstance(node, exp.Command):
                    return FailResult(
                        f"What stands in a statement of the kind {kind_of(node)} cannot be checked; leave it out."
                    )
        return None


def _class_name(name: str) -> str:
    from difflib import get_close_matches

    from sqlglot import exp

    known = {each.lower(): each for each in dir(exp) if isinstance(getattr(exp, each), type) and each[:1].isupper()}
    known = {key: each for key, each in known.items() if issubclass(getattr(exp, each), exp.Expression)}
    if name.lower() in known:
        return known[name.lower()]
    close = get_close_matches(name.lower(), known, n=1)
    hint = f"; did you mean {known[close[0]]!r}?" if close else "; sqlglot's classes are meant, such as 'Drop'"
    raise ValueError(f"{name!r} in predicates is no construct of SQL{hint}")


exclude_sql_predicates = validator(
    "exclude-sql-predicates", subject="Documents and code", requires={"sqlglot": "railguard[sql]"}
)(ExcludeSqlPredicates)
