"""Where a call stands between two rounds, as a frozen value: a round is given one and returns the next."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

from railguard.checking import Checked, Plan, added
from railguard.loop.asking import in_document_order
from railguard.values import (
    UNSET,
    Completion,
    Doubt,
    Failure,
    History,
    Iteration,
    JsonSchema,
    Message,
    Path,
    Repair,
    RepairNote,
    Traced,
    Usage,
    ValidationOutcome,
    ValueChange,
)

__all__ = ["NOTHING_YET", "Standing", "resumed"]

_NOTHING = Traced(UNSET)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a call stands.

    traced: the state: the answer's plain data after recorded repairs and fixes. output: what the caller gets if nothing
    but noop failures is left. failures: what is unresolved. anew: (path, validator) of failures that each check of the
    whole finds anew. raw: the last answer, where it could not be read. raised: whether the code of a user's model has
    raised in this call. spent: the tokens of all rounds and checks; None if nobody was asked.
    """

    traced: Traced = _NOTHING
    output: Any = UNSET
    failures: tuple[Failure, ...] = ()
    anew: frozenset[tuple[Path, str]] = frozenset()
    resolved: tuple[Failure, ...] = ()
    iterations: tuple[Iteration, ...] = ()
    spent: Usage | None = None
    refusal: str | None = None
    raw: str | None = None
    raised: bool = False

    @property
    def state(self) -> Any:
        """The plain data of the answer; UNSET if nothing could be read yet."""
        return self.traced.value

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """The repairs that led to the state."""
        return self.traced.history.repairs()

    def paid(self, usage: Usage | None) -> Standing:
        """After an answer was paid for. usage: None if the provider did not say what it cost."""
        return replace(self, spent=added(self.spent, usage if usage is not None else Usage(known=False)))

    def after(
        self,
        plan: Plan,
        checked: Checked,
        completion: Completion,
        messages: tuple[Message, ...],
        *,
        asked: tuple[Path, ...] = (),
        schema: JsonSchema | None = None,
        ignored: tuple[tuple[Path, Any], ...] = (),
        merged: tuple[Path, ...] = (),
        changes: tuple[ValueChange, ...] = (),
    ) -> Standing:
        """After a round. checked: what stands now, with all failures. asked, schema: what was asked for. merged,
        changes: what the answer wrote."""
        failures = checked.failures
        if len(failures) > 1:
            order = {p: at for at, p in enumerate(in_document_order([f.path for f in failures], checked.traced.value))}
            failures = tuple(sorted(failures, key=lambda failure: order[failure.path]))
        iteration = Iteration(
            messages,
            completion.text,
            checked.traced.value,
            failures,
            checked.resolved,
            _new_repairs(self.traced, checked.traced),
            ignored,
            asked,
            schema,
            completion.usage,
            completion.finish_reason,
            completion.note,
            merged,
            changes,
        )
        # A user's model is validated anew each round, and its fixes come again.
        resolved = checked.resolved if plan.model is not None else self.resolved + checked.resolved
        return replace(
            self,
            traced=checked.traced,
            output=checked.output,
            failures=failures,
            anew=checked.anew,
            resolved=resolved,
            iterations=(*self.iterations, iteration),
            spent=added(self.spent, checked.usage) if checked.usage is not None else self.spent,
            raw=None,
        )

    def unread(
        self,
        failures: Sequence[Failure],
        completion: Completion,
        messages: tuple[Message, ...],
        *,
        asked: tuple[Path, ...] = (),
        schema: JsonSchema | None = None,
        ignored: tuple[tuple[Path, Any], ...] = (),
    ) -> Standing:
        """After an answer of which nothing was read: what stood before stands on. failures: what fails now."""
        iteration = Iteration(
            messages,
            completion.text,
            self.state,
            tuple(failures),
            ignored=ignored,
            asked=asked,
            schema=schema,
            usage=completion.usage,
            finish_reason=completion.finish_reason,
            note=completion.note,
        )
        raw = completion.text if self.state is UNSET else None
        return replace(self, failures=tuple(failures), iterations=(*self.iterations, iteration), raw=raw)

    def refused(
        self, completion: Completion, messages: tuple[Message, ...], asked: tuple[Path, ...]
    ) -> Standing | None:
        """After an answer that is a refusal, or that a filter stopped; None for any other."""
        if completion.refusal is None and completion.finish_reason not in ("refusal", "content_filter"):
            return None
        words = completion.refusal
        if words is None:
            filtered = completion.finish_reason == "content_filter"
            words = "the provider's content filter stopped the answer" if filtered else completion.text
        iteration = Iteration(
            messages,
            completion.text,
            self.state,
            self.failures,
            asked=asked,
            usage=completion.usage,
            finish_reason=completion.finish_reason,
            note=completion.note,
        )
        return replace(self, refusal=words, iterations=(*self.iterations, iteration))


NOTHING_YET = Standing()
_OF_READING = ("json", "truncated")


def _new_repairs(before: Traced, now: Traced) -> tuple[Repair, ...]:
    """The repairs of a round: those whose notes the state did not have before."""
    known = {id(note) for _, _, note in before.history.walk()}
    found = [(order, path, note) for path, order, note in now.history.walk() if isinstance(note, RepairNote)]
    found.sort(key=lambda one: one[0])
    return tuple(
        Repair(path, note.rule, note.before, note.after, note.kind) for _, path, note in found if id(note) not in known
    )


def resumed(plan: Plan, outcome: ValidationOutcome) -> Standing:
    """The standing of an outcome, which may have crossed a process: its state, and what is known of it."""
    last = outcome.iterations[-1] if outcome.iterations else None
    state = deepcopy(last.parsed) if last is not None else UNSET
    # The state is the unfiltered one, so what was filtered out of it is to be filtered again.
    filtered = tuple(one for one in outcome.resolved if one.action.policy.leaves_out and one.after is UNSET)
    failures = outcome.failures + filtered
    notes: list[tuple[Path, RepairNote | Doubt]] = [
        (one.path, RepairNote(one.rule, one.before, one.after, one.kind)) for one in outcome.repairs
    ]
    for failure in failures:
        if failure.validator == "json":
            notes.append((failure.path, Doubt("unreadable", failure.message)))
        elif failure.validator == "truncated":
            lacks = bool(failure.blame)
            notes.append((failure.path, Doubt("items-missing" if lacks else "cut", failure.message)))
    anew = {(one.path, one.validator) for one in failures if plan.model is not None or one.validator in _OF_READING}
    if plan.model is None and state is not UNSET:
        anew |= {(flaw.path, flaw.keyword) for flaw in plan.structure.flaws(state)}
    return Standing(
        traced=Traced(state, History.of(notes)),
        output=UNSET if outcome.output is None else outcome.output,
        failures=failures,
        anew=frozenset(anew),
        resolved=tuple(one for one in outcome.resolved if one not in filtered),
        iterations=outcome.iterations,
        spent=outcome.usage,
        raw=last.raw if last is not None and state is UNSET else None,
    )
