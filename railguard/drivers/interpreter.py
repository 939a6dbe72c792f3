"""Turns each effect of a streaming loop into steps; the streaming drivers perform the steps, and decide nothing.

A step is an event for the caller, an operation with a sync and an async form, or the end. An operation's exception is
thrown into the loop, so that it surfaces at the effect that caused it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, assert_never

from railguard.checking.validator_runs import RunChecks
from railguard.drivers.asked_provider import AskedProvider, Loop, throwable
from railguard.drivers.checks import Checks, acheck, perform_checks
from railguard.errors import ProviderError
from railguard.llm import request as asking
from railguard.llm.request import Provider, Request
from railguard.loop.effects import Ask, Effect, Emit, ReadMore
from railguard.values import Completion, StreamEvent

__all__ = ["Done", "EffectSteps", "Interpreter", "Operation", "aperform", "perform"]

T = TypeVar("T")


class Operation(NamedTuple):
    """An operation outside the loop, in a sync and an async form that take the same arguments."""

    sync: Callable[..., Any]
    awaited: Callable[..., Awaitable[Any]]
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The end of a loop, with its return value."""

    value: T


EffectSteps: TypeAlias = Generator[Operation | StreamEvent | Done[T], Any, None]
"""A generator that is sent the result of each operation; its last step is Done."""


class Interpreter(Generic[T]):
    """One run of a loop. Iterate over `steps` once; `close` or `aclose` then ends an answer that is still streaming."""

    def __init__(self, loop: Loop[T], provider: AskedProvider, checks: Checks) -> None:
        """Begin.

        Args:
            loop: The loop, which was not started yet.
            provider: The model to ask.
            checks: How validators that cannot run inline are run.
        """
        self._loop = loop
        self._provider = provider
        self._checks = checks
        self._round = 0
        self._reading: _Reading | None = None

    def steps(self) -> EffectSteps[T]:
        """The steps to perform, in order. Close this generator explicitly: an interrupt that arrives while it is
        garbage-collected would be lost.
        """
        answer: Any = None
        failed: Exception | None = None
        while True:
            try:
                effect = self._loop.throw(failed) if failed is not None else self._loop.send(answer)
            except StopIteration as end:
                yield Done(end.value)
                return
            answer, failed = None, None
            try:
                answer = yield from self._of(effect)
            except Exception as error:
                failed = error

    def close(self) -> None:
        """Close an answer that is still streaming, and the loop."""
        if self._reading is not None:
            self._reading.close()
        self._loop.close()

    async def aclose(self) -> None:
        """`close`, on the event loop that the answer was read on."""
        if self._reading is not None:
            await self._reading.aclose()
        self._loop.close()

    def _of(self, effect: Effect) -> Generator[Operation | StreamEvent, Any, Any]:
        """Return the steps of one effect; what they return is its result."""
        match effect:
            case Ask():
                return self._ask(effect)
            case RunChecks(jobs):
                return _single(Operation(perform_checks, acheck, (jobs, self._checks)))
            case Emit(event):
                return _single(event)
            case ReadMore(stop=False):
                return self._read_on()
            case ReadMore():
                return self._end()
            case _:
                assert_never(effect)

    def _ask(self, ask: Ask) -> Generator[Operation, Any, str | Completion | None]:
        self._round = ask.round
        request = self._provider.request(ask)
        if request is None:
            return None
        self._reading = _Reading(self._provider.provider, request)
        return (yield from self._read_on())

    def _read_on(self) -> Generator[Operation, Any, str | Completion | None]:
        reading = self._reading
        if reading is None:
            return None
        try:
            piece = yield Operation(reading.next, reading.anext)
            if isinstance(piece, str) and self._provider.deadline.passed:
                # An endless slow answer is stopped here, even if the provider has no limit.
                raise ProviderError("the model was still answering when the time of the call was over; raise timeout=")
        except ProviderError:
            if not self._provider.is_over(self._round):
                raise
            piece = None
        if isinstance(piece, str):
            return piece
        completion = None if piece is None else asking.checked(reading.provider, piece)
        yield from self._end()
        return completion

    def _end(self) -> Generator[Operation, Any, None]:
        reading, self._reading = self._reading, None
        if reading is not None:
            yield Operation(reading.close, reading.aclose)


def _single(step: Operation | StreamEvent) -> Generator[Operation | StreamEvent, Any, Any]:
    return (yield step)


class _Reading:
    """An answer that is streaming, in a sync and an async form."""

    def __init__(self, provider: Provider, request: Request) -> None:
        self.provider = provider
        self._request = request
        self._pieces: Generator[str | Completion, None, None] | None = None
        self._apieces: AsyncGenerator[str | Completion, None] | None = None

    def next(self) -> str | Completion | None:
        if self._pieces is None:
            self._pieces = asking.stream_completion(self.provider, self._request)
        return next(self._pieces, None)

    async def anext(self) -> str | Completion | None:
        if self._apieces is None:
            self._apieces = asking.astream_completion(self.provider, self._request)
        return await anext(self._apieces, None)

    def close(self) -> None:
        if self._pieces is not None:
            self._pieces.close()

    async def aclose(self) -> None:
        if self._apieces is not None:
            await self._apieces.aclose()


def perform(steps: EffectSteps[T], operation: Operation) -> Operation | StreamEvent | Done[T]:
    """Perform an operation here, and return the step after it."""
    try:
        answer = operation.sync(*operation.arguments)
    except Exception as error:
        failed = error
    else:
        return steps.send(answer)
    return steps.throw(throwable(failed))


async def aperform(steps: EffectSteps[T], operation: Operation) -> Operation | StreamEvent | Done[T]:
    """Perform an operation on the running event loop, and return the step after it."""
    try:
        answer = await operation.awaited(*operation.arguments)
    except Exception as error:
        failed = error
    else:
        return steps.send(answer)
    return steps.throw(throwable(failed))
