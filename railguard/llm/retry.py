"""Retries when the transport failed (a busy provider, a lost connection), never because of the model's answer.

There are two limits: the number of attempts, and the request's deadline; a wait that would exceed the deadline is not
started. Reasks belong to the loop and are counted separately.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from railguard.errors import InputError, ProviderError
from railguard.llm.request import Provider, Request, Wrapping, astream_completion, stream_completion
from railguard.values import Completion

if TYPE_CHECKING:
    from tenacity import RetryCallState

__all__ = [
    "ATTEMPTS",
    "DEFAULT_DEADLINE",
    "MAX_RETRY_AFTER",
    "Retrying",
    "deadline_of",
    "is_retryable",
    "retry_after_of",
    "within_deadline",
]

ATTEMPTS = 3
"""Largest number of requests for one question, including the first."""

MAX_RETRY_AFTER = 60.0
"""Longest wait in seconds: if a provider asks for more, it is asked again after this time."""

DEFAULT_DEADLINE = 120.0
"""Seconds for one question with all its retries, if the request sets no timeout."""


class Retrying(Wrapping):
    """A Provider that asks another one again while it raises a ProviderError that is `retryable`.

    attempts: largest number of requests, 1 to 10. first_wait: seconds before the second attempt; it doubles each time
    up to 8 s, with up to a quarter of jitter. The provider's Retry-After replaces it, up to 60 s. `request.timeout`
    (default 120 s) covers everything. The last error is raised unchanged.

    A streamed answer is retried only until its first piece was passed on.
    """

    def __init__(self, provider: Provider, *, attempts: int = ATTEMPTS, first_wait: float = 0.5) -> None:
        if not 1 <= attempts <= 10:
            raise InputError(f"attempts must be 1 to 10, not {attempts}")
        super().__init__(provider)
        self._attempts = attempts
        self._first_wait = first_wait

    def __repr__(self) -> str:
        return f"<Retrying {self.provider!r}, {self._attempts} attempts>"

    def complete(self, request: Request) -> Completion:
        """Ask until there is an answer, or until no attempt or no time is left."""
        from tenacity import Retrying as Attempts

        deadline = deadline_of(request)
        for attempt in Attempts(**self._policy(deadline), sleep=time.sleep):
            with attempt:
                return self.provider.complete(within_deadline(request, deadline))
        raise AssertionError("tenacity ends with a result or an error")  # pragma: no cover

    async def acomplete(self, request: Request) -> Completion:
        """Ask until there is an answer, or until no attempt or no time is left."""
        import asyncio

        from tenacity import AsyncRetrying as Attempts

        deadline = deadline_of(request)
        async for attempt in Attempts(**self._policy(deadline), sleep=asyncio.sleep):
            with attempt:
                return await self.provider.acomplete(within_deadline(request, deadline))
        raise AssertionError("tenacity ends with a result or an error")  # pragma: no cover

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Ask until there is a first piece, or until no attempt or no time is left; yield the pieces as they come."""
        from tenacity import Retrying as Attempts

        deadline = deadline_of(request)
        for attempt in Attempts(**self._policy(deadline), sleep=time.sleep):
            with attempt:
                pieces = stream_completion(self.provider, within_deadline(request, deadline))
                first = next(pieces, "")
                break
        with closing(pieces):
            yield first
            yield from pieces

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Ask until there is a first piece, or until no attempt or no time is left; yield the pieces as they come."""
        import asyncio

        from tenacity import AsyncRetrying as Attempts

        deadline = deadline_of(request)
        async for attempt in Attempts(**self._policy(deadline), sleep=asyncio.sleep):
            with attempt:
                pieces = astream_completion(self.provider, within_deadline(request, deadline))
                first = await anext(pieces, "")
                break
        try:
            yield first
            async for piece in pieces:
                yield piece
        finally:
            await pieces.aclose()

    def _policy(self, deadline: float) -> dict[str, Any]:
        import random

        from tenacity import retry_if_exception

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after if isinstance(error, ProviderError) else None
            if asked is not None:
                return min(asked, MAX_RETRY_AFTER)
            backoff = min(self._first_wait * 2.0 ** (state.attempt_number - 1), 8.0)
            return backoff * (1 + random.random() / 4)

        def stop(state: RetryCallState) -> bool:
            return state.attempt_number >= self._attempts or time.monotonic() + state.upcoming_sleep >= deadline

        return {
            "retry": retry_if_exception(lambda error: isinstance(error, ProviderError) and error.retryable),
            "wait": wait,
            "stop": stop,
            "reraise": True,
        }


def deadline_of(request: Request) -> float:
    """Return the deadline of a request on the monotonic clock; without a timeout, DEFAULT_DEADLINE is used."""
    return time.monotonic() + (DEFAULT_DEADLINE if request.timeout is None else request.timeout)


def within_deadline(request: Request, deadline: float) -> Request:
    """Return the request with the time until a deadline as its timeout."""
    return replace(request, timeout=max(deadline - time.monotonic(), 0.0))


def is_retryable(status: int, code: str | None) -> bool:
    """Whether a request that got an error status may succeed if it is sent again.

    Not if a quota is used up (code "insufficient_quota"): waiting does not help.
    """
    return (status in (408, 409, 429) or status >= 500) and code != "insufficient_quota"


def retry_after_of(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a response asks to wait before the next request, or None if it has no readable value.

    RFC 9110, 10.2.3: Retry-After holds seconds or an HTTP-date; `retry-after-ms` (OpenAI) is finer and takes
    precedence. A date in the past means 0.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        text = (headers.get(name) or "").strip()
        if text and len(text) < 20 and text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit():
            return float(text) * unit
    return _until(headers.get("retry-after"))


def _until(date: str | None) -> float | None:
    if not date:
        return None
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(date)
    except (TypeError, ValueError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)  # "-0000": UTC, without a stated time zone
    return max((when - datetime.now(UTC)).total_seconds(), 0.0)
