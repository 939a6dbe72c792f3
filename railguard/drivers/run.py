"""The drivers that return only the result, sync or async: they perform the effects of a loop, and decide nothing.

An exception of what is performed is thrown into the loop, so that it surfaces at the effect that caused it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from railguard.checking.validator_runs import RunChecks
from railguard.drivers.checks import Checks, acheck, perform_checks
from railguard.drivers.clock import Deadline
from railguard.drivers.questions import Loop, Questions, carried
from railguard.llm.event_loop import CallLoop
from railguard.llm.request import Provider
from railguard.loop.effects import Ask

__all__ = ["arun", "run"]

T = TypeVar("T")


def run(
    loop: Loop[T],
    provider: Provider | None,
    *,
    options: Mapping[str, Any],
    timeout: float | None,
    checks: Checks,
) -> T:
    """Drive a loop to its end on this thread. timeout: seconds for the whole call."""
    questions = Questions(provider, options, Deadline(timeout))
    try:
        effect = next(loop)
        with CallLoop():  # all rounds share an event loop, so that they can share an async client
            while True:
                try:
                    if isinstance(effect, Ask):
                        answer: Any = questions.complete(effect)
                    else:
                        assert isinstance(effect, RunChecks), "only a stream has other effects"
                        answer = perform_checks(effect.jobs, checks)
                except Exception as error:
                    failed = carried(error)
                else:
                    effect = loop.send(answer)
                    continue
                effect = loop.throw(failed)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # what the loop returns is T
    finally:
        loop.close()


async def arun(
    loop: Loop[T],
    provider: Provider | None,
    *,
    options: Mapping[str, Any],
    timeout: float | None,
    checks: Checks,
) -> T:
    """Drive a loop to its end on the running event loop. timeout: seconds for the whole call."""
    questions = Questions(provider, options, Deadline(timeout))
    try:
        effect = next(loop)
        while True:
            try:
                if isinstance(effect, Ask):
                    answer: Any = await questions.acomplete(effect)
                else:
                    assert isinstance(effect, RunChecks), "only a stream has other effects"
                    answer = await acheck(effect.jobs, checks)
            except Exception as error:
                failed = carried(error)
            else:
                effect = loop.send(answer)
                continue
            effect = loop.throw(failed)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # what the loop returns is T
    finally:
        loop.close()
