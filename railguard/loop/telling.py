"""What a streamed call tells beside what its answer told while it came in: what had to wait, and what a reask brought."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from typing import Any

from railguard.loop.effects import Effect, tell
from railguard.loop.finish import removable
from railguard.loop.places import Trie, trie
from railguard.loop.plan import Plan
from railguard.loop.progress import Progress
from railguard.values import (
    UNSET,
    OnFail,
    Path,
    StreamEvent,
    value_at,
)

__all__ = ["tell_event", "tell_rest", "tell_round"]


def tell_event(progress: Progress, event: StreamEvent) -> Generator[Effect, Any, None]:
    if event.failure is not None:
        progress.told_failures.add((event.failure.path, event.failure.validator))
    yield from tell(event)


def tell_rest(plan: Plan, progress: Progress) -> Generator[Effect, Any, None]:
    """Tell of the first round what could not be told while it streamed: failures, then values, as they stand in it."""
    cut = progress.iterations[-1].finish_reason == "length"  # then what is missing is no failure yet
    for failure in progress.failures:
        if cut and failure.validator in ("required", "truncated"):
            continue
        if (failure.path, failure.validator) not in progress.told_failures:
            yield from tell(
                StreamEvent("failure", path=failure.path, failure=failure, snapshot=progress.snapshot.value)
            )
    failing: list[Path] = []
    for failure in progress.failures:
        if failure.action is OnFail.FILTER:  # what goes with it is not told either
            failing.append(removable(plan, progress.state, failure.path) or Path())
        elif failure.action in (OnFail.REFRAIN, OnFail.EXCEPTION):
            return
        elif failure.action is not OnFail.NOOP:
            failing.append(failure.path)
    for path, value in _sound(progress.state, Path(), trie(failing) if failing else None):
        if not progress.snapshot.has(path):
            progress.snapshot.put(path, value)
            yield from tell(StreamEvent("field", path=path, value=value, snapshot=progress.snapshot.value))


def _sound(value: Any, path: Path, failing: Trie | None) -> Iterator[tuple[Path, Any]]:
    """The values below a path with no failure at, above or below them, members before what holds them."""
    if failing is not None and not failing:
        return
    members: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for part, member in members:
        below = failing.get(part) if failing is not None else None
        yield from _sound(member, path.child(part), below)
    if path and failing is None:
        yield path, value


def tell_round(progress: Progress) -> Generator[Effect, Any, None]:
    """Tell what a reask brought: its values that passed, and what still fails of it."""
    iteration = progress.iterations[-1]
    failing = {failure.path: failure for failure in iteration.failures}
    for path in iteration.asked:
        at = Path(path[:-1]) if isinstance(value_at(progress.state, path[:-1]), list) and path[-1:] == ("+",) else path
        if at in failing:
            yield from tell(StreamEvent("failure", path=at, failure=failing[at], snapshot=progress.snapshot.value))
            continue
        if any(Path(at[:size]) in failing for size in range(len(at))):
            continue  # what holds it still fails, and may fail because of it
        value = value_at(progress.state, at)
        if value is not UNSET and not any(one.starts_with(at) for one in failing):
            if at:
                progress.snapshot.put(at, value)
            yield from tell(StreamEvent("field", path=at, value=value, snapshot=progress.snapshot.value))
