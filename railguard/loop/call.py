"""The guard loop: ask, read, repair, check, and ask again for only what fails, until nothing does or a budget is spent.

A generator that decides and performs nothing: it yields effects, is sent their results, and returns the outcome. No I/O,
no clock, no lock, no global. `throw` an error into it, and it surfaces at the effect that caused it.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

from railguard.checking import About, Checked, added, apply_filters, partial_of, with_fixes
from railguard.errors import InputError, ValidationFailed
from railguard.loop.effects import Effects, tell
from railguard.loop.question import Question, put_question
from railguard.loop.request import Request, request_for
from railguard.loop.rounds import ModelRaised, Round, first_round, reask_round
from railguard.loop.settings import Call
from railguard.loop.standing import NOTHING_YET, Standing, resumed
from railguard.streaming import Telling
from railguard.values import (
    UNSET,
    Completion,
    Failure,
    Repair,
    Stopped,
    StreamEvent,
    Usage,
    ValidationOutcome,
    strongest,
)

__all__ = ["guard_loop"]


def guard_loop(call: Call) -> Effects[ValidationOutcome]:
    """Run one call. Yields Effects; returns the outcome; raises ValidationFailed where a rule says exception, and
    InputError for metadata that a validator needs and nobody gave."""
    _refuse_what_lacks(call)
    about = call.about()
    telling = Telling(call.plan) if call.streaming is not None else None
    standing = replace(NOTHING_YET, spent=call.spent)
    stopped: Stopped | None = None
    if call.resumed is not None:
        standing = resumed(call.plan, call.resumed)
    try:
        if call.resumed is None or (standing.state is UNSET and not standing.failures):
            standing, stopped = yield from _first(call, about, standing, telling)
        rounds = 0
        while stopped is None:
            stopped = _must_stop(standing) or _budget(call, standing, rounds)
            if stopped is not None:
                break
            request = request_for(call.plan, standing, call.messages, call.variables)
            if request is None:
                stopped = "valid"
                break
            rounds += 1
            standing, stopped = yield from _again(call, about, standing, telling, request, rounds)
    except ModelRaised as raised:
        error = raised.as_error(call.plan.spec.name or "given")
        error.outcome = yield from _finish(call, about, raised.standing, "raised")
        raise error from raised.error
    return (yield from _finish(call, about, standing, stopped))


def _first(call: Call, about: About, standing: Standing, telling: Telling | None) -> Effects[Round]:
    """The first answer: put the question, unless the answer is there already, and check what comes."""
    if call.text is not None:
        return (yield from first_round(call, about, standing, Completion(call.text)))
    schema = None if call.plan.is_text else call.plan.schema
    question = Question(call.messages, schema, strict=call.strict_first)
    answered = yield from put_question(call, about, telling, question)
    standing = replace(standing, spent=added(standing.spent, answered.checks))
    if answered.error is not None:
        if answered.came:  # a stream broke off: what came of it is kept
            part = Completion(answered.came, "length", usage=Usage(known=False))
            after, _ = yield from first_round(call, about, standing.paid(part.usage), part, watched=True)
            answered.error.outcome = yield from _finish(call, about, after, "provider")
        raise answered.error
    completion = answered.completion
    if completion is None:
        return Round(standing, "timeout")
    completion = replace(completion, note="; ".join(filter(None, [completion.note, call.note])) or None)
    standing = standing.paid(completion.usage)
    after, stopped = yield from first_round(call, about, standing, completion, watched=telling is not None)
    if telling is not None:
        for event in telling.first_round(after.state, after.failures, after.iterations[-1]):
            yield from tell(event)
    return Round(after, stopped)


def _again(
    call: Call, about: About, standing: Standing, telling: Telling | None, request: Request, round: int
) -> Effects[Round]:
    """One reask: ask for what fails, and check what comes."""
    if telling is not None:
        yield from tell(StreamEvent("reask", paths=request.paths, snapshot=telling.snapshot.value))
    schema = None if request.is_text else request.schema
    strict = call.strict_reask and not request.by_changes
    question = Question(request.messages, schema, strict=strict, round=round, asked=request.paths)
    answered = yield from put_question(call, about, telling, question)
    if answered.error is not None:
        answered.error.outcome = yield from _finish(call, about, standing, "provider")
        raise answered.error
    if answered.completion is None:
        return Round(standing, "timeout")
    paid = standing.paid(answered.completion.usage)
    after, stopped = yield from reask_round(call, about, paid, request, answered.completion)
    if telling is not None:
        for event in telling.reask_round(after.state, after.iterations[-1]):
            yield from tell(event)
    return Round(after, stopped)


def _refuse_what_lacks(call: Call) -> None:
    """Before anything is asked: every validator has the metadata it needs."""
    lacking = [(key, name) for key, name in call.plan.needs if key not in call.known]
    if lacking:
        keys = ", ".join(f"{key!r}: …" for key in dict.fromkeys(key for key, _ in lacking))
        needs = "; ".join(f"validator {name!r} needs {key!r}" for key, name in lacking)
        raise InputError(f"{needs}: pass metadata={{{keys}}}, or a prompt variable of that name")


def _must_stop(standing: Standing) -> Stopped | None:
    ending = [failure.action for failure in standing.failures if failure.action.policy.ends_call is not None]
    return strongest(ending).policy.ends_call if ending else None


def _budget(call: Call, standing: Standing, rounds: int) -> Stopped | None:
    if not any(failure.action.policy.asks_again for failure in standing.failures):
        return "valid"
    if call.text is not None:
        return "no_model"
    if rounds >= call.budget.reasks:
        return "max_reasks"
    spent = standing.spent
    if spent is not None and spent.total_tokens >= call.budget.tokens:
        return "token_budget"
    return None


def _finish(call: Call, about: About, standing: Standing, stopped: Stopped) -> Effects[ValidationOutcome]:
    repairs = standing.repairs
    has_filters = any(failure.action.policy.leaves_out for failure in standing.failures)
    if has_filters and stopped not in ("exception", "refrained"):
        checked = Checked(standing.traced, standing.output, standing.failures, standing.resolved)
        filtered = yield from apply_filters(call.plan, about, checked)
        standing = replace(
            standing,
            traced=filtered.traced,
            output=filtered.output,
            failures=filtered.failures,
            resolved=standing.resolved + filtered.resolved,
        )
        stopped = _must_stop(standing) or stopped
    if stopped == "valid" and standing.failures:
        stopped = "unresolved"
    outcome = _outcome(call, standing, repairs, stopped)
    if stopped == "exception":
        raising = [str(failure) for failure in outcome.failures if failure.action.policy.raises]
        raise ValidationFailed("a rule asks for an exception:\n  " + "\n  ".join(raising), outcome)
    return outcome


def _outcome(call: Call, standing: Standing, repairs: tuple[Repair, ...], stopped: Stopped) -> ValidationOutcome:
    failures = list(standing.failures)
    state = standing.state
    output = None if standing.output is UNSET or _blocks(failures) else standing.output
    if output is state and call.plan.model is None:
        output = deepcopy(output)  # the record of the rounds keeps its own
    if call.plan.model is not None:
        state = with_fixes(state, standing.resolved)
    partial = partial_of(state, failures)
    if stopped in ("refrained", "refused"):
        output = None
        partial = partial if stopped == "refused" else None
    return ValidationOutcome(
        output,
        partial,
        standing.failures,
        standing.resolved,
        repairs,
        standing.iterations,
        standing.spent or Usage(known=False),
        standing.refusal,
        stopped,
        call.noted,
    )


def _blocks(failures: list[Failure]) -> bool:
    return any(not failure.action.policy.keeps_output for failure in failures)
