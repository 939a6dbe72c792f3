"""The drivers that return only the result, sync or async: they perform the effects of a loop, and decide nothing.

An exception of what is performed is thrown into the loop, so that it surfaces at the effect that caused it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from railguard.checking.validator_runs import RunChecks
from railguard.drivers.asked_provider import AskedProvider, Loop
from railguard.drivers.checks import Checks, acheck, perform_checks
from railguard.llm.event_loop import CallLoop
from railguard.loop.call import guard_loop
from railguard.loop.effects import Ask, Effect
from railguard.loop.first_question import first_answer, first_question
from railguard.loop.question import lifted
from railguard.loop.settings import GuardedCall, Opened
from railguard.values import ValidationOutcome

if TYPE_CHECKING:
    from railguard.llm.cache import Store

__all__ = ["arun", "arun_call", "run", "run_call"]

T = TypeVar("T")


def run_call(call: GuardedCall, provider: AskedProvider, store: Store | None) -> ValidationOutcome:
    """Make a call whose messages are ready: ask its first question, and start its loop only if the answer is not valid at
    once. The result is that of `run` with the loop of the call. store: as in Checks.
    """
    ask, lift = first_question(call)
    with CallLoop():  # all rounds share an event loop, so that they can share an async client
        found = first_answer(call, lifted(provider.complete(ask), lift))
        if not isinstance(found, Opened):
            return found
        return _drive(guard_loop(call, found), provider, _checks(call, store))


def _checks(call: GuardedCall, store: Store | None) -> Checks:
    return Checks(call.plan.spec.limits.validator_seconds, store)


def run(loop: Loop[T], provider: AskedProvider, checks: Checks) -> T:
    """Drive a loop to its end on this thread."""
    with CallLoop():
        return _drive(loop, provider, checks)


def _drive(loop: Loop[T], provider: AskedProvider, checks: Checks) -> T:
    try:
        effect = next(loop)
        while True:
            try:
                answer = _performed(effect, provider, checks)
            except Exception as error:
                failed = error
            else:
                effect = loop.send(answer)
                continue
            effect = loop.throw(failed)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # what the loop returns is T
    finally:
        loop.close()


def _performed(effect: Effect, provider: AskedProvider, checks: Checks) -> Any:
    if isinstance(effect, Ask):
        return provider.complete(effect)
    assert isinstance(effect, RunChecks), "only a stream has other effects"
    return perform_checks(effect.jobs, checks)


async def arun_call(call: GuardedCall, provider: AskedProvider, store: Store | None) -> ValidationOutcome:
    """`run_call` on the running event loop."""
    ask, lift = first_question(call)
    found = first_answer(call, lifted(await provider.acomplete(ask), lift))
    if not isinstance(found, Opened):
        return found
    return await arun(guard_loop(call, found), provider, _checks(call, store))


async def arun(loop: Loop[T], provider: AskedProvider, checks: Checks) -> T:
    """Drive a loop to its end on the running event loop."""
    try:
        effect = next(loop)
        while True:
            try:
                answer = await _aperformed(effect, provider, checks)
            except Exception as error:
                failed = error
            else:
                effect = loop.send(answer)
                continue
            effect = loop.throw(failed)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # what the loop returns is T
    finally:
        loop.close()


async def _aperformed(effect: Effect, provider: AskedProvider, checks: Checks) -> Any:
    if isinstance(effect, Ask):
        return await provider.acomplete(effect)
    assert isinstance(effect, RunChecks), "only a stream has other effects"
    return await acheck(effect.jobs, checks)
