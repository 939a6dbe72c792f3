"""The notebook display of a guard and an outcome: plain HTML without scripts, with everything in it escaped.

It is imported when a notebook asks for it (`_repr_html_`). A model's text is untrusted: it is shown as plain text and
truncated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from railguard import UNSET, Failure, Guard, Iteration, ValidationOutcome

__all__ = ["guard_html", "outcome_html"]

_LONGEST = 2_000
_MOST = 50
_TABLE = 'style="text-align:left;border-collapse:collapse;margin:.3em 0"'
_CELL = 'style="text-align:left;vertical-align:top;padding:.15em .8em .15em 0;white-space:pre-wrap"'


def outcome_html(outcome: ValidationOutcome) -> str:
    """Return an outcome as HTML: whether it passed, what failed, what was fixed, and each round."""
    return "".join(_outcome(outcome))


def guard_html(guard: Guard) -> str:
    """Return a guard as HTML: its messages, the schema of its output, and the warnings about its spec."""
    return "".join(_guard(guard))


def _outcome(outcome: ValidationOutcome) -> Iterator[str]:
    tokens = f", {outcome.usage.total_tokens} tokens" if outcome.usage.known else ""
    rounds = len(outcome.iterations)
    answers = f"{rounds} answer{'' if rounds == 1 else 's'}"
    word = "passed" if outcome.passed else "failed"
    yield f"<div><p><strong>{'✓' if outcome.passed else '✗'} {word}</strong> ({_text(outcome.stopped)}), {answers}{tokens}</p>"
    if outcome.refusal is not None:
        yield f"<p>The model refused: {_text(outcome.refusal)}</p>"
    plain = outcome.to_dict()
    shown = plain["output"] if outcome.output is not None or outcome.passed else plain["partial"]
    yield from _folded("output" if outcome.output is not None or outcome.passed else "partial", _json(shown), open=True)
    yield from _failures("unresolved", outcome.failures)
    yield from _failures("resolved", outcome.resolved)
    yield from _failures("input", outcome.inputs)
    yield from _table(
        "repairs",
        ("path", "rule", "class", "before", "after"),
        ((str(one.path), one.rule, one.kind, _value(one.before), _value(one.after)) for one in outcome.repairs),
        len(outcome.repairs),
    )
    for number, iteration in enumerate(outcome.iterations):
        yield from _round(number, iteration)
    yield "</div>"


def _round(number: int, iteration: Iteration) -> Iterator[str]:
    asked = ", ".join(map(str, iteration.asked[:_MOST])) or "everything"
    found = f"{len(iteration.failures)} failed" if iteration.failures else "nothing failed"
    usage = iteration.usage
    tokens = f", {usage.input_tokens} + {usage.output_tokens} tokens" if usage is not None and usage.known else ""
    title = f"round {number}: asked for {asked}; {found}{tokens}"
    yield from _folded(title, f"{iteration.raw}\n\n{iteration.note or ''}".strip())
    yield from _failures("", iteration.failures)


def _failures(title: str, failures: Sequence[Failure]) -> Iterator[str]:
    yield from _table(
        title,
        ("path", "rule", "what is wrong", "before", "after", "action"),
        (
            (str(one.path), one.validator, one.message, _value(one.before), _value(one.after), str(one.action))
            for one in failures
        ),
        len(failures),
    )


def _guard(guard: Guard) -> Iterator[str]:
    name = f" {guard.spec.name}" if guard.spec.name else ""
    yield f"<div><p><strong>Guard{_text(name)}</strong></p>"
    if guard.variables:
        yield f"<p>variables: {_text(', '.join(guard.variables))}</p>"
    for message in guard.spec.messages:
        content: Any = message.content
        parts = content if isinstance(content, list) else content.parts
        text = "".join(part if isinstance(part, str) else f"${{{getattr(part, 'name', part)}}}" for part in parts)
        yield from _folded(message.role, text)
    yield from _folded("schema", _json(guard.json_schema()))
    rows = ((str(one.message), one.hint or "") for one in guard.warnings)
    yield from _table("warnings", ("what", "hint"), rows, len(guard.warnings))
    yield "</div>"


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]], count: int) -> Iterator[str]:
    if not count:
        return
    if title:
        yield f"<p>{_text(title)}: {count}</p>"
    yield f"<table {_TABLE}><thead><tr>"
    yield from (f'<th scope="col" {_CELL}>{_text(name)}</th>' for name in head)
    yield "</tr></thead><tbody>"
    for _, row in zip(range(_MOST), rows, strict=False):
        yield "<tr>" + "".join(f"<td {_CELL}>{_text(cell)}</td>" for cell in row) + "</tr>"
    yield "</tbody></table>"
    if count > _MOST:
        yield f"<p>… and {count - _MOST} more</p>"


def _folded(title: str, text: str, *, open: bool = False) -> Iterator[str]:
    yield f"<details{' open' if open else ''}><summary>{_text(title)}</summary>"
    yield f'<pre style="white-space:pre-wrap">{_text(text)}</pre></details>'


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _value(value: Any) -> str:
    return "" if value is UNSET else repr(value)


def _text(text: str) -> str:
    """Return text escaped for HTML, truncated if it is long."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST} more characters)"
    return escape(cut.encode("utf-8", "replace").decode())
