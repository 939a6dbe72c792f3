"""Decides which events the caller of a streamed call gets, and when: values that had to wait for the whole answer, and
values from reasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from railguard.checking import Plan, removable
from railguard.checking.walk import Trie, trie
from railguard.streaming.snapshot import Snapshot
from railguard.values import UNSET, Failure, Iteration, Path, Paths, StreamEvent, value_at

__all__ = ["Emitter"]


class Emitter:
    """The events that the caller of one streamed call has got so far. Local to the call."""

    def __init__(self, plan: Plan) -> None:
        """Start without events. plan: the plan of the call."""
        self._plan = plan
        self._failures: set[tuple[Path, str]] = set()
        self.snapshot = Snapshot()

    def note(self, event: StreamEvent) -> StreamEvent:
        """Record the event of a complete value, which is emitted now."""
        if event.failure is not None:
            self._failures.add((event.failure.path, event.failure.validator))
        return event

    def first_round(self, state: Any, failures: Sequence[Failure], iteration: Iteration) -> Iterator[StreamEvent]:
        """Yield the events after the first answer: a restart if a different reading of it is right, then the values
        that had to wait.
        """
        if not self.snapshot.holds(state):
            self.snapshot = Snapshot()
            self._failures = set()
            yield StreamEvent("restart")
        if not self._plan.is_text:
            yield from self._rest(state, failures, cut=iteration.finish_reason == "length")

    def _rest(self, state: Any, failures: Sequence[Failure], *, cut: bool) -> Iterator[StreamEvent]:
        """Yield failures, then values, in the order of the answer. cut: whether it is incomplete, so that a missing
        value is not a failure yet.
        """
        for failure in failures:
            if cut and failure.validator in ("required", "truncated"):
                continue
            if (failure.path, failure.validator) not in self._failures:
                yield StreamEvent("failure", path=failure.path, failure=failure, snapshot=self.snapshot.value)
        failing: list[Path] = []
        for failure in failures:
            if failure.action.policy.leaves_out:  # what goes with it is not told either
                failing.append(removable(self._plan, state, failure.path) or Path())
            elif failure.action.policy.ends_call is not None:
                return
            elif not failure.action.policy.keeps_output:
                failing.append(failure.path)
        for path, value in _sound(state, Path(), trie(failing) if failing else None):
            if not self.snapshot.has(path):
                self.snapshot.put(path, value)
                yield StreamEvent("field", path=path, value=value, snapshot=self.snapshot.value)

    def reask_round(self, state: Any, iteration: Iteration) -> Iterator[StreamEvent]:
        """Yield the events after a reask: its values that passed, and the failures that remain."""
        failing = {failure.path: failure for failure in iteration.failures}
        below = Paths(failing)
        for path in iteration.asked:
            appended = isinstance(value_at(state, path[:-1]), list) and path[-1:] == ("+",)
            at = Path(path[:-1]) if appended else path
            if at in failing:
                yield StreamEvent("failure", path=at, failure=failing[at], snapshot=self.snapshot.value)
                continue
            if any(Path(at[:size]) in failing for size in range(len(at))):
                continue  # what holds it still fails, and may fail because of it
            value = value_at(state, at)
            if value is not UNSET and not below.has_below(at):
                self.snapshot.replace(at, value)
                yield StreamEvent("field", path=at, value=value, snapshot=self.snapshot.value)


def _sound(value: Any, path: Path, failing: Trie | None) -> Iterator[tuple[Path, Any]]:
    """The values below a path without a failure at, above or below them; members before the object or list that holds
    them.
    """
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
