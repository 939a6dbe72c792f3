"""The report of a run: each round's answer, what failed and why, what was asked again, and local repairs.

Every number is counted from the outcome; nothing is estimated.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

from railguard import UNSET, Failure, Iteration, Path, Repair, ValidationOutcome, ValueChange, json_key
from railguard.cli import exits
from railguard.cli.streams import show, visible
from railguard.cli.wording import change, count, data_size, ending, one_line, short_json, tokens

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["print_report"]

_MOST = 12
_VALUE = 60


def print_report(
    outcome: ValidationOutcome, stream: TextIO, *, unanswered: bool = False, updates: bool = False
) -> None:
    """Print all rounds and their result. unanswered: the provider failed in the round after the last one. updates:
    whether a document was updated.
    """
    before: Iteration | None = None
    for number, iteration in enumerate(outcome.iterations, start=1):
        _heading(_name_of(number, iteration, updates=updates), stream)
        show(_round(outcome, iteration, before), stream)
        before = iteration
    _end(outcome, stream, "the provider failed" if unanswered else ending(outcome))


def _heading(text: str, stream: TextIO, style: str = "cyan") -> None:
    """Print a horizontal line with words in it."""
    from rich.rule import Rule
    from rich.text import Text

    wide = "utf" in (stream.encoding or "").lower()
    show("", stream)
    show(Rule(Text(text, f"bold {style}"), align="left", style="dim", characters="─" if wide else "-"), stream)


def _name_of(number: int, iteration: Iteration, *, updates: bool) -> str:
    if updates and _is_whole(iteration):
        return f"Round {number}: what changes in the document is asked for{'' if number == 1 else ' again'}"
    if number == 1:
        return "Round 1: the whole output is asked for"
    if _is_whole(iteration):
        return f"Round {number}: the whole output is asked for again"
    return f"Round {number}: only {count(len(iteration.asked), 'value')} asked for again"


def _is_whole(iteration: Iteration) -> bool:
    return iteration.asked in ((), ((),))


class _Lines:
    """Rows with a narrow column for the kind of entry, and a wide column for its text."""

    def __init__(self) -> None:
        from rich.table import Table

        self.table: Table = Table.grid(padding=(0, 2, 0, 0), pad_edge=False, expand=True)
        self.table.add_column(width=9, no_wrap=True)
        self.table.add_column(ratio=1, overflow="fold")

    def add(self, kind: str, style: str, *parts: str | tuple[str, str]) -> None:
        from rich.text import Text

        self.table.add_row(Text(kind, style), Text.assemble(*parts))

    def more(self, hidden: int) -> None:
        if hidden > 0:
            self.add("", "", (f"… and {hidden:,} more", "dim"))


def _round(outcome: ValidationOutcome, iteration: Iteration, before: Iteration | None) -> Table:
    lines = _Lines()
    if before is not None:
        _asked(lines, outcome.iterations[0], iteration)
    _answer(lines, iteration)
    mended = _mended(iteration, before)
    for path, value in mended[:_MOST]:
        lines.add("accepted", "green", (visible(str(path)), "bold"), "\n", short_json(value, _VALUE))
    lines.more(len(mended) - _MOST)
    for repair in iteration.repairs[:_MOST]:
        lines.add("repaired", "yellow", *_repair(repair))
    lines.more(len(iteration.repairs) - _MOST)
    for fixed in iteration.resolved[:_MOST]:
        lines.add("fixed", "yellow", *_fixed(fixed))
    lines.more(len(iteration.resolved) - _MOST)
    for failure in iteration.failures[:_MOST]:
        noted = failure.action.policy.keeps_output
        lines.add("noted" if noted else "fails", "yellow" if noted else "red", *_failure(failure, iteration.raw))
    lines.more(len(iteration.failures) - _MOST)
    for path, value in iteration.ignored[:_MOST]:
        lines.add("ignored", "dim", (visible(str(path)), "bold"), "  was not asked for, and stays as it was")
        lines.add("", "", short_json(value, _VALUE))
    lines.more(len(iteration.ignored) - _MOST)
    return lines.table


def _asked(lines: _Lines, first: Iteration, iteration: Iteration) -> None:
    keys = [] if _is_whole(iteration) else list((iteration.schema or {}).get("properties", ()))
    if keys:
        shown = ", ".join(visible(key) for key in keys[:_MOST])
        lines.add("asked", "cyan", shown + (f" and {len(keys) - _MOST:,} more" if len(keys) > _MOST else ""))
    added = data_size(list(iteration.messages)) - data_size(list(first.messages))
    lines.add("" if keys else "asked", "cyan", (f"a request {added:,} bytes longer than the first", "dim"))


def _answer(lines: _Lines, iteration: Iteration) -> None:
    cut = ", cut off at a token limit" if iteration.finish_reason == "length" else ""
    size = len(iteration.raw.encode("utf-8", "surrogatepass"))
    counted = tokens(iteration.usage)
    lines.add("answer", "cyan", f"{count(size, 'byte')}{cut}", (f"; {counted}" if counted else "", "dim"))
    if iteration.note is not None:
        lines.add("note", "yellow", visible(iteration.note))


def _mended(iteration: Iteration, before: Iteration | None) -> list[tuple[Path, Any]]:
    """Return the values that this round asked for, received and kept."""
    if before is None or _is_whole(iteration):
        return []
    found = []
    for path in iteration.asked:
        value = _at(iteration.parsed, path)
        if path[-1:] == ("+",) or value is UNSET or any(_concerns(failure, path) for failure in iteration.failures):
            continue
        if json_key(value) != json_key(_at(before.parsed, path)):
            found.append((path, value))
    return found


def _concerns(failure: Failure, path: Path) -> bool:
    """Whether a failure is at a path or below it, or at an enclosing path that blames it."""
    return any(one.starts_with(path) or (failure.blame and path.starts_with(one)) for one in _blamed(failure))


def _blamed(failure: Failure) -> tuple[Path, ...]:
    return failure.blame or (failure.path,)


def _at(state: Any, path: Path) -> Any:
    for part in path:
        try:
            state = state[part]
        except (KeyError, IndexError, TypeError):
            return UNSET
    return state


def _failure(failure: Failure, raw: str) -> Iterator[str | tuple[str, str]]:
    yield visible(str(failure.path)), "bold"
    yield f"  {failure.validator}", "dim"
    if failure.value is not UNSET:
        yield f"\n{short_json(failure.value, _VALUE)}"
    elif failure.validator == "json":
        yield f"\n{short_json(raw, _VALUE)}"
    yield f"\n{one_line(failure.message)}", "italic"


def _fixed(failure: Failure) -> Iterator[str | tuple[str, str]]:
    yield visible(str(failure.path)), "bold"
    yield f"  {failure.validator}", "dim"
    if failure.after is UNSET:
        yield f"\n{short_json(failure.before, _VALUE)}  left out"
    else:
        yield f"\n{change(failure.before, failure.after)}"


def _changed(one: ValueChange) -> Iterator[str | tuple[str, str]]:
    yield visible(str(one.path)), "bold"
    if one.before is UNSET:
        yield f"\nadded {short_json(one.after, _VALUE)}"
    elif one.after is UNSET:
        yield f"\n{short_json(one.before, _VALUE)}  removed"
    else:
        yield f"\n{change(one.before, one.after)}"


def _repair(repair: Repair) -> Iterator[str | tuple[str, str]]:
    yield visible(str(repair.path)), "bold"
    yield f"  {repair.rule}", "dim"
    if repair.before is UNSET:
        yield f"\nfilled in {short_json(repair.after, _VALUE)}"
    elif repair.after is UNSET:
        yield f"\n{short_json(repair.before, _VALUE)}  removed"
    else:
        yield f"\n{change(repair.before, repair.after)}"


def _end(outcome: ValidationOutcome, stream: TextIO, why: str) -> None:
    good = exits.of_outcome(outcome) == exits.GOOD
    rounds = count(len(outcome.iterations), "round")
    lines = _Lines()
    if good:
        noted = f", {len(outcome.failures):,} noted" if outcome.failures else ""
        _heading(f"Valid after {rounds}{noted}", stream, "green")
    else:
        _heading(f"Not valid after {rounds}: {why}", stream, "red")
        if outcome.refusal is not None:
            lines.add("refusal", "red", one_line(outcome.refusal))
        left = [failure for failure in outcome.failures if not failure.action.policy.keeps_output]
        for failure in left[:_MOST]:
            lines.add("fails", "red", (visible(str(failure.path)), "bold"), (f"  {failure.validator}", "dim"))
        lines.more(len(left) - _MOST)
    filtered = outcome.resolved[sum(len(iteration.resolved) for iteration in outcome.iterations) :]  # after all rounds
    for failure in filtered[:_MOST]:
        lines.add("left out", "yellow", *_fixed(failure))
    lines.more(len(filtered) - _MOST)
    for one in outcome.changes[:_MOST]:
        lines.add("changed", "green", *_changed(one))
    lines.more(len(outcome.changes) - _MOST)
    for said, kind in _totals(outcome):
        lines.add(kind, "cyan", said)
    show(lines.table, stream)
    show("", stream)


def _totals(outcome: ValidationOutcome) -> Iterator[tuple[str, str]]:
    yield tokens(outcome.usage) or "the model did not say how many tokens", "in all"
    reasks = outcome.iterations[1:]
    if not reasks or any(_is_whole(iteration) for iteration in reasks):
        return
    answered = sum(len(iteration.raw.encode("utf-8", "surrogatepass")) for iteration in reasks)
    whole = sum(data_size(iteration.parsed) for iteration in reasks)
    yield f"{count(answered, 'byte')} written by the model in {count(len(reasks), 'answer')}", "reasks"
    yield f"{count(whole, 'byte')}, had it written the whole output each time", ""
