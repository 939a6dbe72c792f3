"""The streaming drivers: what the loop tells goes to the caller as it comes; the outcome is the last event."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from railguard.drivers.checks import acheck, check
from railguard.drivers.clock import Deadline
from railguard.drivers.run import Loop, request_of, too_late
from railguard.errors import ProviderError
from railguard.llm.request import Provider
from railguard.loop.effects import Ask, ReadMore, RunChecks, Tell
from railguard.values import Completion, StreamEvent, ValidationOutcome

__all__ = ["astream", "stream"]


def stream(
    loop: Loop, provider: Provider, *, options: Mapping[str, Any], timeout: float | None, validator_seconds: float
) -> Iterator[StreamEvent]:
    """Drive a streaming loop, and yield its events. Closing the iterator closes the model's answer."""
    deadline = Deadline(timeout)
    pieces: Iterator[str | Completion] = iter(())
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
                        answer = check(jobs, validator_seconds)
                    case ReadMore(stop=True):
                        _close(pieces)
                    case ReadMore():
                        answer = _within(next(pieces, None), deadline)
                    case Ask() if not too_late(effect, deadline):
                        pieces = _pieces(provider, effect, options, deadline)
                        answer = next(pieces, None)
            except Exception as error:
                failed = error
    finally:
        _close(pieces)
        loop.close()


async def astream(
    loop: Loop, provider: Provider, *, options: Mapping[str, Any], timeout: float | None, validator_seconds: float
) -> AsyncIterator[StreamEvent]:
    """Drive a streaming loop on the running event loop, and yield its events."""
    deadline = Deadline(timeout)
    pieces: AsyncIterator[str | Completion] | None = None
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
                    case ReadMore(stop=True):
                        await _aclose(pieces)
                    case ReadMore() if pieces is not None:
                        answer = _within(await anext(pieces, None), deadline)
                    case Ask() if not too_late(effect, deadline):
                        pieces = _apieces(provider, effect, options, deadline)
                        answer = await anext(pieces, None)
            except Exception as error:
                failed = error
    finally:
        await _aclose(pieces)
        loop.close()


def _last(outcome: ValidationOutcome) -> StreamEvent:
    return StreamEvent("outcome", outcome=outcome, snapshot=outcome.partial)


def _within(piece: str | Completion | None, deadline: Deadline) -> str | Completion | None:
    """A model that drips on for ever is stopped at the deadline of the call."""
    if deadline.passed and isinstance(piece, str):
        raise ProviderError("the model was still answering when the time of the call was over; raise timeout=")
    return piece


def _pieces(provider: Provider, ask: Ask, options: Mapping[str, Any], deadline: Deadline) -> Iterator[str | Completion]:
    request = request_of(ask, options, deadline)
    streaming = getattr(provider, "stream", None)
    if streaming is None:
        yield provider.complete(request)
    else:
        yield from streaming(request)


async def _apieces(
    provider: Provider, ask: Ask, options: Mapping[str, Any], deadline: Deadline
) -> AsyncIterator[str | Completion]:
    request = request_of(ask, options, deadline)
    streaming = getattr(provider, "astream", None)
    if streaming is None:
        yield await provider.acomplete(request)
        return
    pieces = streaming(request)
    try:
        async for piece in pieces:
            yield piece
    finally:
        await _aclose(pieces)


def _close(pieces: Any) -> None:
    close = getattr(pieces, "close", None)
    if close is not None:
        close()


async def _aclose(pieces: Any) -> None:
    close = getattr(pieces, "aclose", None)
    if close is not None:
        await close()
