"""A cache of answers: a Provider with a store in memory, in SQLite or in Redis.

The cache key of an answer is a digest of its question: provider, its server, messages, options and schema. Only
complete answers are kept, never a failure, a refusal or a truncated answer. The store holds the digest and the answer,
and no messages, options or API keys.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from dataclasses import fields
from os import PathLike
from typing import Any, Protocol

from railguard.errors import InputError, ProviderError
from railguard.llm.models import model as provider_of
from railguard.llm.request import Provider, Request, Wrapping, astream_completion, stream_completion
from railguard.llm.retry import deadline_of, within_deadline
from railguard.values import Completion, Usage

__all__ = ["Cached", "MemoryStore", "RedisStore", "SQLiteStore", "Store"]

_KEPT = ("stop", "tool_calls", "unknown")
_NOTE = "answered from the cache"


class Store(Protocol):
    """A store of answers. Several threads may use it at once; a question whose answer was lost is asked again."""

    def get(self, key: str) -> str | None:
        """Return the value of a key.

        Args:
            key: The key that the value was stored under.

        Returns:
            The value, or None if there is none.
        """
        ...

    def put(self, key: str, value: str) -> None:
        """Store a value; it replaces an older value of the same key.

        Args:
            key: The key.
            value: The text to store.
        """
        ...


class MemoryStore:
    """Keeps the most recently used answers in this process."""

    def __init__(self, most: int = 10_000) -> None:
        """Create an empty store.

        Args:
            most: The largest number of answers.

        Raises:
            InputError: If `most` is less than 1.
        """
        if most < 1:
            raise InputError(f"a store keeps at least 1 answer, not {most}")
        self._most = most
        self._values: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        """Return the value of a key, or None."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: str, value: str) -> None:
        """Store a value; if there are too many, the least recently used one is removed."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)


class SQLiteStore:
    """Keeps answers in a file that several processes may use at once. A completed write survives a crash."""

    def __init__(self, path: str | PathLike[str]) -> None:
        """Open the file, or create it.

        Args:
            path: Path of the SQLite file.

        Raises:
            InputError: If the file cannot be used.
        """
        import sqlite3

        self._path = str(path)
        self._error = sqlite3.Error
        try:
            with closing(self._connection()) as connection, connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
        except sqlite3.Error as error:
            raise InputError(f"the cache {self._path} cannot be used: {error}") from error

    def get(self, key: str) -> str | None:
        """Return the value of a key, or None; also None if the file cannot be read."""
        try:
            with closing(self._connection()) as connection:
                row = connection.execute("SELECT value FROM answers WHERE key = ?", (key,)).fetchone()
        except self._error:
            return None
        return row[0] if row is not None else None

    def put(self, key: str, value: str) -> None:
        """Store a value. If the file cannot be written, nothing is stored."""
        with suppress(self._error), closing(self._connection()) as connection, connection:
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, value))

    def _connection(self) -> Any:
        """Open a new connection for this call: a connection belongs to one thread, and a thread may end at any time."""
        import sqlite3

        return sqlite3.connect(self._path, timeout=10.0)


class RedisStore:
    """Keeps answers in a Redis server, shared by all its clients."""

    def __init__(self, url: str, *, seconds: int | None = None, prefix: str = "railguard:") -> None:
        """Configure the client; nothing is sent yet.

        Args:
            url: The URL of the server, such as "redis://localhost:6379".
            seconds: How long an answer is kept; None for no limit.
            prefix: The prefix of the keys on the server.

        Raises:
            InputError: If the package redis is not installed, or the URL cannot be read.
        """
        try:
            import redis
        except ImportError:
            raise InputError("a cache in Redis needs the package redis: pip install 'railguard[redis]'") from None
        try:
            self._client: Any = redis.Redis.from_url(url, socket_timeout=5.0, socket_connect_timeout=5.0)
        except ValueError as error:
            raise InputError(f"the URL of the cache cannot be read: {error}") from None
        self._error = redis.RedisError
        self._seconds, self._prefix = seconds, prefix

    def get(self, key: str) -> str | None:
        """Return the value of a key, or None; also None if the server does not answer."""
        try:
            value = self._client.get(self._prefix + key)
        except self._error:
            return None
        return value.decode() if isinstance(value, bytes) else None

    def put(self, key: str, value: str) -> None:
        """Store a value; if the server does not answer, nothing is stored."""
        with suppress(self._error):
            self._client.set(self._prefix + key, value, ex=self._seconds)


class Cached(Wrapping):
    """A Provider that answers repeated questions from a store and passes new ones to another provider.

    If equal questions are put at the same time, one is sent and the others wait for its answer. An answer from the
    cache costs nothing (its usage is 0), and its `note` says that it is from the cache. A question whose options cannot
    be written as JSON is never cached. In a stream, an answer from the cache arrives as one piece.
    """

    def __init__(self, provider: Any, store: Store | None = None) -> None:
        """Wrap a provider.

        Args:
            provider: A model, as a guard accepts it.
            store: The store of answers; by default in this process.
        """
        super().__init__(provider_of(provider))
        self._store: Store = MemoryStore() if store is None else store
        self._flights: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Cached {self.provider!r}>"

    def complete(self, request: Request) -> Completion:
        """Return the answer from the cache, or ask the wrapped provider."""
        with _Flight(self, request) as flight:
            found = flight.wait()
            return found if found is not None else flight.keep(self.provider.complete(flight.request))

    async def acomplete(self, request: Request) -> Completion:
        """Return the answer from the cache, or ask the wrapped provider."""
        with _Flight(self, request) as flight:
            found = await flight.await_()
            return found if found is not None else flight.keep(await self.provider.acomplete(flight.request))

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Yield the answer from the cache, or the wrapped provider's as it arrives."""
        with _Flight(self, request) as flight:
            found = flight.wait()
            if found is not None:
                yield from _whole(found)
                return
            with closing(stream_completion(self.provider, flight.request)) as pieces:
                for piece in pieces:
                    yield piece if isinstance(piece, str) else flight.keep(piece)

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield the answer from the cache, or the wrapped provider's as it arrives."""
        with _Flight(self, request) as flight:
            found = await flight.await_()
            if found is not None:
                for piece in _whole(found):
                    yield piece
                return
            pieces = astream_completion(self.provider, flight.request)
            try:
                async for piece in pieces:
                    yield piece if isinstance(piece, str) else flight.keep(piece)
            finally:
                await pieces.aclose()


class _Flight:
    """One question that is being answered: it waits for an equal one that started before it, and later equal ones wait
    for it.
    """

    def __init__(self, cached: Cached, request: Request) -> None:
        self._cached, self._asked = cached, request
        self._deadline = deadline_of(request)
        self._key = key_of(cached.provider, request)
        self._own: threading.Event | None = None

    def __enter__(self) -> _Flight:
        return self

    def __exit__(self, *_: Any) -> None:
        if self._own is not None and self._key is not None:
            with self._cached._lock:
                del self._cached._flights[self._key]
            self._own.set()

    @property
    def request(self) -> Request:
        """The request, with the remaining time as its timeout."""
        return within_deadline(self._asked, self._deadline)

    def wait(self) -> Completion | None:
        """Return the answer from the cache, or None if this question must be sent. Raises ProviderError on timeout."""
        while (other := self._join()) is not None:
            other.wait(self._left())
        return self._stored()

    async def await_(self) -> Completion | None:
        """`wait` for an event loop. The store is read in a thread, since it may be a file or a server."""
        import asyncio

        while (other := self._join()) is not None:
            self._left()
            # The other question may run on this event loop, so no thread is blocked while it runs.
            while not other.is_set():
                self._left()
                await asyncio.sleep(0.01)
        return await asyncio.to_thread(self._stored)

    def keep(self, completion: Completion) -> Completion:
        """Store the completion if it is a complete answer, and return it."""
        if self._key is not None and completion.finish_reason in _KEPT and completion.refusal is None:
            self._cached._store.put(self._key, _written(completion))
        return completion

    def _join(self) -> threading.Event | None:
        """Return the event of an equal question that is running; if there is none, register this one and return None."""
        if self._key is None or self._own is not None:
            return None
        with self._cached._lock:
            other = self._cached._flights.get(self._key)
            if other is None:
                self._own = self._cached._flights[self._key] = threading.Event()
            return other

    def _stored(self) -> Completion | None:
        value = None if self._key is None else self._cached._store.get(self._key)
        return None if value is None else _read(value)

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise ProviderError("an equal question was still under way when the time of the call was over")
        return left


def key_of(provider: Provider, request: Request) -> str | None:
    """Return a digest of everything that determines an answer, or None if the options are not JSON."""
    from hashlib import sha256

    asked: dict[str, Any] = {
        "provider": provider.name,
        "messages": list(request.messages),
        "schema": request.schema,
        "strict": request.strict,
        "options": dict(request.options),
    }
    if request.round and getattr(provider, "reasks_whole", False):
        asked["round"] = request.round  # it has the messages of the first question, but another model answers
    try:
        identity = getattr(provider, "identity", None)
        if identity is not None:
            asked["identity"] = identity
        return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    except (TypeError, ValueError, RecursionError):
        return None


def _whole(completion: Completion) -> Iterator[str | Completion]:
    if completion.text:
        yield completion.text
    yield completion


_NOT_KEPT = ("usage", "note")
"""Fields of one request that are not part of the stored answer."""


def _written(completion: Completion) -> str:
    return json.dumps(
        {one.name: getattr(completion, one.name) for one in fields(Completion) if one.name not in _NOT_KEPT}
    )


def _read(value: str) -> Completion | None:
    """Parse a stored completion; None if it is not one (another program may have written it)."""
    try:
        plain: dict[str, Any] = {
            name: tuple(one) if isinstance(one, list) else one for name, one in json.loads(value).items()
        }
        if not isinstance(plain["text"], str):
            return None
        return Completion(**plain, usage=Usage(), note=_NOTE)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
