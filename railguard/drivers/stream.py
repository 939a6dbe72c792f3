"""The streaming drivers: what the loop tells goes to the caller as it comes; the outcome is the last event.

The answer that is streaming is closed when it has ended, when the loop has seen enough of it, and when the caller goes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from typing import Any, TypeAlias

from railguard.checking.effects import RunChecks
from railguard.drivers.checks import acheck, check
from railguard.drivers.clock import Deadline
from railguard.drivers.run import Loop, request_of, too_late
from railguard.errors import ProviderError
from railguard.llm import request as asking
from railguard.llm.event_loop import CallLoop
from railguard.llm.request import Provider
from railguard.loop.effects import Ask, ReadMore, Tell
from railguard.values import Completion, StreamEvent, ValidationOutcome

__all__ = ["astream", "stream"]

_Piece: TypeAlias = str | Completion


def stream(
    loop: Loop,
    provider: Provider,
    *,
    options: Mapping[str, Any],
    timeout: float | None,
    validator_seconds: float | None,
) -> Iterator[StreamEvent]:
    """Drive a streaming loop, and yield its events. Closing the iterator closes the model's answer."""
    deadline = Deadline(timeout)
    shared = CallLoop()
    pieces: Generator[_Piece, None, None] | None = None
    round = 0
    answer: Any = None
    failed: Exception | None = None
    try:
        while True:
            try:
                effect = loop.throw(failed) if failed is not None else loop.send(answer)
            except StopIteration as end:
                yield _last(end.value)
                return
            answer, failed = None, None
            try:
                match effect:
                    case Tell(event):
                        yield event
                    case RunChecks(jobs):
                        answer = shared.sharing(check, jobs, validator_seconds)
                    case Ask() if not too_late(effect, deadline):
                        pieces, round = asking.stream(provider, request_of(effect, options, deadline)), effect.round
                        answer = shared.sharing(_next, pieces, round, deadline)
                    case ReadMore(stop=False) if pieces is not None:
                        answer = shared.sharing(_next, pieces, round, deadline)
                if pieces is not None and not isinstance(answer, str) and isinstance(effect, (Ask, ReadMore)):
                    shared.sharing(pieces.close)
                    pieces = None
            except Exception as error:
                failed = error
    finally:
        if pieces is not None:
            shared.sharing(pieces.close)
        shared.close()
        loop.close()


async def astream(
    loop: Loop,
    provider: Provider,
    *,
    options: Mapping[str, Any],
    timeout: float | None,
    validator_seconds: float | None,
) -> AsyncIterator[StreamEvent]:
    """Drive a streaming loop on the running event loop, and yield its events."""
    deadline = Deadline(timeout)
    pieces: AsyncGenerator[_Piece, None] | None = None
    round = 0
    answer: Any = None
    failed: Exception | None = None
    try:
        while True:
            try:
                effect = loop.throw(failed) if failed is not None else loop.send(answer)
            except StopIteration as end:
                yield _last(end.value)
                return
            answer, failed = None, None
            try:
                match effect:
                    case Tell(event):
                        yield event
                    case RunChecks(jobs):
                        answer = await acheck(jobs, validator_seconds)
                    case Ask() if not too_late(effect, deadline):
                        pieces, round = asking.astream(provider, request_of(effect, options, deadline)), effect.round
                        answer = await _anext(pieces, round, deadline)
                    case ReadMore(stop=False) if pieces is not None:
                        answer = await _anext(pieces, round, deadline)
                if pieces is not None and not isinstance(answer, str) and isinstance(effect, (Ask, ReadMore)):
                    await pieces.aclose()
                    pieces = None
            except Exception as error:
                failed = error
    finally:
        if pieces is not None:
            await pieces.aclose()
        loop.close()


def _last(outcome: ValidationOutcome) -> StreamEvent:
    return StreamEvent("outcome", outcome=outcome, snapshot=outcome.partial)


def _next(pieces: Iterator[_Piece], round: int, deadline: Deadline) -> _Piece | None:
    try:
        return _within(next(pieces, None), deadline)
    except ProviderError:
        if _ends(round, deadline):
            return None
        raise


async def _anext(pieces: AsyncIterator[_Piece], round: int, deadline: Deadline) -> _Piece | None:
    try:
        return _within(await anext(pieces, None), deadline)
    except ProviderError:
        if _ends(round, deadline):
            return None
        raise


def _ends(round: int, deadline: Deadline) -> bool:
    """Whether a fault is only that the time is over, in a reask: what came of it by then is its answer."""
    return round > 0 and deadline.passed


def _within(piece: _Piece | None, deadline: Deadline) -> _Piece | None:
    """A model that drips on for ever is stopped at the deadline of the call, whether or not it has one itself."""
    if deadline.passed and isinstance(piece, str):
        raise ProviderError("the model was still answering when the time of the call was over; raise timeout=")
    return piece
