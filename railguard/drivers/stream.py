"""The streaming drivers: what the loop tells goes to the caller as it comes; the outcome is the last event.

The answer that is streaming is closed when it has ended, when the loop has seen enough of it, and when the caller goes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from railguard.drivers.interpreter import Done, Interpreter, Loop, aperform, perform
from railguard.llm.event_loop import CallLoop
from railguard.llm.request import Provider
from railguard.values import StreamEvent, ValidationOutcome

__all__ = ["astream", "stream"]


def stream(
    loop: Loop[ValidationOutcome],
    provider: Provider,
    *,
    options: Mapping[str, Any],
    timeout: float | None,
    validator_seconds: float | None,
) -> Iterator[StreamEvent]:
    """Drive a streaming loop, and yield its events. Closing the iterator closes the model's answer."""
    interpreter = Interpreter(
        loop, provider, options=options, timeout=timeout, validator_seconds=validator_seconds, streaming=True
    )
    steps, shared = interpreter.steps(), CallLoop()
    try:
        step = next(steps)
        while not isinstance(step, Done):
            if isinstance(step, StreamEvent):
                yield step
                step = next(steps)
            else:
                step = shared.sharing(perform, steps, step)
        yield _last(step.value)
    finally:
        steps.close()
        shared.sharing(interpreter.close)
        shared.close()


async def astream(
    loop: Loop[ValidationOutcome],
    provider: Provider,
    *,
    options: Mapping[str, Any],
    timeout: float | None,
    validator_seconds: float | None,
) -> AsyncIterator[StreamEvent]:
    """Drive a streaming loop on the running event loop, and yield its events."""
    interpreter = Interpreter(
        loop, provider, options=options, timeout=timeout, validator_seconds=validator_seconds, streaming=True
    )
    steps = interpreter.steps()
    try:
        step = next(steps)
        while not isinstance(step, Done):
            if isinstance(step, StreamEvent):
                yield step
                step = next(steps)
            else:
                step = await aperform(steps, step)
        yield _last(step.value)
    finally:
        steps.close()
        await interpreter.aclose()


def _last(outcome: ValidationOutcome) -> StreamEvent:
    return StreamEvent("outcome", outcome=outcome, snapshot=outcome.partial)
