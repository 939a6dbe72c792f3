"""The standing of a call between two rounds, as a frozen value: a round takes one and returns the next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from railguard.checking import CheckedAnswer, Plan, added
from railguard.loop.asking import in_document_order
from railguard.loop.document import UNMOVED, Origins
from railguard.values import (
    UNREPORTED,
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
    Stopped,
    Traced,
    Usage,
    ValidationOutcome,
    ValueChange,
    plain_copy,
    strongest,
)
from railguard.values.frozen import schema_when_read

__all__ = ["NOTHING_YET", "REFUSAL_REASONS", "Standing", "identified", "in_order", "resumed"]

REFUSAL_REASONS = ("refusal", "content_filter")
"""The finish reasons of a refusal."""
_NOTHING = Traced(UNSET)
_MOST_RAISED = 1
"""How often the code of a user's model may raise; after that the answer is asked for once more."""


class Standing(NamedTuple):
    """The standing of a call.

    traced: the state: the answer's plain data after recorded repairs and fixes. output: what the caller gets if nothing
    but noop failures is left. failures: what is unresolved. anew: (path, validator) of failures that each check of the
    whole finds anew. raw: the last answer, where it could not be read. raised: how often the code of a user's model has
    raised in this call. error: what it raised on the answer as it stands. spent: the tokens of all rounds and checks;
    None if nobody was asked. origins: of a document that is updated, where the items of its lists were. held: of
    such a document, the names of items that are to be added and removed with the changes that were refused.
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
    raised: int = 0
    error: Exception | None = None
    origins: Origins = UNMOVED
    held: frozenset[Path] = frozenset()

    @property
    def state(self) -> Any:
        """The plain data of the answer; UNSET if nothing could be parsed yet."""
        return self.traced.value

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """The repairs that led to the state."""
        return self.traced.history.repairs()

    @property
    def must_stop(self) -> Stopped | None:
        """The reason why the call must end now; None if it may continue."""
        ending = [failure.action for failure in self.failures if failure.action.policy.ends_call is not None]
        if not ending and self.error is not None and self.raised > _MOST_RAISED:
            return "raised"
        return strongest(ending).policy.ends_call if ending else None

    def paid(self, usage: Usage | None) -> Standing:
        """Return the standing after an answer was paid for. usage: None if the provider did not report it."""
        return self._replace(spent=added(self.spent, usage if usage is not None else UNREPORTED))

    def after(
        self,
        plan: Plan,
        checked: CheckedAnswer,
        completion: Completion,
        messages: tuple[Message, ...],
        *,
        asked: tuple[Path, ...] = (),
        schema: Callable[[], JsonSchema | None],
        ignored: tuple[tuple[Path, Any], ...] = (),
        merged: tuple[Path, ...] = (),
        changes: tuple[ValueChange, ...] = (),
    ) -> Standing:
        """Return the standing after a round. checked: the current value, with all failures. asked, schema: of the
        question; the schema is made when the record is read. merged, changes: what the answer wrote.
        """
        state = checked.traced.value
        failures = in_order(checked.failures, state)
        iteration = Iteration(
            messages,
            completion.text,
            state,
            failures,
            checked.resolved,
            _new_repairs(self.traced, checked.traced),
            ignored,
            asked,
            None,
            completion.usage,
            completion.finish_reason,
            completion.note,
            merged,
            changes,
        )
        # A user's model is validated again each round, and its fixes are repeated.
        resolved = checked.resolved if plan.model is not None else self.resolved + checked.resolved
        return Standing(
            checked.traced,
            checked.output,
            failures,
            identified(checked.anew),
            resolved,
            (*self.iterations, schema_when_read(iteration, schema)),
            added(self.spent, checked.usage) if checked.usage is not None else self.spent,
            self.refusal,
            None,
            self.raised + (checked.raised is not None),
            checked.raised,
            self.origins,
            self.held,
        )

    def unread(
        self,
        failures: Sequence[Failure],
        completion: Completion,
        messages: tuple[Message, ...],
        *,
        asked: tuple[Path, ...] = (),
        schema: Callable[[], JsonSchema | None],
        ignored: tuple[tuple[Path, Any], ...] = (),
    ) -> Standing:
        """Return the standing after an answer that could not be parsed: the earlier state remains. failures: the
        current failures.
        """
        iteration = Iteration(
            messages,
            completion.text,
            self.state,
            tuple(failures),
            ignored=ignored,
            asked=asked,
            usage=completion.usage,
            finish_reason=completion.finish_reason,
            note=completion.note,
        )
        iteration = schema_when_read(iteration, schema)
        raw = completion.text if self.state is UNSET else None
        return self._replace(failures=tuple(failures), iterations=(*self.iterations, iteration), raw=raw)

    def refused(
        self, completion: Completion, messages: tuple[Message, ...], asked: tuple[Path, ...]
    ) -> Standing | None:
        """Return the standing after a refusal or a filtered answer; None for any other answer."""
        if completion.refusal is None and completion.finish_reason not in REFUSAL_REASONS:
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
        return self._replace(refusal=words, iterations=(*self.iterations, iteration))


def in_order(failures: tuple[Failure, ...], state: Any) -> tuple[Failure, ...]:
    """Return failures in document order; those at one path stay as they are."""
    if len(failures) < 2:
        return failures
    paths = [failure.path for failure in failures]
    ordered = in_document_order(paths, state)
    if ordered == paths:
        return failures
    order = {path: at for at, path in enumerate(ordered)}
    return tuple(sorted(failures, key=lambda failure: order[failure.path]))


def identified(failures: Sequence[Failure]) -> frozenset[tuple[Path, str]]:
    """Return (path, validator) of failures."""
    return frozenset([(failure.path, failure.validator) for failure in failures])


NOTHING_YET = Standing()
_OF_READING = ("json", "truncated")


def _new_repairs(before: Traced, now: Traced) -> tuple[Repair, ...]:
    """Return the repairs of a round: those whose notes the state did not have before."""
    if not now.history:
        return ()
    if not before.history:
        return now.history.repairs()
    known = {id(note) for note in before.history.all_notes()}
    found = [(order, path, note) for path, order, note in now.history.walk() if isinstance(note, RepairNote)]
    found.sort(key=lambda one: one[0])
    return tuple(Repair(path, *note) for _, path, note in found if id(note) not in known)


def resumed(plan: Plan, outcome: ValidationOutcome) -> Standing:
    """Return the standing of an outcome, which may come from another process: its state and history."""
    last = outcome.iterations[-1] if outcome.iterations else None
    state = plain_copy(last.parsed) if last is not None else UNSET
    # The state is the unfiltered one, so its filtered parts must be filtered again.
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
