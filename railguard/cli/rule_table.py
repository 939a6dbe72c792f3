"""Shows how each rule of a spec is enforced: by keywords of the schema, and by which check."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from railguard import Enforcement
from railguard.cli.streams import emit, paint, visible
from railguard.cli.wording import short_json

__all__ = ["print_rules"]


def print_rules(found: Sequence[Enforcement]) -> None:
    """Write the rules to stdout, place by place in the order of the spec."""
    for path, rules in groupby(found, key=lambda one: one.path):
        emit(paint(visible(path), "bold", sys.stdout))
        for one in rules:
            emit(f"  {visible(_rule(one))}")
            emit(paint(f"    {visible(_enforced(one))}", "dim", sys.stdout))


def _rule(one: Enforcement) -> str:
    words = one.rule.describe()
    name = f"{one.rule.name} ({one.rule.on_fail})"
    return name if words == one.rule.name else f"{name}: {_cut(words)}"


def _enforced(one: Enforcement) -> str:
    if one.rule.validator is None:
        return "it cannot run"
    said = f"the schema says {_keywords(one.keywords)}; " if one.keywords else ""
    return said + ("pydantic-core checks it first" if one.accepting else "checked by itself")


def _cut(text: str, most: int = 200) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _keywords(keywords: Mapping[str, Any]) -> str:
    return ", ".join(f"{keyword} {short_json(value)}" for keyword, value in keywords.items())
