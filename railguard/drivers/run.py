"""The drivers that return only the result, sync or async: they perform the interpreter's steps, and decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any, TypeVar

from railguard.drivers.checks import Checks
from railguard.drivers.clock import Deadline
from railguard.drivers.interpreter import Done, Interpreter, Loop, aperform, perform
from railguard.llm.event_loop import CallLoop
from railguard.llm.request import Provider
from railguard.values import StreamEvent

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
    deadline = Deadline(timeout)
    try:
        effect = next(loop)
    except StopIteration as end:  # it needed nothing done
        return end.value  # type: ignore[no-any-return]  # what the loop returns is T
    interpreter = Interpreter(loop, provider, options=options, deadline=deadline, checks=checks, effect=effect)
    # All rounds share an event loop, so that they can share an async client.
    with closing(interpreter.steps()) as steps, CallLoop():
        step = next(steps)
        while not isinstance(step, Done):
            step = next(steps) if isinstance(step, StreamEvent) else perform(steps, step)
        return step.value


async def arun(
    loop: Loop[T],
    provider: Provider | None,
    *,
    options: Mapping[str, Any],
    timeout: float | None,
    checks: Checks,
) -> T:
    """Drive a loop to its end on the running event loop. timeout: seconds for the whole call."""
    interpreter = Interpreter(loop, provider, options=options, deadline=Deadline(timeout), checks=checks)
    with closing(interpreter.steps()) as steps:
        step = next(steps)
        while not isinstance(step, Done):
            step = next(steps) if isinstance(step, StreamEvent) else await aperform(steps, step)
        return step.value
