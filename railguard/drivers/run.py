"""The drivers of the guard loop: they perform what it yields, sync or async, and decide nothing."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, TypeAlias

from railguard.checking.effects import RunChecks
from railguard.drivers.checks import acheck, check
from railguard.drivers.clock import Deadline
from railguard.errors import ProviderError
from railguard.llm.event_loop import CallLoop
from railguard.llm.request import Provider, Request
from railguard.loop.effects import Ask, Effect
from railguard.values import Completion, ValidationOutcome

__all__ = ["Loop", "arun", "request_of", "run", "too_late"]

Loop: TypeAlias = Generator[Effect, Any, ValidationOutcome]
"""A guard loop that was not started yet."""


def run(
    loop: Loop,
    provider: Provider | None,
    *,
    options: Mapping[str, Any],
    timeout: float | None,
    validator_seconds: float | None,
) -> ValidationOutcome:
    """Drive a loop to its end on this thread. timeout: seconds for the whole call."""
    deadline = Deadline(timeout)
    answer: Any = None
    with CallLoop():  # what is awaited in one round and the next shares an event loop, and an async client with it
        try:
            effect = loop.send(None)
            while True:
                try:
                    match effect:
                        case Ask():
                            answer = None if too_late(effect, deadline) else _ask(provider, effect, options, deadline)
                        case RunChecks(jobs):
                            answer = check(jobs, validator_seconds)
                except Exception as error:
                    effect = loop.throw(error)
                else:
                    effect = loop.send(answer)
        except StopIteration as end:
            return _outcome(end)


async def arun(
    loop: Loop,
    provider: Provider | None,
    *,
    options: Mapping[str, Any],
    timeout: float | None,
    validator_seconds: float | None,
) -> ValidationOutcome:
    """Drive a loop to its end on the running event loop. timeout: seconds for the whole call."""
    deadline = Deadline(timeout)
    answer: Any = None
    try:
        effect = loop.send(None)
        while True:
            try:
                match effect:
                    case Ask():
                        answer = (
                            None if too_late(effect, deadline) else await _aask(provider, effect, options, deadline)
                        )
                    case RunChecks(jobs):
                        answer = await acheck(jobs, validator_seconds)
            except Exception as error:
                effect = loop.throw(error)
            else:
                effect = loop.send(answer)
    except StopIteration as end:
        return _outcome(end)


def _outcome(end: StopIteration) -> ValidationOutcome:
    outcome: ValidationOutcome = end.value
    return outcome


def too_late(effect: Ask, deadline: Deadline) -> bool:
    """A first question is always put, so that a limit of nothing is the provider's error and not an empty outcome."""
    return effect.round > 0 and deadline.passed


def _ask(provider: Provider | None, ask: Ask, options: Mapping[str, Any], deadline: Deadline) -> Completion | None:
    assert provider is not None, "a loop that asks was started without a model"
    try:
        return provider.complete(request_of(ask, options, deadline))
    except ProviderError:
        if too_late(ask, deadline):
            return None
        raise


async def _aask(
    provider: Provider | None, ask: Ask, options: Mapping[str, Any], deadline: Deadline
) -> Completion | None:
    assert provider is not None, "a loop that asks was started without a model"
    try:
        return await provider.acomplete(request_of(ask, options, deadline))
    except ProviderError:
        if too_late(ask, deadline):
            return None
        raise


def request_of(ask: Ask, options: Mapping[str, Any], deadline: Deadline) -> Request:
    """What the provider is asked, with the time that is left."""
    return Request(
        messages=ask.messages,
        schema=ask.schema,
        strict=ask.strict,
        options=options,
        timeout=deadline.left(),
        purpose="reask" if ask.round else "ask",
        round=ask.round,
    )
