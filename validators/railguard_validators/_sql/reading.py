"""Parses SQL with sqlglot within limits, and finds names and tables in the result.

sqlglot takes time that doubles with every level or repetition of some constructs (type names with brackets, joins
without a condition), grows with the square of others (chains such as a[1][1][1]), and uses 30 frames of Python's stack
per bracket. So the steps of its parser are counted, and brackets and chains are limited.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from railguard import UNSET, FailResult
from railguard_validators._formats.positions import offset, place
from railguard_validators._wording import shown

__all__ = [
    "NotSql",
    "common_table",
    "inner",
    "key",
    "kind_of",
    "known_dialect",
    "statements",
    "tables",
    "unsure",
    "where",
    "within",
]

_DEEPEST = 20
_LONGEST_CHAIN = 32
_STEPS = (5_000, 50)  # parser steps: a constant, and a number per token; ordinary text needs one or two per token
_MISSING = re.compile(r"Required keyword: '\w+' missing for <class '[\w.]*?(\w+)'>")
_FALLBACKS = ("CREATE", "ALTER", "DROP")


class NotSql(Exception):
    """Raised if a text is not SQL: the error, and its (start, end) if known."""

    def __init__(self, what: str, span: tuple[int, int] | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.span = span

    def failure(self, text: str, *, fix: Any = UNSET) -> FailResult:
        """Return the failure for a text with this error."""
        at = f" at {place(text, self.span[0])}" if self.span else ""
        return FailResult(
            f"The text is not valid SQL: {self.what}{at}.", fix=fix, spans=[self.span] if self.span else ()
        )


class _TooLong(Exception):
    """Raised if the parser takes too many steps on ambiguous text."""


def known_dialect(name: str | None) -> str | None:
    """Return sqlglot's name of a dialect. Raises ValueError for an unknown one.

    >>> known_dialect("Postgres"), known_dialect("")
    ('postgres', None)
    """
    from sqlglot import Dialect, Dialects

    if not name:
        return None
    known = sorted(dialect.value for dialect in Dialects if dialect.value)
    if name.lower() not in known:
        raise ValueError(f"dialect is {name!r}; sqlglot reads {', '.join(known)}")
    Dialect.get_or_raise(name.lower())
    return name.lower()


@cache
def _parser(dialect: str | None) -> Any:
    from sqlglot import Dialect

    class Bounded(type(Dialect.get_or_raise(dialect).parser())):  # type: ignore[misc]  # chosen by name
        steps = 0

        def _advance(self, times: int = 1) -> None:
            self.steps -= 1
            if self.steps < 0:
                raise _TooLong
            super()._advance(times)

        def _warn_unsupported(self) -> None:
            """sqlglot logs a warning with the text of a statement that it does not parse; here the tree shows it."""

    return Bounded


def statements(text: str, dialect: str | None) -> list[Any]:
    """Return the statements of a text as sqlglot's trees. Raises NotSql for text that sqlglot cannot parse, and for
    text that is not a statement: an expression alone, as which any two words are parsed, and an unknown CREATE, ALTER
    or DROP.

    >>> [kind_of(tree) for tree in statements("SELECT 1; DELETE FROM t", None)]
    ['SELECT', 'DELETE']
    >>> try:
    ...     statements("SELECT a FROM t WHERE b = = 1", None)
    ... except NotSql as error:
    ...     print(error.what, error.span)
    something is missing after = (26, 27)
    """
    from sqlglot import Dialect, exp
    from sqlglot.errors import ParseError, SqlglotError, TokenError

    reader = Dialect.get_or_raise(dialect)
    try:
        tokens = reader.tokenize(text)
    except TokenError:
        raise NotSql("a quote or a comment is not closed") from None
    except (ValueError, IndexError, RecursionError) as error:
        raise NotSql(f"it cannot be read ({type(error).__name__})") from None
    _check_shape(tokens)
    parser = _parser(dialect)(dialect=reader)
    parser.steps = _STEPS[0] + _STEPS[1] * len(tokens)
    try:
        trees = parser.parse(tokens, text)
    except ParseError as error:
        raise _worded(text, error) from None
    except _TooLong:
        raise NotSql("it is too ambiguous to be read; write joins with their ON, and less nesting") from None
    except RecursionError:
        raise NotSql("it is nested too deeply") from None
    except (SqlglotError, ValueError, AttributeError, TypeError, IndexError, KeyError) as error:
        raise NotSql(f"it cannot be read ({type(error).__name__})") from None
    found = [tree for tree in trees if tree is not None and type(tree).__name__ != "Semicolon"]
    if not found:
        raise NotSql("there is no statement in it")
    for tree in found:
        command = str(tree.this).upper() if isinstance(tree, exp.Command) else ""
        if command in _FALLBACKS:
            raise NotSql(f"this {command} statement is not understood")
        if isinstance(tree, (exp.Condition, exp.Alias, exp.Aliases, exp.Tuple, exp.Star, exp.Interval, exp.Identifier)):
            raise NotSql("it is an expression and no statement, such as SELECT")
    return found


def _check_shape(tokens: list[Any]) -> None:
    from sqlglot import TokenType as T

    opening, closing = (T.L_PAREN, T.L_BRACKET, T.L_BRACE), (T.R_PAREN, T.R_BRACKET, T.R_BRACE)
    prefixes = (T.NOT, T.DASH, T.PLUS, T.TILDE, T.CASE, T.ARROW, T.INTERVAL)
    chains, pipes, prefixed = [0], 0, 0
    before: Any = None
    for token in tokens:
        kind = token.token_type
        prefixed = prefixed + 1 if kind in prefixes else prefixed if kind in (T.VAR, T.WHEN, T.THEN, T.NUMBER) else 0
        if kind in opening or kind == T.DOT:
            if before in closing:
                chains[-1] += 1
            if kind != T.DOT:
                chains.append(0)
        elif kind in closing:
            if len(chains) > 1:
                chains.pop()
        elif before != T.DOT:
            chains[-1] = 0
        pipes = 0 if kind == T.SEMICOLON else pipes + (token.text == "|>")
        if len(chains) - 1 > _DEEPEST or prefixed > _DEEPEST:
            raise NotSql(f"it is nested more than {_DEEPEST} deep", (token.start, token.end + 1))
        if chains[-1] > _LONGEST_CHAIN or pipes > _LONGEST_CHAIN:
            raise NotSql(f"a chain has more than {_LONGEST_CHAIN} links", (token.start, token.end + 1))
        before = kind


def _worded(text: str, error: Any) -> NotSql:
    details = error.errors[0] if error.errors else {}
    what = str(details.get("description") or error).partition("\n")[0]
    near = str(details.get("highlight") or "")
    span = None
    if details.get("line"):
        end = offset(text, details["line"], details["col"] or 1)
        start = end - len(near) + 1
        span = (start, end + 1) if start >= 0 and text[start : end + 1] == near else (min(end, len(text) - 1), end)
        span = (max(span[0], 0), min(max(span[1], span[0]), len(text)))
    if missing := _MISSING.search(what):
        what = f"something is missing after {near}" if near else f"something is missing in {missing[1].upper()}"
    elif what.startswith("Invalid expression / Unexpected token"):
        what = f"{shown(near, 30)} is not expected"
    else:
        what = what.partition(" but got ")[0].partition("<")[0].strip(" .")[:200]
        what = what[:1].lower() + what[1:] + (f" near {shown(near, 30)}" if near else "")
    return NotSql(what, span)


def kind_of(tree: Any) -> str:
    """Return the kind of a statement, in SQL's words.

    >>> kind_of(statements("EXPLAIN SELECT 1", None)[0])
    'EXPLAIN'
    """
    from sqlglot import exp

    if isinstance(tree, exp.Command):
        return str(tree.this).upper()[:30]
    return str(tree.key).replace("truncatetable", "truncate table").upper()


_UNICODE_NAME = re.compile(r"(?<![\w$])[uU]&\"")
_ESCAPED_QUOTE = re.compile(r"\\['\"`]")
_CLOSE_HYPHENS = re.compile(r"--(?!\s|\Z)")


def _hidden(text: str, dialect: str | None) -> str | None:
    """Return a construct that some databases parse differently, so that they would execute what sqlglot takes for a
    comment, a string or another name; None if there is none.

    >>> _hidden("SELECT 1 /*!50000 INTO OUTFILE '/a' */", "mysql")
    'a comment that MySQL executes (/*! … */); leave it out'
    >>> _hidden("SELECT 'a\\\\'' , sleep(5) -- '", None)
    'a backslash before a quotation mark, which not all databases read alike; write the quotation mark twice instead'
    """
    if "/*!" in text or "/*M!" in text:
        return "a comment that MySQL executes (/*! … */); leave it out"
    at = text.find("/*")
    while at >= 0:
        end = text.find("*/", at + 2)
        if "/*" in text[at + 2 : len(text) if end < 0 else end]:
            return "a comment in a comment, which not all databases read alike; leave it out"
        at = text.find("/*", end + 2) if end >= 0 else -1
    if _UNICODE_NAME.search(text):
        return 'a name in Unicode escapes (U&"…"); write the name as it is'
    if dialect is None and _ESCAPED_QUOTE.search(text):
        return "a backslash before a quotation mark, which not all databases read alike; write the quotation mark twice instead"
    if dialect is None and _CLOSE_HYPHENS.search(text):
        return "two hyphens without a space behind them, which not all databases take for a comment; write the space"
    return None


# Words that begin a statement of Transact-SQL without a preceding semicolon, and are not names there.
_STATEMENT_WORDS = """
alter backup begin break bulk checkpoint close commit continue create dbcc deallocate declare delete deny drop dump exec
execute fetch goto grant if insert kill load merge open print raiserror readtext reconfigure restore return revert
revoke rollback save set setuser shutdown truncate update updatetext use waitfor while writetext
"""
_STATEMENTS = frozenset(_STATEMENT_WORDS.split())
_DANGER_WORDS = """
checkpoint commit delete drop exec execute insert reconfigure revert rollback shutdown truncate
"""
_DANGEROUS = frozenset(_DANGER_WORDS.split())


def _run_together(trees: list[Any], dialect: str | None) -> tuple[str, tuple[int, int] | None] | None:
    """Return the word, and its position, at which SQL Server would begin another statement while sqlglot reads a name.

    >>> _run_together(statements("SELECT 1 DELETE FROM t", "tsql"), "tsql")
    ('DELETE', (9, 15))
    """
    from sqlglot import exp

    if dialect not in (None, "tsql", "fabric"):
        return None
    for tree in trees:
        for name in tree.find_all(exp.Identifier):
            aliased = isinstance(name.parent, (exp.Alias, exp.TableAlias))
            if not name.args.get("quoted") and name.name.lower() in (
                _STATEMENTS if dialect else _DANGEROUS if aliased else ()
            ):
                return name.name, where(name)
    return None


def unsure(text: str, trees: list[Any], dialect: str | None) -> FailResult | None:
    """Return the failure of SQL that a database may parse differently than sqlglot, so that the check has no meaning.

    >>> unsure("SELECT 1", statements("SELECT 1", None), None)
    """
    if (what := _hidden(text, dialect)) is not None:
        return FailResult(f"The SQL must not have {what}.")
    if (second := _run_together(trees, dialect)) is not None:
        word, span = second
        return FailResult(
            f"The SQL must not use {shown(word)} as a name, because SQL Server begins another statement there; choose "
            "another name.",
            spans=[span] if span else (),
        )
    return None


def where(node: Any) -> tuple[int, int] | None:
    """Return (start, end) of a name in the text, if sqlglot knows it."""
    if node is None:
        return None
    start, end = node.meta.get("start"), node.meta.get("end")
    return (start, end + 1) if isinstance(start, int) and isinstance(end, int) else None


_Key = tuple[str, bool]
Env = tuple[Any, dict[_Key, tuple[int, Any]], int] | None
"""The common table expressions that a node sees: the outer ones, these by name, and the number of these."""


def key(identifier: Any) -> _Key:
    """Return a name for comparison: a quoted name differs from an unquoted one in at least one dialect."""
    quoted = bool(identifier.args.get("quoted"))
    return (identifier.name if quoted else identifier.name.casefold(), quoted)


def within(env: Env, node: Any, dialect: str | None) -> tuple[Env, list[tuple[Any, Env]]]:
    """Return what a node sees including its own WITH, and the bodies of that WITH with what each of them sees.

    A name refers to a common table expression only after it, or in it if it is recursive; otherwise it refers to a
    table.
    """
    with_ = node.args.get("with_") or node.args.get("with")
    if with_ is None:
        return env, []
    recursive = bool(with_.args.get("recursive")) or dialect in ("tsql", "fabric", "oracle")
    names: dict[_Key, tuple[int, Any]] = {}
    bodies: list[tuple[Any, Env]] = []
    for index, cte in enumerate(with_.expressions):
        alias = cte.args.get("alias")
        if alias is not None and alias.this is not None and not cte.args.get("scalar"):
            names.setdefault(key(alias.this), (index, cte))
        bodies.append((cte.this, (env, names, index + recursive)))
    return (env, names, len(with_.expressions)), bodies


def common_table(env: Env, table: Any) -> Any:
    """Return the common table expression that a table name refers to; None if it refers to a table."""
    from sqlglot import exp

    if len(table.parts) != 1 or not isinstance(table.this, exp.Identifier):
        return None
    name = key(table.this)
    while env is not None:
        outer, names, seen = env
        if name in names and names[name][0] < seen:
            return names[name][1]
        env = outer
    return None


def inner(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield (argument name, node) of every direct child, except its WITH."""
    for name, value in node.args.items():
        if name in ("with", "with_"):
            continue
        for item in value if isinstance(value, list) else (value,):
            if hasattr(item, "args"):
                yield name, item


def tables(tree: Any, dialect: str | None) -> Iterator[Any]:
    """Yield every table in a statement except common table expressions, and other row sources that are neither a query
    nor a function of its arguments only.

    >>> tree = statements("WITH a AS (SELECT * FROM b) SELECT * FROM a, s.a, (WITH c AS (SELECT 1) SELECT * FROM c)", None)[0]
    >>> sorted(".".join(part.name for part in table.parts) for table in tables(tree, None))
    ['b', 's.a']
    """
    from sqlglot import exp

    todo: list[tuple[Any, Env]] = [(tree, None)]
    while todo:
        node, env = todo.pop()
        env, bodies = within(env, node, dialect)
        if isinstance(node, exp.Table):
            if common_table(env, node) is None and not _makes_rows(node.this):
                yield node
        elif isinstance(node, (exp.Lateral, exp.TableFromRows)) and not _makes_rows(node.this):
            yield node
        todo.extend((below, env) for _, below in inner(node))
        todo.extend(bodies)


def _makes_rows(source: Any) -> bool:
    from sqlglot import exp

    kinds = ("GenerateSeries", "ExplodingGenerateSeries", "Unnest", "Explode", "Posexplode", "Inline", "JSONTable")
    if isinstance(source, (exp.Query, exp.Values)):
        return True
    return isinstance(source, tuple(getattr(exp, kind) for kind in kinds if hasattr(exp, kind)))
