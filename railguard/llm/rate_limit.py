"""Keeps requests below a provider's rate limit, shared by all users of the limit.

The library `limits` does the counting, in memory or in Redis. A Retry-After of the provider pauses everybody who shares
the limit, because it is stored with the counts.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

from railguard.errors import InputError, ProviderError
from railguard.llm.request import Provider, Request, Wrapping, astream_completion, stream_completion
from railguard.llm.retry import MAX_RETRY_AFTER, deadline_of, within_deadline
from railguard.values import Completion

__all__ = ["RateLimit", "RateLimited"]

_PAUSE = "railguard-pause"
_MOST_WAIT = 1.0
"""Longest wait in seconds before the limit is checked again, because the number of waiting requests changes."""


class RateLimit:
    """A limit of requests and tokens per minute. Threads, tasks and, with Redis, processes share it."""

    def __init__(
        self, *, requests: int | None = None, tokens: int | None = None, store: str = "memory://", key: str = "model"
    ) -> None:
        """Open the store.

        Args:
            requests: Requests per minute.
            tokens: Tokens per minute, of questions and answers together. A question is estimated before it is asked;
                the rest is counted when its usage is known.
            store: "memory://" for this process, or the URL of a Redis server, such as "redis://localhost:6379".
            key: The name of the limit: all limits with the same key in one store are shared.

        Raises:
            InputError: If there is nothing to limit, or a package or the store is missing.
        """
        given = [limit for limit in (requests, tokens) if limit is not None]
        if not given or any(limit < 1 for limit in given):
            raise InputError("a rate limit needs requests or tokens a minute, at least 1")
        try:
            from limits import RateLimitItemPerMinute
            from limits.errors import ConfigurationError
            from limits.storage import storage_from_string
            from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter
        except ImportError:
            raise InputError("a rate limit needs the package limits: pip install 'railguard[limits]'") from None
        try:
            self._storage: Any = storage_from_string(store)
        except (ConfigurationError, ValueError) as error:
            raise InputError(f"the store of a rate limit cannot be used: {error}") from None
        # Each request is stored, so that their number is exact; the number of tokens is a weighted count over two
        # minutes.
        self._exact = MovingWindowRateLimiter(self._storage)
        self._counting = SlidingWindowCounterRateLimiter(self._storage)
        self._requests = None if requests is None else RateLimitItemPerMinute(requests)
        self._tokens = None if tokens is None else RateLimitItemPerMinute(tokens)
        self._key = key

    def take(self, tokens: int) -> float:
        """Reserve room for one request.

        Args:
            tokens: The estimated tokens of the request; one that needs more than the limit uses all of it.

        Returns:
            0 if there was room, otherwise the seconds to wait before the next try.
        """
        wait: float = self._stored(self._take, tokens)
        return wait

    def count(self, tokens: int) -> None:
        """Count tokens that were used beyond the estimate.

        Args:
            tokens: The number of tokens.
        """
        limit = self._tokens
        if limit is not None and tokens > 0:
            self._stored(self._counting.hit, limit, self._key, "tokens", cost=min(tokens, limit.amount))

    def pause(self, seconds: float) -> None:
        """Stop all requests that share the limit for some time.

        Args:
            seconds: The length of the pause.
        """
        self._stored(self._pause, min(seconds, MAX_RETRY_AFTER))

    def _take(self, tokens: int) -> float:
        left = self._paused()
        if left > 0:
            return left
        if self._requests is not None and not self._exact.test(self._requests, self._key, "requests"):
            return self._until_room(self._exact, self._requests, "requests")
        needed = 0 if self._tokens is None else min(max(tokens, 1), self._tokens.amount)
        if self._tokens is not None and not self._counting.hit(self._tokens, self._key, "tokens", cost=needed):
            return self._until_room(self._counting, self._tokens, "tokens")
        if self._requests is not None and not self._exact.hit(self._requests, self._key, "requests"):
            return self._until_room(self._exact, self._requests, "requests")
        return 0.0

    def _until_room(self, limiter: Any, limit: Any, what: str) -> float:
        reset: float = limiter.get_window_stats(limit, self._key, what).reset_time - time.time()
        return min(max(reset, 0.05), _MOST_WAIT)

    def _paused(self) -> float:
        name = f"{_PAUSE}/{self._key}"
        if not self._storage.get(name):
            return 0.0
        return max(float(self._storage.get_expiry(name)) - time.time(), 0.0)

    def _pause(self, seconds: float) -> None:
        if seconds > self._paused():
            name = f"{_PAUSE}/{self._key}"
            self._storage.clear(name)
            self._storage.incr(name, max(math.ceil(seconds), 1))

    def _stored(self, step: Any, *arguments: Any, **named: Any) -> Any:
        try:
            return step(*arguments, **named)
        except Exception as error:
            if type(error).__module__.split(".")[0] not in ("redis", "limits"):
                raise
            fault = type(error).__name__
        raise ProviderError(f"the store of the rate limit does not answer ({fault})", retryable=True)


class RateLimited(Wrapping):
    """A Provider that asks another one as soon as its rate limit has room.

    Raises:
        ProviderError: As the wrapped provider does, and if there is no room before the request's timeout.
    """

    def __init__(self, provider: Provider, limit: RateLimit) -> None:
        super().__init__(provider)
        self._limit = limit

    def __repr__(self) -> str:
        return f"<RateLimited {self.provider!r}>"

    def complete(self, request: Request) -> Completion:
        """Wait for room, then ask."""
        asked = _Question(request, self._limit)
        while wait := asked.wait():
            time.sleep(wait)
        try:
            return asked.counted(self.provider.complete(asked.request))
        except ProviderError as error:
            asked.heard(error)
            raise

    async def acomplete(self, request: Request) -> Completion:
        """Wait for room, then ask."""
        asked = _Question(request, self._limit)
        await asked.room()
        try:
            return asked.counted(await self.provider.acomplete(asked.request))
        except ProviderError as error:
            asked.heard(error)
            raise

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Wait for room, then ask and yield the pieces."""
        asked = _Question(request, self._limit)
        while wait := asked.wait():
            time.sleep(wait)
        try:
            with closing(stream_completion(self.provider, asked.request)) as pieces:
                for piece in pieces:
                    yield piece if isinstance(piece, str) else asked.counted(piece)
        except ProviderError as error:
            asked.heard(error)
            raise

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Wait for room, then ask and yield the pieces."""
        asked = _Question(request, self._limit)
        await asked.room()
        pieces = astream_completion(self.provider, asked.request)
        try:
            async for piece in pieces:
                yield piece if isinstance(piece, str) else asked.counted(piece)
        except ProviderError as error:
            asked.heard(error)
            raise
        finally:
            await pieces.aclose()


class _Question:
    """One request that waits for room in a limit."""

    def __init__(self, request: Request, limit: RateLimit) -> None:
        self._asked, self._limit = request, limit
        self._deadline = deadline_of(request)
        self._estimate = estimated_tokens(request)

    @property
    def request(self) -> Request:
        """The request, with the remaining time as its timeout."""
        return within_deadline(self._asked, self._deadline)

    def wait(self) -> float:
        """Reserve room; returns 0, or the seconds to wait if there is no room.

        Raises ProviderError if the wait would exceed the request's timeout.
        """
        return self._waited(self._limit.take(self._estimate))

    async def room(self) -> None:
        """Wait until there is room. The store may be a server, so it is called in a thread."""
        import asyncio

        while wait := self._waited(await asyncio.to_thread(self._limit.take, self._estimate)):
            await asyncio.sleep(wait)

    def counted(self, completion: Completion) -> Completion:
        """Count the completion's tokens and return it."""
        if completion.usage is not None:
            self._limit.count(completion.usage.total_tokens - self._estimate)
        return completion

    def heard(self, error: ProviderError) -> None:
        """Pause the limit as long as the provider asks for, after an error such as 429."""
        if error.status in (429, 503, 529) and error.retry_after:
            self._limit.pause(error.retry_after)

    def _waited(self, wait: float) -> float:
        if wait and time.monotonic() + wait >= self._deadline:
            raise ProviderError("the rate limit had no room within the time of the call", status=429)
        return min(wait, _MOST_WAIT)


def estimated_tokens(request: Request) -> int:
    """Estimate the number of tokens of a question: a quarter of its characters."""
    size = 0
    for message in request.messages:
        content = message.get("content")
        size += len(content) if isinstance(content, str) else len(str(content or ""))
    return size // 4 + 1
