"""The guard loop: ask, parse, repair, check, and ask again only for the failing values, until nothing fails or a budget
is spent.

A generator that decides and performs nothing: it yields effects, is sent their results, and returns the outcome. No
I/O, no clock, no lock, no global. An error that is thrown into it surfaces at the effect that caused it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from railguard.checking import (
    About,
    CheckedAnswer,
    Plan,
    Seen,
    added,
    apply_filters,
    check_seen,
    partial_of,
    with_fixes,
)
from railguard.errors import ProviderError, ValidationFailed, ValidatorError
from railguard.loop.asking import REFUSED_CHANGE
from railguard.loop.document import UpdatedDocument, changes_between
from railguard.loop.effects import Effects, yield_emit
from railguard.loop.first_question import asked_of, question_of, refuse_what_lacks
from railguard.loop.parts import Parts
from railguard.loop.question import Question, put_question
from railguard.loop.reask_request import PreparedReask, request_for
from railguard.loop.rounds import Round, first_round, looked_at, reask_round
from railguard.loop.settings import GuardedCall, Opened
from railguard.loop.standing import NOTHING_YET, Standing, in_order, resumed
from railguard.loop.update_rounds import as_it_is, ask_for_all, update_request
from railguard.streaming import Emitter
from railguard.values import (
    UNREPORTED,
    UNSET,
    Completion,
    Failure,
    Path,
    Repair,
    Stopped,
    StreamEvent,
    ValidationOutcome,
    ValueChange,
    plain_copy,
)
from railguard.values.outcome import checked_outcome, with_partial

__all__ = ["guard_loop", "guard_loops", "outcome_at_once"]

_SAYS_MORE = ("exception", "refrained", "refused", "provider")
"""Reasons to stop that have priority over an exception of a user's model."""


def guard_loop(call: GuardedCall, opened: Opened | None = None) -> Effects[ValidationOutcome]:
    """Run one call. opened: its first answer, if it was asked for already.

    Yields Effects and returns the outcome. Raises ValidationFailed if a rule with on_fail="exception" fails, ValidatorError
    if the code of a user's model raised on the final answer, and InputError for missing metadata of a validator.
    """
    refuse_what_lacks(call)
    about = call.about() if opened is None else opened.about
    emitter = Emitter(call.plan) if call.streaming is not None else None
    standing = NOTHING_YET if call.spent is None else NOTHING_YET._replace(spent=call.spent)
    stopped: Stopped | None = None
    if call.resumed is not None:
        standing = resumed(call.plan, call.resumed)
    if call.document is not None:
        call, standing, stopped = yield from _update(call, about, call.document)
    elif call.resumed is None or (standing.state is UNSET and not standing.failures):
        begun = yield from _first(call, about, standing, emitter, opened)
        if isinstance(begun, ValidationOutcome):
            return begun
        standing, stopped = begun
    rounds = 0
    while stopped is None:
        stopped = standing.must_stop or _budget(call, standing, rounds)
        if stopped is not None:
            break
        updates = call.document is not None
        request = request_for(call.plan, standing, call.messages, call.variables, updates=updates)
        if request is None:
            stopped = "valid"
            break
        rounds += 1
        standing, stopped = yield from _again(call, about, standing, emitter, request, rounds)
    return (yield from _finish(call, about, standing, stopped))


def outcome_at_once(
    plan: Plan, text: str, seen: Seen, metadata: Mapping[str, Any] | None
) -> ValidationOutcome[Any] | None:
    """Return the outcome of an existing answer in which a first look found something, if its check alone decides it: what
    `guard_loop` comes to without a model, or None. Raises ValidatorError if a rule raises.
    """
    if seen.state is UNSET or not plan.checks_at_once or plan.needs:
        return None
    about = seen.begun[0].about if seen.begun is not None else About(metadata or {}, metadata)
    checking = check_seen(plan, about, seen, text)
    try:
        next(checking)
    except StopIteration as end:
        checked: CheckedAnswer = end.value
    else:
        raise AssertionError("the check waits for a validator")
    if checked.raised is not None:
        return None
    state, output = checked.traced.value, checked.output
    failures = in_order(checked.failures, state)
    return checked_outcome(
        text,
        _given(plan, output, state, failures),
        state,
        partial(partial_of, _shown(plan, state, checked.resolved) if checked.resolved else state, failures),
        "no_model" if _asks_again(failures) else _ended(failures),
        failures=failures,
        resolved=checked.resolved,
        repairs=checked.traced.history.repairs(),
        spent=checked.usage,
    )


def guard_loops(calls: Mapping[str, GuardedCall]) -> Effects[dict[str, ValidationOutcome]]:
    """Update several documents: one question for all of them, then each continues separately. Raises the errors of
    `guard_loop` for the first question; a later error of one document is in its outcome and does not affect the others.
    Only a rule that raises ends all of them: without its answer there is no outcome.
    """
    for call in calls.values():
        refuse_what_lacks(call)
    calls = yield from ask_for_all(calls)
    outcomes: dict[str, ValidationOutcome] = {}
    for name, call in calls.items():
        try:
            outcomes[name] = yield from guard_loop(call)
        except (ProviderError, ValidationFailed, ValidatorError) as error:
            if error.outcome is None:
                raise  # a rule raised: there is no outcome without its answer
            outcomes[name] = error.outcome
    return outcomes


def _first(
    call: GuardedCall, about: About, standing: Standing, emitter: Emitter | None, opened: Opened | None
) -> Effects[Round | ValidationOutcome]:
    """Get the first answer, from the model or from the caller, and check it. A valid answer to the first question of a
    call becomes its outcome at once.
    """
    if call.text is not None:
        return (yield from first_round(call, about, standing, Completion(call.text)))
    if opened is not None:
        completion, _, seen = opened
        if completion is None:
            return Round(standing, "timeout")
        completion = completion.noted(call.note)
        return (yield from first_round(call, about, standing.paid(completion.usage), completion, seen=seen))
    answered = yield from put_question(call, about, emitter, question_of(call))
    if answered.checks is not None:
        standing = standing._replace(spent=added(standing.spent, answered.checks))
    if answered.error is not None:  # pragma: no cover - tests get here by a throw, which Python 3.11 hides
        if answered.came:  # a stream broke off: its partial result is kept
            part = Completion(answered.came, "length", usage=UNREPORTED)
            after, _ = yield from first_round(call, about, standing.paid(part.usage), part, watched=True)
            answered.error.outcome = yield from _finish(call, about, after, "provider")
        raise answered.error
    completion = answered.completion
    if completion is None:
        return Round(standing, "timeout")
    seen = looked_at(call, about, completion) if emitter is None else None
    if seen is not None and seen.sound and call.resumed is None:
        return seen.answered(call.plan, completion.text, asked_of(call, completion, standing.spent))
    completion = completion.noted(call.note)
    standing = standing.paid(completion.usage)
    watched = emitter is not None
    after, stopped = yield from first_round(call, about, standing, completion, watched=watched, seen=seen)
    if emitter is not None:
        for event in emitter.first_round(
            _shown(call.plan, after.state, after.resolved), after.failures, after.iterations[-1]
        ):
            yield from yield_emit(event)
    return Round(after, stopped)


def _update(
    call: GuardedCall, about: About, document: UpdatedDocument
) -> Effects[tuple[GuardedCall, Standing, Stopped | None]]:
    """Ask the first question of an update. Also returns the call, whose conversation begins with that question."""
    standing = call.shared.standing if call.shared is not None else (yield from as_it_is(call, about, document))
    if (stopped := standing.must_stop) is not None:
        return call, standing, stopped
    request = update_request(call, document, standing)
    call, shared = call._replace(messages=request.messages), call.shared
    if shared is not None:
        completion, request = shared.completion, request._replace(messages=shared.messages)
    else:
        question = Question(request.messages, request.answer, strict=False, asked=request.paths)
        answered = yield from put_question(call, about, None, question)
        if answered.error is not None:  # pragma: no cover - tests get here by a throw, which Python 3.11 hides
            raise answered.error
        completion = answered.completion
    if completion is None:
        return call, standing, "timeout"
    completion = completion.noted(call.note)
    parts = None if shared is None else Parts(shared.value, doubted=shared.doubted)
    paid = standing.paid(completion.usage)
    standing, stopped = yield from reask_round(call, about, paid, request, completion, parts)
    return call, standing, stopped


def _again(
    call: GuardedCall, about: About, standing: Standing, emitter: Emitter | None, request: PreparedReask, round: int
) -> Effects[Round]:
    """Make one reask: ask for the failing values, and check the answer."""
    if emitter is not None:
        yield from yield_emit(StreamEvent("reask", paths=request.paths, snapshot=emitter.snapshot.value))
    strict = call.strict_reask and not request.by_changes
    if call.reasks_whole and call.messages:
        request, strict = request.as_whole(call.plan, call.messages), call.strict_first
    schema = None if request.is_text else request.answer
    question = Question(request.messages, schema, strict, round, request.paths, lambda: request.json_schema)
    answered = yield from put_question(call, about, emitter, question)
    if answered.error is not None:  # pragma: no cover - tests get here by a throw, which Python 3.11 hides
        answered.error.outcome = yield from _finish(call, about, standing, "provider")
        raise answered.error
    if answered.completion is None:
        return Round(standing, "timeout")
    paid = standing.paid(answered.completion.usage)
    after, stopped = yield from reask_round(call, about, paid, request, answered.completion)
    if emitter is not None:
        for event in emitter.reask_round(_shown(call.plan, after.state, after.resolved), after.iterations[-1]):
            yield from yield_emit(event)
    return Round(after, stopped)


def _raised(call: GuardedCall, error: Exception, outcome: ValidationOutcome) -> ValidatorError:
    model = call.plan.spec.name or "given"
    said = f"a validator of the model {model} raised {type(error).__name__}: {error}"
    raised = ValidatorError(said, validator=model, path=Path())
    raised.outcome = outcome
    return raised


def _budget(call: GuardedCall, standing: Standing, rounds: int) -> Stopped | None:
    if not _asks_again(standing.failures):
        return "valid"
    if call.text is not None:
        return "no_model"
    if rounds >= call.max_reasks:
        return "max_reasks"
    spent = standing.spent
    if spent is not None and spent.total_tokens >= call.token_budget:
        return "token_budget"
    return None


def _finish(call: GuardedCall, about: About, standing: Standing, stopped: Stopped) -> Effects[ValidationOutcome]:
    repairs = standing.repairs
    has_filters = True in [failure.action.policy.leaves_out for failure in standing.failures]
    if has_filters and stopped not in ("exception", "refrained"):
        checked = CheckedAnswer(
            standing.traced, standing.output, standing.failures, standing.resolved, raised=standing.error
        )
        filtered = yield from apply_filters(call.plan, about, checked)
        standing = standing._replace(
            traced=filtered.traced,
            output=filtered.output,
            failures=filtered.failures,
            resolved=standing.resolved + filtered.resolved,
            origins=standing.origins.without(filtered.removed, standing.state),
            error=filtered.raised,
        )
        stopped = standing.must_stop or stopped
    if standing.error is not None and stopped not in _SAYS_MORE:
        stopped = "raised"
    elif stopped == "valid":
        stopped = _ended(standing.failures)
    outcome = _outcome(call, standing, repairs, stopped)
    if stopped == "exception":
        raising = [str(failure) for failure in outcome.failures if failure.action.policy.raises]
        raise ValidationFailed("a rule asks for an exception:\n  " + "\n  ".join(raising), outcome)
    if stopped == "raised" and standing.error is not None:
        raise _raised(call, standing.error, outcome) from standing.error
    return outcome


def _outcome(call: GuardedCall, standing: Standing, repairs: tuple[Repair, ...], stopped: Stopped) -> ValidationOutcome:
    failures: Sequence[Failure] = standing.failures
    state = standing.state
    output = _given(call.plan, standing.output, state, failures)
    state = _shown(call.plan, state, standing.resolved)
    if call.document is not None:  # notes about an answer do not apply to the document
        failures = [failure for failure in failures if failure.validator not in (REFUSED_CHANGE, "json")]
    if stopped in ("refrained", "refused") or (call.document is not None and not standing.iterations):
        output = None
    changes: tuple[ValueChange, ...] = ()
    if call.document is not None:
        unsaid = [repair.path for repair in repairs if repair.rule == "default"]
        changes = changes_between(call.document.state, state, standing.origins, unsaid)
    outcome: ValidationOutcome = ValidationOutcome(
        output,
        None,
        standing.failures,
        standing.resolved,
        repairs,
        standing.iterations,
        standing.spent or UNREPORTED,
        standing.refusal,
        stopped,
        call.noted,
        call.document.updated(changes) if call.document is not None and output is not None else None,
        changes,
    )
    return outcome if stopped == "refrained" else with_partial(outcome, partial(partial_of, state, failures))


def _given(plan: Plan, output: Any, state: Any, failures: Sequence[Failure]) -> Any:
    """Return the output for the caller; None if there is none, or a failure withholds it."""
    if output is UNSET or False in [failure.action.policy.keeps_output for failure in failures]:
        return None
    return plain_copy(output) if output is state and plan.model is None else output  # the record keeps its own


def _shown(plan: Plan, state: Any, resolved: Sequence[Failure]) -> Any:
    """Return the plain data of the answer for the caller: with the fixes that a user's model stores separately from its
    state.
    """
    return state if plan.model is None else with_fixes(state, resolved)


def _asks_again(failures: Sequence[Failure]) -> bool:
    return True in [failure.action.policy.asks_again for failure in failures]


def _ended(failures: Sequence[Failure]) -> Stopped:
    """Return why a call ends in which nothing is asked again."""
    return "unresolved" if failures else "valid"
