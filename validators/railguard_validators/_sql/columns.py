"""Finds the columns and tables that a statement uses, from its text only: the schema of the database is not known.

A name without its table may be a column of any enclosing table, so it must be allowed for each of them. If a database
might resolve a name to another column, the name counts as not allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from railguard_validators._sql.reading import common_table, inner, key, kind_of, where, within

__all__ = ["Unchecked", "used"]

Span: TypeAlias = tuple[int, int] | None
Table: TypeAlias = tuple[str, ...]
Name: TypeAlias = tuple[str, bool]  # as `key` returns it: a quoted name differs from an unquoted one
Allowed: TypeAlias = Callable[[Table, str], bool]
"""Whether a column of a table, or all of them (`*`), may be used."""

_ALIASES_COUNT = ("order", "group", "having", "qualify", "distinct", "sort", "cluster", "distribute")


class Unchecked(Exception):
    """Raised for a kind of statement whose columns are not analysed."""


@dataclass
class _Scope:
    """The scope of a query's FROM. tables: alias → its possible tables. derived: alias → its columns, None if unknown.
    names: the names of the query's own result columns. renamed: aliases that differ from the table's name.
    """

    outer: _Scope | None
    tables: dict[str, list[Table]] = field(default_factory=dict)
    derived: dict[Name, frozenset[Name] | None] = field(default_factory=dict)
    names: frozenset[Name] = frozenset()
    renamed: set[str] = field(default_factory=set)

    def known(self, name: Name) -> bool:
        return any(columns is not None and name in columns for columns in self.derived.values())

    def every_table(self) -> list[Table]:
        return [table for tables in self.tables.values() for table in tables]


def used(tree: Any, dialect: str | None, allowed: Allowed) -> Iterator[tuple[str, Span]]:
    """Yield (problem, position) of each column that is not allowed, or whose table is unclear. Raises Unchecked.

    >>> from railguard_validators._sql.reading import statements
    >>> tree = statements("WITH c AS (SELECT id AS i FROM t) SELECT i, u.b FROM c JOIN u ON c.i = u.a", None)[0]
    >>> [what for what, _ in used(tree, None, lambda table, column: column in ("id", "a"))]
    ['u.b']
    """
    from sqlglot import exp

    if not isinstance(tree, (exp.Query, exp.Values, exp.Insert, exp.Update, exp.Delete)):
        raise Unchecked(kind_of(tree))
    todo: list[tuple[Any, Any, _Scope | None, bool]] = [(tree, None, None, False)]
    while todo:
        node, env, scope, aliases = todo.pop()
        env, bodies = within(env, node, dialect)
        todo.extend((body, seen, scope, False) for body, seen in bodies)
        if isinstance(node, (exp.Merge, exp.Command)):
            raise Unchecked(kind_of(node))
        if isinstance(node, (exp.Select, exp.Update, exp.Delete, exp.Insert)):
            scope = _scope_of(node, env, scope)
            yield from _own(node, scope, allowed)
        elif isinstance(node, exp.SetOperation):
            scope = _Scope(scope, names=_columns(node) or frozenset())
        elif isinstance(node, exp.Join):
            if node.args.get("method") == "NATURAL":
                yield "* (a NATURAL JOIN compares every column)", None
            for identifier in node.args.get("using") or ():
                yield from _judged(identifier, scope, False, allowed)
        elif isinstance(node, exp.Column):
            yield from _column(node, scope, aliases, allowed)
            continue
        elif (
            (isinstance(node, exp.Star) and not isinstance(node.parent, exp.Func))
            or type(node).__name__ == "Columns"
            or (isinstance(node, exp.Parameter) and dialect == "snowflake")
        ):
            yield from _star(node, scope, allowed)
        outer = scope.outer if isinstance(node, exp.SetOperation) and scope else scope
        for name, below in inner(node):
            sides = isinstance(node, exp.SetOperation) and name in ("this", "expression")
            todo.append((below, env, outer if sides else scope, aliases or name in _ALIASES_COUNT))


def _scope_of(node: Any, env: Any, outer: _Scope | None) -> _Scope:
    from sqlglot import exp

    scope = _Scope(outer)
    if isinstance(node, exp.Select):
        aliases = [each.args.get("alias") for each in node.expressions if isinstance(each, exp.Alias)]
        scope.names = frozenset(key(alias) for alias in aliases if isinstance(alias, exp.Identifier))
    todo: list[Any] = []
    from_ = node.args.get("from_") or node.args.get("from")
    if from_ is not None:
        todo += [from_.this, *from_.expressions]
    if isinstance(node, (exp.Update, exp.Delete, exp.Insert)):
        todo += [node.this, *(node.args.get("using") or ()), *(node.args.get("tables") or ())]
    todo += [join.this for join in node.args.get("joins") or ()] + list(node.args.get("laterals") or ())
    if isinstance(node, exp.Insert):
        scope.derived["excluded", False] = None  # the row proposed for insertion
    while todo:
        source = todo.pop()
        if not hasattr(source, "args"):
            continue
        todo += [join.this for join in source.args.get("joins") or ()] + list(source.args.get("laterals") or ())
        alias = _alias(source)
        if isinstance(source, exp.Schema):
            todo.append(source.this)
        elif isinstance(source, exp.Table) and isinstance(source.this, exp.Identifier):
            body = common_table(env, source)
            if body is not None:
                scope.derived[alias] = _renamed(source) or _columns(body.this, body)
            else:
                scope.tables.setdefault(alias[0].casefold(), []).append(tuple(part.name for part in source.parts))
                if source.alias and source.alias.casefold() != source.name.casefold():
                    scope.renamed.add(alias[0].casefold())
        elif isinstance(source, exp.Subquery) and not source.alias and not isinstance(source.this, exp.Query):
            todo.append(source.this)  # (a JOIN b): brackets around sources
        else:
            names = _renamed(source)
            if names is None and isinstance(source, exp.Subquery):
                names = _columns(source.this, source)
            scope.derived[alias] = names
    return scope


def _alias(source: Any) -> Name:
    from sqlglot import exp

    alias = source.args.get("alias")
    name = alias.this if isinstance(alias, exp.TableAlias) else source.this
    return key(name) if isinstance(name, exp.Identifier) else (source.alias_or_name.casefold(), False)


def _renamed(source: Any) -> frozenset[Name] | None:
    """Return the columns that an alias such as t(a, b) names; None if it names none."""
    from sqlglot import exp

    alias = source.args.get("alias")
    columns = alias.args.get("columns") or () if isinstance(alias, exp.TableAlias) else ()
    return frozenset(key(name) for name in columns if isinstance(name, exp.Identifier)) or None


def _columns(query: Any, holder: Any = None) -> frozenset[Name] | None:
    """Return the columns of a query's result; None if unknown."""
    from sqlglot import exp

    if holder is not None and (renamed := _renamed(holder)):
        return renamed
    while isinstance(query, (exp.SetOperation, exp.Subquery)):
        query = query.this
    if not isinstance(query, exp.Select):
        return None
    names = [each.args.get("alias") if isinstance(each, exp.Alias) else each.this for each in query.expressions]
    return frozenset(map(key, names)) if all(isinstance(name, exp.Identifier) for name in names) else None


def _own(node: Any, scope: _Scope, allowed: Allowed) -> Iterator[tuple[str, Span]]:
    """Yield the columns that an INSERT fills: the listed ones, or all."""
    from sqlglot import exp

    if not isinstance(node, exp.Insert):
        return
    target = node.this
    if isinstance(target, exp.Schema):
        for identifier in target.expressions:
            if isinstance(identifier, exp.Identifier):
                yield from _judged(identifier, scope, False, allowed)
    else:
        yield from _star(node, scope, allowed)


def _star(node: Any, scope: _Scope | None, allowed: Allowed) -> Iterator[tuple[str, Span]]:
    for table in scope.every_table() if scope else ():
        if not allowed(table, "*"):
            yield ".".join((*table, "*")), None


def _column(node: Any, scope: _Scope | None, aliases: bool, allowed: Allowed) -> Iterator[tuple[str, Span]]:
    from sqlglot import exp

    if not node.table:
        if isinstance(node.this, exp.Star):
            yield from _star(node, scope, allowed)
        else:
            yield from _judged(node.this, scope, aliases, allowed)
        return
    name = "*" if isinstance(node.this, exp.Star) else node.name
    qualifier = node.args["table"]
    level = scope
    while level is not None:
        if (tables := level.tables.get(qualifier.name.casefold())) is not None:
            if not all(allowed(table, name) for table in tables):
                yield f"{qualifier.name}.{name}", where(node.this)
            return
        if key(qualifier) in level.derived:
            return
        level = level.outer
    yield from _judged(node.parts[0], scope, aliases, allowed)  # a field of a column


def _judged(identifier: Any, scope: _Scope | None, aliases: bool, allowed: Allowed) -> Iterator[tuple[str, Span]]:
    """Check a name without its table."""
    name = identifier.name
    if aliases and scope is not None and key(identifier) in scope.names:
        return
    level, unknown = scope, False
    while level is not None:
        if name.casefold() in level.renamed:
            yield f"{name} (it is a whole row here)", where(identifier)
            return
        if level.known(key(identifier)):
            return
        if level.tables:
            verdicts = [allowed(table, name) for table in level.every_table()]
            if not all(verdicts):
                yield (f"{name} (write it with its table)" if any(verdicts) else name), where(identifier)
            return
        unknown = unknown or bool(level.derived)
        level = level.outer
    if not unknown:
        yield name, where(identifier)
