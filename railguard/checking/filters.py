"""The end of a call: what is filtered out, what is left, and what of it is valid.

Filters run here and not before, so that every index in a report is that of the unfiltered output.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from railguard.checking.effects import Checking
from railguard.checking.field import About
from railguard.checking.plan import Plan
from railguard.checking.walk import Trie, trie
from railguard.checking.whole import Checked, check_whole
from railguard.values import UNSET, Editor, Failure, OnFail, Path, Traced, Usage, strongest, value_at

__all__ = ["Filtered", "apply_filters", "left_out", "partial_of", "removable", "with_fixes"]


@dataclass(frozen=True, slots=True)
class Filtered:
    """What filtering left. traced: the plain data. output: what the caller gets if nothing but noop failures is left."""

    traced: Traced
    output: Any
    failures: tuple[Failure, ...]
    resolved: tuple[Failure, ...]
    usage: Usage | None = None


def apply_filters(plan: Plan, about: About, checked: Checked) -> Checking[Filtered]:
    """Leave out what filter rules reject, and check what holds it once more.

    A value that nothing can do without stays, and its failure stays unresolved. Every path is one of the unfiltered output.
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
        return Filtered(checked.traced, checked.output, failures, ())
    gone = trie(removed)
    resolved = [failure for failure in failures if _covers(gone, failure.path)]
    left = [failure for failure in failures if not _covers(gone, failure.path)]
    value = left_out(state, removed)
    around = [Path(path[:-1]) for path in removed]
    again = yield from check_whole(plan, about, Traced(value), only=_alone([_shifted(path, gone) for path in around]))
    resolved += [_in_place(failure, gone) for failure in again.resolved if _is_new(failure, checked.resolved)]
    holding = {Path(path[:length]) for path in around for length in range(len(path) + 1)}
    anew = [_in_place(failure, gone) for failure in again.failures]
    unresolved = [failure for failure in left if failure.path not in holding] + [
        failure for failure in anew if failure.path in holding
    ]
    return Filtered(again.traced, again.output, tuple(unresolved), tuple(resolved), again.usage)


def _is_new(failure: Failure, known: Sequence[Failure]) -> bool:
    """Whether a fix is not on record yet: a user's model is validated anew, and its fixes come again."""
    return all((one.validator, one.message) != (failure.validator, failure.message) for one in known)


def _shifted(path: Path, gone: Trie) -> Path:
    """Where a path of the unfiltered output is after filtering."""
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
    """A failure found after filtering, at its path in the unfiltered output."""
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
    """The enclosing values alone: the places above what was removed, not what stands beside it."""
    nowhere = "\0"
    return trie([path.child(nowhere) for path in around])


def removable(plan: Plan, state: Any, path: Path) -> Path | None:
    """What goes with a value: itself, or the object that requires it, up to an optional field or a list item."""
    at = path
    if value_at(state, at) is UNSET:  # what is missing cannot be left out, but what requires it can
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
    """A copy of a state without the values at some paths; UNSET if the root is one of them."""
    return _without(state, trie(list(paths))) if paths else deepcopy(state)


def _without(value: Any, gone: Trie | None) -> Any:
    if gone is None:
        return deepcopy(value)
    if not gone:
        return UNSET
    if isinstance(value, dict):
        members = ((name, _without(member, gone.get(name))) for name, member in value.items())
        return {name: member for name, member in members if member is not UNSET}
    if isinstance(value, list):
        items = (_without(item, gone.get(index)) for index, item in enumerate(value))
        return [item for item in items if item is not UNSET]
    return value


def partial_of(state: Any, failures: list[Failure]) -> Any:
    """What is valid of a state, as plain data: failing values and what they blame are left out. None for nothing."""
    if state is UNSET:
        return None
    bad: list[Path] = []
    for failure in failures:
        if not failure.action.policy.keeps_output:
            bad += failure.blame or [failure.path]  # further items of a list are not there to be left out
    if not bad:
        return deepcopy(state)
    rest = left_out(state, bad)
    return None if rest is UNSET else rest


def with_fixes(state: Any, resolved: Sequence[Failure]) -> Any:
    """The plain data of an answer with the fixes that a user's model made of it, which are never written into the state."""
    editor = Editor(Traced(state))
    for failure in resolved:
        if failure.after is not UNSET and value_at(state, failure.path) is not UNSET:
            editor.replace(failure.path, Traced(failure.after))
    return editor.value
