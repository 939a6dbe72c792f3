"""The end of a call: applies filters, and computes the remaining and the valid part of the output.

Filters run only here, so that every index in a report is that of the unfiltered output.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from railguard.checking.field import About
from railguard.checking.plan import Plan
from railguard.checking.validator_runs import Checking
from railguard.checking.walk import Trie, trie
from railguard.checking.whole import CheckedAnswer, check_whole
from railguard.values import UNSET, Editor, Failure, OnFail, Path, Traced, Usage, plain_copy, strongest, value_at

__all__ = ["Filtered", "apply_filters", "left_out", "partial_of", "removable", "with_fixes"]


class Filtered(NamedTuple):
    """The result of filtering.

    traced: the plain data. output: the result for the caller if only noop failures are left. removed: the removed
    paths. raised: the exception of a user's model for the rest.
    """

    traced: Traced
    output: Any
    failures: tuple[Failure, ...]
    resolved: tuple[Failure, ...]
    usage: Usage | None = None
    removed: tuple[Path, ...] = ()
    raised: Exception | None = None


def apply_filters(plan: Plan, about: About, checked: CheckedAnswer) -> Checking[Filtered]:
    """Remove the values that filter rules reject, and check their parents once more.

    A required value stays, and its failure stays unresolved. Every path is one of the unfiltered output.
    """
    failures, state = checked.failures, checked.traced.value
    by_path: dict[Path, list[OnFail]] = {}
    for failure in failures:
        by_path.setdefault(failure.path, []).append(failure.action)
    removed: list[Path] = []
    for path, actions in by_path.items():
        if strongest(actions).policy.leaves_out and (at := removable(plan, state, path)) is not None:
            removed.append(at)
    if not removed:
        return Filtered(checked.traced, checked.output, failures, (), raised=checked.raised)
    gone = trie(removed)
    resolved = [failure for failure in failures if _covers(gone, failure.path)]
    left = [failure for failure in failures if not _covers(gone, failure.path)]
    value = left_out(state, removed)
    around = [Path(path[:-1]) for path in removed]
    again = yield from check_whole(plan, about, Traced(value), only=_alone([_shifted(path, gone) for path in around]))
    resolved += [_in_place(failure, gone) for failure in again.resolved if _is_new(failure, checked.resolved)]
    holding = {Path(path[:length]) for path in around for length in range(len(path) + 1)}
    anew = [_in_place(failure, gone) for failure in again.failures]
    known = {(failure.path, failure.validator) for failure in left if failure.path not in holding}
    unresolved = [failure for failure in left if failure.path not in holding] + [
        failure for failure in anew if (failure.path, failure.validator) not in known
    ]
    found = (tuple(unresolved), tuple(resolved), again.usage, tuple(removed), again.raised)
    return Filtered(again.traced, again.output, *found)


def _is_new(failure: Failure, known: Sequence[Failure]) -> bool:
    """Whether a fix is not recorded yet: a user's model is validated again, and its fixes are repeated."""
    return all((one.validator, one.message) != (failure.validator, failure.message) for one in known)


def _shifted(path: Path, gone: Trie) -> Path:
    """Convert a path of the unfiltered output to the filtered output."""
    parts: list[str | int] = []
    at: Trie | None = gone
    for part in path:
        before = 0
        if isinstance(part, int) and at is not None:
            before = sum(1 for index, below in at.items() if isinstance(index, int) and index < part and not below)
        parts.append(part - before if isinstance(part, int) else part)
        at = at.get(part) if at is not None else None
    return Path(parts)


def _in_place(failure: Failure, gone: Trie) -> Failure:
    """Return a failure found after filtering, with its path in the unfiltered output."""
    return replace(
        failure, path=_unshifted(failure.path, gone), blame=tuple(_unshifted(path, gone) for path in failure.blame)
    )


def _unshifted(path: Path, gone: Trie) -> Path:
    parts: list[str | int] = []
    at: Trie | None = gone
    for part in path:
        if isinstance(part, int) and at is not None:
            for index in sorted(index for index, below in at.items() if isinstance(index, int) and not below):
                part += index <= part
        parts.append(part)
        at = at.get(part) if at is not None else None
    return Path(parts)


def _alone(around: list[Path]) -> Trie:
    """Return only the enclosing values: the places above the removed ones, not their siblings."""
    nowhere = "\0"
    return trie([path.child(nowhere) for path in around])


def removable(plan: Plan, state: Any, path: Path) -> Path | None:
    """Return the path to remove for a value: itself, or the object that requires it, up to an optional field or a list
    item; None if there is none.
    """
    at = path
    if value_at(state, at) is UNSET:  # a missing value cannot be removed, but the object that requires it can
        at = Path(at[:-1])
    while at:
        if not plan.structure.is_required(at, state):
            return at
        at = Path(at[:-1])
    return None


def _covers(gone: Trie, path: Path) -> bool:
    at = gone
    for part in path:
        if part not in at:
            return False
        at = at[part]
        if not at:
            return True
    return False


def left_out(state: Any, paths: Iterable[Path]) -> Any:
    """Return a copy of a state without the values at some paths; UNSET if the root is one of them."""
    copied = plain_copy(state)
    return _without(copied, trie(list(paths))) if paths else copied


def _without(value: Any, gone: Trie) -> Any:
    """Return the value without the paths in a tree; UNSET if that is all of it."""
    if not gone:
        return UNSET
    if isinstance(value, dict):
        for name, below in gone.items():
            if name in value and _without(value[name], below) is UNSET:
                del value[name]
    elif isinstance(value, list):
        rows = {row: below for row, below in gone.items() if isinstance(row, int) and 0 <= row < len(value)}
        for row in sorted(rows, reverse=True):
            if _without(value[row], rows[row]) is UNSET:
                del value[row]
    return value


def partial_of(state: Any, failures: Sequence[Failure]) -> Any:
    """Return the valid part of a state as plain data: failing values and those that they blame are removed. None for
    nothing.
    """
    if state is UNSET:
        return None
    bad: list[Path] = []
    for failure in failures:
        if not failure.action.policy.keeps_output:
            bad += failure.blame or [failure.path]  # further items of a list do not exist, so they cannot be removed
    if not bad:
        return plain_copy(state)
    rest = left_out(state, bad)
    return None if rest is UNSET else rest


def with_fixes(state: Any, resolved: Sequence[Failure]) -> Any:
    """Return the plain data of an answer with the fixes of a user's model, which are never written into the state."""
    if not resolved:
        return state
    editor = Editor(Traced(state))
    for failure in resolved:
        if failure.after is not UNSET and value_at(state, failure.path) is not UNSET:
            editor.replace(failure.path, Traced(failure.after))
    return editor.value
