"""The guard loop: ask, read, repair, check, and ask again for only what fails, until nothing does or a budget is spent.

A generator that decides and performs nothing: it yields effects, is sent their results, and returns the outcome. No I/O,
no clock, no lock, no global. `throw` an error into it, and it surfaces at the effect that caused it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from railguard.errors import InputError, ProviderError, ValidationFailed
from railguard.loop.effects import Effect, tell
from railguard.loop.finish import apply_filters, output_of, partial_of
from railguard.loop.progress import Progress, take_up
from railguard.loop.question import first_answer, put_question
from railguard.loop.request import request_for
from railguard.loop.rounds import first_round, reask_round
from railguard.loop.settings import Call
from railguard.loop.settle import Book, Ledger
from railguard.loop.telling import tell_rest, tell_round
from railguard.loop.watch import Snapshot
from railguard.values import (
    UNSET,
    Completion,
    OnFail,
    Stopped,
    StreamEvent,
    Usage,
    ValidationOutcome,
)

__all__ = ["guard_loop"]


def guard_loop(call: Call) -> Generator[Effect, Any, ValidationOutcome]:
    """Run one call. Yields Effects; returns the outcome; raises ValidationFailed where a rule says exception, and
    InputError for metadata that a validator needs and nobody gave."""
    _refuse_what_lacks(call)
    progress = Progress(ledger=Ledger(call.spent))
    stopped: Stopped | None = None
    if call.resumed is not None:
        take_up(call.plan, progress, call.resumed)
    if call.resumed is None or (progress.state is UNSET and not progress.failures):
        try:
            completion = yield from first_answer(call, progress)
        except ProviderError as error:
            if progress.came:  # a stream broke off: what came of it is kept
                part = Completion(progress.came, "length", usage=Usage(known=False))
                progress.spent(part.usage)
                yield from first_round(call, progress, part)
                error.outcome = yield from _finish(call, progress, "provider")
            raise
        if completion is None:
            return _outcome(call, progress, "timeout")
        if call.text is None:
            progress.spent(completion.usage)
        stopped = yield from first_round(call, progress, completion)
        if progress.watched is not None and not progress.snapshot.holds(progress.state):
            progress.snapshot = Snapshot()
            progress.told_failures = set()
            yield from tell(StreamEvent("restart"))
        if progress.watched is not None and not call.plan.is_text:
            yield from tell_rest(call.plan, progress)
    rounds = 0
    while stopped is None:
        stopped = _must_stop(progress) or _budget(call, progress, rounds)
        if stopped is not None:
            break
        request = request_for(call.plan, progress, call.messages, call.variables)
        if request is None:
            stopped = "valid"
            break
        rounds += 1
        if call.streaming is not None:
            yield from tell(StreamEvent("reask", paths=request.paths, snapshot=progress.snapshot.value))
        try:
            completion = yield from put_question(
                call,
                progress,
                request.messages,
                None if request.is_text else request.schema,
                strict=call.strict_reask and not request.by_changes,
                round=rounds,
                asked=request.paths,
            )
        except ProviderError as error:
            error.outcome = yield from _finish(call, progress, "provider")
            raise
        if completion is None:
            stopped = "timeout"
            break
        progress.spent(completion.usage)
        stopped = yield from reask_round(call, progress, request, completion)
        if call.streaming is not None:
            yield from tell_round(progress)
    return (yield from _finish(call, progress, stopped))


def _refuse_what_lacks(call: Call) -> None:
    """Before anything is asked: every validator has the metadata it needs."""
    lacking = [(key, name) for key, name in call.plan.needs if key not in call.known]
    if lacking:
        keys = ", ".join(f"{key!r}: …" for key in dict.fromkeys(key for key, _ in lacking))
        needs = "; ".join(f"validator {name!r} needs {key!r}" for key, name in lacking)
        raise InputError(f"{needs}: pass metadata={{{keys}}}, or a prompt variable of that name")


def _must_stop(progress: Progress) -> Stopped | None:
    actions = {failure.action for failure in progress.failures}
    if OnFail.EXCEPTION in actions:
        return "exception"
    if OnFail.REFRAIN in actions:
        return "refrained"
    return None


def _budget(call: Call, progress: Progress, rounds: int) -> Stopped | None:
    if not any(failure.action is OnFail.REASK for failure in progress.failures):
        return "valid"
    if call.text is not None:
        return "no_model"
    if rounds >= call.budget.reasks:
        return "max_reasks"
    usage = progress.spending
    if usage is not None and usage.total_tokens >= call.budget.tokens:
        return "token_budget"
    return None


def _finish(call: Call, progress: Progress, stopped: Stopped) -> Generator[Effect, Any, ValidationOutcome]:
    if any(failure.action is OnFail.FILTER for failure in progress.failures) and stopped not in (
        "exception",
        "refrained",
    ):
        book = Book(call.plan, progress.state, call.known, call.messages, progress.ledger)
        progress.failures = tuple((yield from apply_filters(book, list(progress.failures))))
        progress.resolved += tuple(book.resolved)
        progress.state = book.state
        stopped = _must_stop(progress) or stopped
    outcome = _outcome(call, progress, stopped)
    if stopped == "exception":
        raising = [str(failure) for failure in outcome.failures if failure.action is OnFail.EXCEPTION]
        raise ValidationFailed("a rule asks for an exception:\n  " + "\n  ".join(raising), outcome)
    return outcome


def _outcome(call: Call, progress: Progress, stopped: Stopped) -> ValidationOutcome:
    withheld = stopped in ("refrained", "refused")
    failures = list(progress.failures)
    if withheld:
        output = partial = None
        if stopped == "refused" and progress.state is not UNSET:
            partial = partial_of(progress.state, failures)
    elif progress.output is not UNSET and not failures:
        output, partial = progress.output, progress.state
    else:
        output = output_of(call.plan, progress.state, failures)
        partial = partial_of(progress.state, failures)
    return ValidationOutcome(
        output,
        partial,
        progress.failures,
        progress.resolved,
        progress.repairs,
        progress.iterations,
        progress.spending or Usage(known=False),
        progress.refusal,
        stopped,
        call.noted,
    )
