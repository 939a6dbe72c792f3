"""The streaming drivers: the loop's events go to the caller as they occur; the outcome is the last event.

A streaming answer is closed when it ends, when the loop needs no more of it, and when the caller closes the stream.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from railguard.drivers.asked_provider import AskedProvider, Loop
from railguard.drivers.checks import Checks
from railguard.drivers.interpreter import Done, Interpreter, aperform, perform
from railguard.llm.event_loop import CallLoop
from railguard.values import StreamEvent, ValidationOutcome

__all__ = ["astream", "stream"]


def stream(
    loop: Loop[ValidationOutcome],
    provider: AskedProvider,
    checks: Checks,
) -> Iterator[StreamEvent]:
    """Drive a streaming loop, and yield its events. Closing the iterator closes the model's answer."""
    interpreter = Interpreter(loop, provider, checks)
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
    provider: AskedProvider,
    checks: Checks,
) -> AsyncIterator[StreamEvent]:
    """Drive a streaming loop on the running event loop, and yield its events."""
    interpreter = Interpreter(loop, provider, checks)
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
