"""The report as one HTML page: no script, no external content, and everything in it escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from railguard.spectest.spec_report import SpecReport

__all__ = ["page"]

_LONGEST = 300
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #1a7f37; --bad: #cf222e; --odd: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --good: #56d364; --bad: #ff7b72; --odd: #e3b341; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.score { font-size: 2.5rem; font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); }
td.number, th.number { text-align: right; }
td:first-child { min-width: 8rem; }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; white-space: pre-wrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .odd { color: var(--odd); }
"""
_CLASS = {"ok": "good", "never": "bad", "loose": "odd", "kept": "odd", "redundant": "odd", "untried": "odd"}


def page(report: SpecReport, name: str) -> str:
    """A report as a page.

    Args:
        report: The report of `measure_spec`.
        name: The name of the spec.

    Returns:
        The HTML document.
    """
    return "".join(_page(report, name))


def _page(report: SpecReport, name: str) -> Iterator[str]:
    title = f"Test of {escape(name)}"
    yield '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{title}</title><style>{_STYLE}</style></head><body><main><h1>{title}</h1>"
    score = report.score
    if score is not None:
        tried = report.caught + report.missed
        yield f'<p><span class="score">{score:.0f} %</span> of {tried:,} ordinary mistakes are caught.</p>'
    yield f"<p>{report.generated} valid answers were made, {report.answers:,} stored ones read"
    yield f", of which the spec refuses {report.answers_failed:,}. " if report.answers else ". "
    structure = report.structure_caught + report.structure_missed
    yield f"Of {structure:,} wrong types and missing members {report.structure_caught:,} are caught or mended.</p>"
    yield from _table(
        "What to look at",
        ("place", "what"),
        (("", _code(one.path), escape(one.message)) for one in report.findings),
    )
    yield from _table(
        "Rules",
        ("place", "rule", "on fail", "#broken", "#by mistakes", "#alone", "#by stored answers", "verdict"),
        (
            (
                _CLASS[one.verdict],
                _code(one.path),
                f"{_code(one.name)} {escape(one.words)}",
                escape(one.on_fail),
                f"{one.broken:,}",
                f"{one.mistakes:,}",
                f"{one.alone:,}",
                f"{one.answers:,}",
                f"{one.verdict} {escape(one.reason)}",
            )
            for one in report.rules
        ),
    )
    yield from _table(
        "Places",
        ("place", "type", "#mistakes caught", "#let through"),
        (
            (
                "bad" if one.missed and not one.caught else "",
                _code(one.path),
                one.type,
                f"{one.caught:,}",
                f"{one.missed:,}",
            )
            for one in report.places
        ),
    )
    yield from _table(
        "Mistakes that are let through",
        ("place", "mistake", "the wrong value", "the right one"),
        (
            ("", _code(one.path), escape(one.what), _code(_shown(one.value)), _code(_shown(one.right)))
            for one in report.survivors
        ),
    )
    yield from _table(
        "Cases",
        ("case", "verdict", "difference"),
        (
            (
                "good" if one.agrees else "bad",
                escape(one.case.name),
                "passes" if one.passed else "fails",
                escape(one.difference) or "as it should",
            )
            for one in report.cases
        ),
    )
    yield "</main></body></html>\n"


def _table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table. Each row is a CSS class followed by HTML cells; a column name that begins with # is for numbers.
    Yields nothing without rows.
    """
    filled = list(rows)
    if not filled:
        return
    numbers = ['class="number"' if column.startswith("#") else "" for column in columns]
    yield f'<h2>{title}</h2><div class="scroll"><table><thead><tr>'
    for column, number in zip(columns, numbers, strict=True):
        yield f'<th scope="col" {number}>{column.removeprefix("#")}</th>'
    yield "</tr></thead><tbody>"
    for kind, *cells in filled:
        last = len(cells) - 1
        yield "<tr>"
        for at, (cell, number) in enumerate(zip(cells, numbers, strict=True)):
            coloured = f'<span class="{kind}">{cell}</span>' if kind and at == last else cell
            yield f"<td {number}>{coloured}</td>"
        yield "</tr>"
    yield "</tbody></table></div>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
