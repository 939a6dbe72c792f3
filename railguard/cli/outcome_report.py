"""The plain-text report of `validate` for one stored output: its verdict, the failures, and every local change.

Every change is reported. Only if there are many changes of one kind, the rest is given as a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TextIO, TypeVar

from railguard import UNSET, Failure, Repair, ValidationOutcome
from railguard.cli import exits
from railguard.cli.outputs import Stored
from railguard.cli.streams import paint, visible
from railguard.cli.wording import change, ending, one_line, short_json

__all__ = ["as_text", "heading"]

_MOST = 20
_Thing = TypeVar("_Thing")


def heading(verdict: str, stored: Stored, stream: TextIO) -> str:
    """Return `ok    answer.json`, `FAIL  answers.jsonl:2 (id 17)`."""
    style = {"ok": "green", "note": "yellow"}.get(verdict, "red")
    named = f" (id {short_json(stored.id)})" if stored.id is not None else ""
    return f"{paint(f'{verdict:5}', style, stream)} {visible(stored.place)}{named}"


def as_text(outcome: ValidationOutcome, stored: Stored, stream: TextIO) -> str:
    """Return the whole report of one output, on as many lines as needed."""
    failed = exits.of_outcome(outcome) != exits.GOOD
    verdict = "FAIL" if failed else "note" if outcome.failures else "ok"
    lines = [heading(verdict, stored, stream)]
    if outcome.stopped not in ("valid", "unresolved", "no_model"):
        lines.append(f"      {ending(outcome)}")
    lines += _some(outcome.failures, lambda failure: _failure(failure, stream))
    lines += _some(outcome.resolved, _resolved)
    lines += _some(outcome.repairs, _repair)
    return "\n".join(lines)


def _some(things: Sequence[_Thing], lines_of: Callable[[_Thing], Iterable[str]]) -> list[str]:
    lines = [f"      {line}" for thing in things[:_MOST] for line in lines_of(thing)]
    if len(things) > _MOST:
        lines.append(f"      … and {len(things) - _MOST:,} more")
    return lines


def _failure(failure: Failure, stream: TextIO) -> list[str]:
    noted = failure.action.policy.keeps_output
    kind = paint("noted" if noted else "fails", "yellow" if noted else "red", stream)
    lines = [f"{kind}     {visible(str(failure.path))}  [{failure.validator}]"]
    if failure.value is not UNSET:
        lines.append(f"            {short_json(failure.value)}")
    return [*lines, f"            {one_line(failure.message)}"]


def _resolved(failure: Failure) -> list[str]:
    if failure.after is UNSET:
        return [f"left out  {visible(str(failure.path))}  [{failure.validator}]  {short_json(failure.before, 40)}"]
    changed = change(failure.before, failure.after)
    return [f"fixed     {visible(str(failure.path))}  [{failure.validator}]  {changed}"]


def _repair(repair: Repair) -> list[str]:
    if repair.before is UNSET:
        changed = f"filled in {short_json(repair.after, 40)}"
    elif repair.after is UNSET:
        changed = f"removed {short_json(repair.before, 40)}"
    else:
        changed = change(repair.before, repair.after)
    return [f"repaired  {visible(str(repair.path))}  [{repair.rule}]  {changed}"]
