"""The drivers that give the result alone, sync or async: they perform the interpreter's steps, and decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any, TypeVar

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
    validator_seconds: float | None,
) -> T:
    """Drive a loop to its end on this thread. timeout: seconds for the whole call."""
    interpreter = Interpreter(loop, provider, options=options, timeout=timeout, validator_seconds=validator_seconds)
    # What is awaited in one round and the next shares an event loop, and an async client with it.
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
    validator_seconds: float | None,
) -> T:
    """Drive a loop to its end on the running event loop. timeout: seconds for the whole call."""
    interpreter = Interpreter(loop, provider, options=options, timeout=timeout, validator_seconds=validator_seconds)
    with closing(interpreter.steps()) as steps:
        step = next(steps)
        while not isinstance(step, Done):
            step = next(steps) if isinstance(step, StreamEvent) else await aperform(steps, step)
        return step.value
