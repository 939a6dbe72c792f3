"""Turns each effect of a loop into steps; the four drivers perform the steps, and decide nothing.

A step is an event for the caller, an operation with a sync and an async form, or the end. An operation's exception is
thrown into the loop, so that it surfaces at the effect that caused it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, assert_never

from railguard.checking.validator_runs import RunChecks
from railguard.drivers.checks import Checks, acheck, perform_checks
from railguard.drivers.clock import Deadline
from railguard.errors import ProviderError
from railguard.llm import request as asking
from railguard.llm.request import Provider, Request
from railguard.loop.effects import Ask, Effect, Emit, ReadMore
from railguard.values import Completion, StreamEvent

__all__ = ["Done", "EffectSteps", "Interpreter", "Loop", "Operation", "aperform", "perform"]

T = TypeVar("T")

Loop: TypeAlias = Generator[Effect, Any, T]
"""A loop that was not started yet; T is its return value."""


class Operation(NamedTuple):
    """An operation outside the loop, in a sync and an async form."""

    sync: Callable[[], Any]
    awaited: Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The end of a loop, with its return value."""

    value: T


EffectSteps: TypeAlias = Generator[Operation | StreamEvent | Done[T], Any, None]
"""A generator that is sent the result of each operation; its last step is Done."""


class Interpreter(Generic[T]):
    """One run of a loop. Iterate over `steps` once; `close` or `aclose` then ends an answer that is still streaming."""

    def __init__(
        self,
        loop: Loop[T],
        provider: Provider | None,
        *,
        options: Mapping[str, Any],
        deadline: Deadline,
        checks: Checks,
        streaming: bool = False,
        effect: Effect | None = None,
    ) -> None:
        """Begin.

        Args:
            loop: The loop.
            provider: The model to ask; None for a loop that asks none.
            options: The caller's options for the provider.
            deadline: The end of the whole call.
            checks: How validators that cannot run inline are run.
            streaming: Whether answers are read piece by piece.
            effect: The loop's first effect; None for a loop that was not started yet.
        """
        self._loop = loop
        self._provider = provider
        self._options = options
        self._deadline = deadline
        self._checks = checks
        self._streaming = streaming
        self._effect = effect
        self._round = 0
        self._reading: _Reading | None = None

    def steps(self) -> EffectSteps[T]:
        """The steps to perform, in order. Close this generator explicitly: an interrupt that arrives while it is
        garbage-collected would be lost.
        """
        answer: Any = None
        failed: Exception | None = None
        effect = self._effect
        while True:
            try:
                if effect is None:
                    effect = self._loop.throw(failed) if failed is not None else self._loop.send(answer)
            except StopIteration as end:
                yield Done(end.value)
                return
            answer, failed = None, None
            try:
                answer = yield from self._step(effect)
            except Exception as error:
                failed = error
            effect = None

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

    def _step(self, effect: Effect) -> Generator[Operation | StreamEvent, Any, Any]:
        match effect:
            case Emit(event):
                yield event
            case RunChecks(jobs):
                return (
                    yield Operation(partial(perform_checks, jobs, self._checks), partial(acheck, jobs, self._checks))
                )
            case Ask():
                return (yield from self._ask(effect))
            case ReadMore(stop=False):
                return (yield from self._read_on())
            case ReadMore():
                yield from self._end()
            case _:
                assert_never(effect)
        return None

    def _ask(self, ask: Ask) -> Generator[Operation, Any, str | Completion | None]:
        provider = self._provider
        assert provider is not None, "a loop that asks was started without a model"
        self._round = ask.round
        if self._is_over:
            return None
        request = Request(
            messages=ask.messages,
            schema=ask.schema,
            strict=ask.strict,
            options=self._options,
            timeout=self._deadline.left(),
            purpose="reask" if ask.round else "ask",
            round=ask.round,
        )
        if self._streaming:
            self._reading = _Reading(provider, request)
            return (yield from self._read_on())
        try:
            answer = yield Operation(partial(provider.complete, request), partial(provider.acomplete, request))
        except ProviderError:
            if self._is_over:
                return None
            raise
        return asking.checked(provider, answer)

    @property
    def _is_over(self) -> bool:
        """Whether the time is over. A first question is always asked, so that a timeout of 0 gives the provider's error
        instead of an empty outcome; before a reask, the results so far become the outcome.
        """
        return self._round > 0 and self._deadline.passed

    def _read_on(self) -> Generator[Operation, Any, str | Completion | None]:
        reading = self._reading
        if reading is None:
            return None
        try:
            piece = yield Operation(reading.next, reading.anext)
            if isinstance(piece, str) and self._deadline.passed:
                # An endless slow answer is stopped here, even if the provider has no limit.
                raise ProviderError("the model was still answering when the time of the call was over; raise timeout=")
        except ProviderError:
            if not self._is_over:
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
        answer = operation.sync()
    except Exception as error:
        failed = error
    else:
        return steps.send(answer)
    return steps.throw(_carried(failed))


async def aperform(steps: EffectSteps[T], operation: Operation) -> Operation | StreamEvent | Done[T]:
    """Perform an operation on the running event loop, and return the step after it."""
    try:
        answer = await operation.awaited()
    except Exception as error:
        failed = error
    else:
        return steps.send(answer)
    return steps.throw(_carried(failed))


def _carried(error: Exception) -> Exception:
    """Return an error that can be thrown into a generator: StopIteration would become a RuntimeError."""
    if not isinstance(error, (StopIteration, StopAsyncIteration)):
        return error
    carried = ProviderError(f"the model raised {type(error).__name__}: it has no answers left")
    carried.__cause__ = error
    return carried
