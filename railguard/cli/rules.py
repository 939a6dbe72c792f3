"""Where each rule of a spec is enforced, as a table: what the schema says of it, and what checks it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from railguard import Enforcement
from railguard.cli.streams import show, visible
from railguard.cli.wording import short

__all__ = ["as_table"]

_WIDEST = 32  # characters of a path that stand on one line


def as_table(found: Sequence[Enforcement]) -> None:
    """Write the rules to stdout, in the order of the spec."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim", padding=(0, 2, 0, 0))
    paths = min(max((len(one.path) for one in found), default=0), _WIDEST)
    table.add_column("where", overflow="fold", min_width=paths, max_width=_WIDEST)
    for title, ratio in (("rule", 4), ("on fail", None), ("the schema says", 3), ("checked by", None)):
        table.add_column(title, ratio=ratio, overflow="fold", no_wrap=ratio is None)
    for one in found:
        table.add_row(
            Text(visible(one.path), "bold"),
            Text(visible(_rule(one))),
            Text(str(one.rule.on_fail)),
            Text(visible(_keywords(one.keywords))),
            Text(_checked_by(one)),
        )
    show(table, sys.stdout)


def _rule(one: Enforcement) -> str:
    words = one.rule.describe()
    return one.rule.name if words == one.rule.name else f"{one.rule.name}: {_cut(words)}"


def _cut(text: str, most: int = 200) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _keywords(keywords: Mapping[str, Any]) -> str:
    return ", ".join(f"{keyword} {short(value)}" for keyword, value in keywords.items()) or "–"


def _checked_by(one: Enforcement) -> str:
    if one.rule.validator is None:
        return "nothing: it cannot run"
    return "pydantic-core first" if one.accepting else "itself"
