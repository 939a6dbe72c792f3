"""Where a call stands between two rounds, and how a round is written down. Local to one call, never shared."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from railguard.loop.asking import in_document_order
from railguard.loop.plan import Plan
from railguard.loop.request import Request
from railguard.loop.settle import Book, Ledger
from railguard.loop.watch import Snapshot
from railguard.values import (
    UNSET,
    Completion,
    Failure,
    Iteration,
    JsonSchema,
    Message,
    OnFail,
    Path,
    Repair,
    Usage,
    ValidationOutcome,
    ValueChange,
)

__all__ = ["Progress", "note", "refused", "take_up"]


@dataclass(slots=True)
class Progress:
    """Where a call stands between two rounds. Local to one call."""

    state: Any = UNSET
    failures: tuple[Failure, ...] = ()
    structural: frozenset[tuple[Path, str]] = (
        frozenset()
    )  # which failures the structure's own pass finds anew each time
    resolved: tuple[Failure, ...] = ()
    repairs: tuple[Repair, ...] = ()
    iterations: tuple[Iteration, ...] = ()
    usage: Usage | None = None
    refusal: str | None = None
    raw: str | None = None  # the last answer, where it could not be read
    came: str = ""  # of a first answer whose stream broke off
    output: Any = UNSET  # where the first answer was sound at once
    watched: Book | None = None  # what was checked already while the first answer streamed
    snapshot: Snapshot = field(default_factory=Snapshot)
    told_failures: set[tuple[Path, str]] = field(default_factory=set)
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def spending(self) -> Usage | None:
        """The tokens of all rounds and all checks; None if nobody was asked."""
        checks = self.ledger.usage
        if self.usage is None or checks is None:
            return checks if self.usage is None else self.usage
        return self.usage + checks

    def spent(self, usage: Usage | None) -> None:
        more = usage if usage is not None else Usage(known=False)
        self.usage = more if self.usage is None else self.usage + more


def note(
    progress: Progress,
    book: Book,
    structural: list[Failure],
    completion: Completion,
    messages: tuple[Message, ...],
    request: Request | None = None,
    ignored: tuple[tuple[Path, Any], ...] = (),
    *,
    schema: JsonSchema | None = None,
    merged: tuple[Path, ...] = (),
    changes: tuple[ValueChange, ...] = (),
) -> None:
    """Write a round into the record."""
    known = {repair.path for repair in progress.repairs if repair.rule == "default"}
    book.repairs = [repair for repair in book.repairs if repair.rule != "default" or repair.path not in known]
    failures = structural + book.failures
    if len(failures) > 1:
        order = {path: at for at, path in enumerate(in_document_order([f.path for f in failures], book.state))}
        failures.sort(key=lambda failure: order[failure.path])
    progress.state = book.state
    progress.failures = tuple(failures)
    progress.structural = frozenset((failure.path, failure.validator) for failure in structural)
    progress.resolved += tuple(book.resolved)
    progress.repairs += tuple(book.repairs)
    iteration = Iteration(
        messages,
        completion.text,
        book.state,
        progress.failures,
        tuple(book.resolved),
        tuple(book.repairs),
        ignored,
        request.paths if request is not None else (),
        request.json_schema if request is not None else schema,
        completion.usage,
        completion.finish_reason,
        completion.note,
        merged,
        changes,
    )
    progress.iterations = (*progress.iterations, iteration)


def refused(progress: Progress, completion: Completion, messages: tuple[Message, ...], asked: tuple[Path, ...]) -> bool:
    if completion.refusal is None and completion.finish_reason not in ("refusal", "content_filter"):
        return False
    words = completion.refusal
    if words is None:
        filtered = completion.finish_reason == "content_filter"
        words = "the provider's content filter stopped the answer" if filtered else completion.text
    progress.refusal = words
    iteration = Iteration(
        messages,
        completion.text,
        progress.state,
        progress.failures,
        asked=asked,
        usage=completion.usage,
        finish_reason=completion.finish_reason,
        note=completion.note,
    )
    progress.iterations = (*progress.iterations, iteration)
    return True


def take_up(plan: Plan, progress: Progress, outcome: ValidationOutcome) -> None:
    last = outcome.iterations[-1] if outcome.iterations else None
    progress.state = deepcopy(last.parsed) if last is not None else UNSET
    # The state is the unfiltered one, so what was filtered out of it is to be filtered again.
    filtered = tuple(one for one in outcome.resolved if one.action is OnFail.FILTER and one.after is UNSET)
    progress.failures = outcome.failures + filtered
    progress.resolved = tuple(one for one in outcome.resolved if one not in filtered)
    progress.repairs = outcome.repairs
    progress.iterations = outcome.iterations
    progress.usage = outcome.usage
    if progress.state is not UNSET:
        flaws = plan.structure.accept(progress.state)[1]
        progress.structural = frozenset((flaw.path, flaw.keyword) for flaw in flaws)
    elif last is not None:
        progress.raw = last.raw
