"""Keeps to a provider's rate limit before the provider has to say so, together with all others who share the limit.

The counting is done by the library `limits`, in memory or in Redis. What a provider asks for by Retry-After is heard by all
who share the limit, because it is kept where the counts are.
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from typing import Any

from railguard.errors import InputError, ProviderError
from railguard.llm.request import Provider, Request, Wrapping, astream, stream
from railguard.llm.retry import MAX_RETRY_AFTER, deadline_of, within_deadline
from railguard.values import Completion

__all__ = ["RateLimit", "RateLimited"]

_PAUSE = "railguard-pause"
_MOST_WAIT = 1.0
"""Seconds of one wait at most: then it is looked again, because others come and go."""


class RateLimit:
    """So many requests and tokens a minute. Threads, tasks and, with Redis, processes share it."""

    def __init__(
        self, *, requests: int | None = None, tokens: int | None = None, store: str = "memory://", key: str = "model"
    ) -> None:
        """Prepare to count.

        Args:
            requests: Requests a minute.
            tokens: Tokens a minute, of questions and answers together. A question is estimated before it is asked, and
                the rest is counted when its usage is known.
            store: "memory://" for this process, or the URL of a Redis server, as "redis://localhost:6379".
            key: What shares the limit: in one store, all who use the same key do.

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
        # Each request is remembered, so that their number is exact; of tokens a weighted count of two minutes is.
        self._exact = MovingWindowRateLimiter(self._storage)
        self._counting = SlidingWindowCounterRateLimiter(self._storage)
        self._requests = None if requests is None else RateLimitItemPerMinute(requests)
        self._tokens = None if tokens is None else RateLimitItemPerMinute(tokens)
        self._key = key

    def take(self, tokens: int) -> float:
        """Take room for one request. Returns 0, or the seconds after which to try again where there is no room.

        Args:
            tokens: What the request is estimated to need; one that needs more than a minute's has all of it.
        """
        wait: float = self._stored(self._take, tokens)
        return wait

    def count(self, tokens: int) -> None:
        """Count tokens that were needed beyond the estimate."""
        limit = self._tokens
        if limit is not None and tokens > 0:
            self._stored(self._counting.hit, limit, self._key, "tokens", cost=min(tokens, limit.amount))

    def pause(self, seconds: float) -> None:
        """Let nobody who shares the limit ask for so many seconds."""
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
    """A Provider that asks another one once its rate limit has room for it.

    Raises:
        ProviderError: As the other one does, and where no room comes within the time of the request.
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
        """Wait for room, then ask, and hand on the pieces."""
        asked = _Question(request, self._limit)
        while wait := asked.wait():
            time.sleep(wait)
        try:
            with closing(stream(self.provider, asked.request)) as pieces:
                for piece in pieces:
                    yield piece if isinstance(piece, str) else asked.counted(piece)
        except ProviderError as error:
            asked.heard(error)
            raise

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Wait for room, then ask, and hand on the pieces."""
        asked = _Question(request, self._limit)
        await asked.room()
        pieces = astream(self.provider, asked.request)
        try:
            async for piece in pieces:
                yield piece if isinstance(piece, str) else asked.counted(piece)
        except ProviderError as error:
            asked.heard(error)
            raise
        finally:
            await pieces.aclose()


class _Question:
    """One request on its way through a limit."""

    def __init__(self, request: Request, limit: RateLimit) -> None:
        self._asked, self._limit = request, limit
        self._deadline = deadline_of(request)
        self._estimate = estimated_tokens(request)

    @property
    def request(self) -> Request:
        """The request with the time that is left for it."""
        return within_deadline(self._asked, self._deadline)

    def wait(self) -> float:
        """Take room; the seconds to wait where there is none, 0 where it was taken.

        Raises ProviderError if the wait would outlast the request's time.
        """
        return self._waited(self._limit.take(self._estimate))

    async def room(self) -> None:
        """Wait until there is room. The store may be a server, so it is asked in a thread."""
        import asyncio

        while wait := self._waited(await asyncio.to_thread(self._limit.take, self._estimate)):
            await asyncio.sleep(wait)

    def counted(self, completion: Completion) -> Completion:
        """The completion, its tokens counted."""
        if completion.usage is not None:
            self._limit.count(completion.usage.total_tokens - self._estimate)
        return completion

    def heard(self, error: ProviderError) -> None:
        """Pass on what a provider asks for when it is asked too often."""
        if error.status in (429, 503, 529) and error.retry_after:
            self._limit.pause(error.retry_after)

    def _waited(self, wait: float) -> float:
        if wait and time.monotonic() + wait >= self._deadline:
            raise ProviderError("the rate limit had no room within the time of the call", retryable=False)
        return min(wait, _MOST_WAIT)


def estimated_tokens(request: Request) -> int:
    """About how many tokens a question has: a quarter of its characters."""
    size = 0
    for message in request.messages:
        content = message.get("content")
        size += len(content) if isinstance(content, str) else len(str(content or ""))
    return size // 4 + 1
