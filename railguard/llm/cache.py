"""Answers that were given once are given again: a Provider with a store, in memory, in SQLite or in Redis.

An answer is found by what was asked: provider, messages, options, schema. Only whole answers are kept, never a failure, a
refusal or one that was cut off. What is stored is a digest of the question and the answer: no messages, options or keys.
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
from railguard.llm.request import Provider, Request, Wrapping, astream, stream
from railguard.llm.retry import deadline_of, within_deadline
from railguard.values import Completion, Usage

__all__ = ["Cached", "MemoryStore", "RedisStore", "SQLiteStore", "Store"]

_KEPT = ("stop", "tool_calls", "unknown")
_NOTE = "answered from the cache"


class Store(Protocol):
    """Where answers are kept. It may be used by several threads at once; a value that it lost is asked for anew."""

    def get(self, key: str) -> str | None:
        """The value of a key; None if there is none."""
        ...

    def put(self, key: str, value: str) -> None:
        """Keep a value under a key, in place of an older one."""
        ...


class MemoryStore:
    """Keeps answers in this process, the ones used last."""

    def __init__(self, most: int = 10_000) -> None:
        """Begin empty.

        Args:
            most: Answers at most.

        Raises:
            InputError: If that is less than 1.
        """
        if most < 1:
            raise InputError(f"a store keeps at least 1 answer, not {most}")
        self._most = most
        self._values: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        """The value of a key."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: str, value: str) -> None:
        """Keep a value; the one that was not used for longest goes if there are too many."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._most:
                self._values.popitem(last=False)


class SQLiteStore:
    """Keeps answers in a file, which several processes may use at once. What was written whole survives a crash."""

    def __init__(self, path: str | PathLike[str]) -> None:
        """Open the file, or make it.

        Args:
            path: The file.

        Raises:
            InputError: If it cannot be used.
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
        """The value of a key; None also where the file cannot be read."""
        try:
            with closing(self._connection()) as connection:
                row = connection.execute("SELECT value FROM answers WHERE key = ?", (key,)).fetchone()
        except self._error:
            return None
        return row[0] if row is not None else None

    def put(self, key: str, value: str) -> None:
        """Keep a value. Where the file cannot be written, it is not kept."""
        with suppress(self._error), closing(self._connection()) as connection, connection:
            connection.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", (key, value))

    def _connection(self) -> Any:
        """A connection of this call's own: one belongs to a thread, and a thread may end at any time."""
        import sqlite3

        return sqlite3.connect(self._path, timeout=10.0)


class RedisStore:
    """Keeps answers in a Redis server, for all who use it."""

    def __init__(self, url: str, *, seconds: int | None = None, prefix: str = "railguard:") -> None:
        """Prepare to ask the server; nothing is sent yet.

        Args:
            url: The server, as "redis://localhost:6379".
            seconds: How long an answer is kept; None for ever.
            prefix: What the server's keys begin with.

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
        """The value of a key; None also where the server does not answer."""
        try:
            value = self._client.get(self._prefix + key)
        except self._error:
            return None
        return value.decode() if isinstance(value, bytes) else None

    def put(self, key: str, value: str) -> None:
        """Keep a value; where the server does not answer, it is not kept."""
        with suppress(self._error):
            self._client.set(self._prefix + key, value, ex=self._seconds)


class Cached(Wrapping):
    """A Provider that asks another one only for what it was not asked before.

    Equal questions that are put at the same time are asked once: the others wait for the answer. An answer from the cache
    costs nothing (its usage is 0), and its `note` says where it is from. Options that are no JSON make a question that is
    always asked. Streamed, an answer from the cache comes in one piece.
    """

    def __init__(self, provider: Any, store: Store | None = None) -> None:
        """Prepare to ask.

        Args:
            provider: What a guard takes as a model.
            store: Where answers are kept; by default in this process.
        """
        from railguard.llm.models import model

        super().__init__(model(provider))
        self._store: Store = MemoryStore() if store is None else store
        self._flights: dict[str, threading.Event] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<Cached {self.provider!r}>"

    def complete(self, request: Request) -> Completion:
        """The answer from the cache, or the other provider's."""
        with _Flight(self, request) as flight:
            found = flight.wait()
            return found if found is not None else flight.keep(self.provider.complete(flight.request))

    async def acomplete(self, request: Request) -> Completion:
        """The answer from the cache, or the other provider's."""
        with _Flight(self, request) as flight:
            found = await flight.await_()
            return found if found is not None else flight.keep(await self.provider.acomplete(flight.request))

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """The answer from the cache, or the other provider's as it arrives."""
        with _Flight(self, request) as flight:
            found = flight.wait()
            if found is not None:
                yield from _whole(found)
                return
            with closing(stream(self.provider, flight.request)) as pieces:
                for piece in pieces:
                    yield piece if isinstance(piece, str) else flight.keep(piece)

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """The answer from the cache, or the other provider's as it arrives."""
        with _Flight(self, request) as flight:
            found = await flight.await_()
            if found is not None:
                for piece in _whole(found):
                    yield piece
                return
            pieces = astream(self.provider, flight.request)
            try:
                async for piece in pieces:
                    yield piece if isinstance(piece, str) else flight.keep(piece)
            finally:
                await pieces.aclose()


class _Flight:
    """One question: it waits for an equal one that is under way, and is what others wait for while it is."""

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
        """The request with the time that is left for it."""
        return within_deadline(self._asked, self._deadline)

    def wait(self) -> Completion | None:
        """The answer from the cache; None if this question is to be put. Raises ProviderError when the time is over."""
        while (other := self._join()) is not None:
            other.wait(self._left())
        return self._stored()

    async def await_(self) -> Completion | None:
        """`wait` on a running event loop. The store is asked in a thread, since it may be a file or a server."""
        import asyncio

        while (other := self._join()) is not None:
            self._left()
            # The other may be on this very loop, so no thread is held while it is under way.
            while not other.is_set():
                self._left()
                await asyncio.sleep(0.01)
        return await asyncio.to_thread(self._stored)

    def keep(self, completion: Completion) -> Completion:
        """The completion, which is kept if it is a whole answer."""
        if self._key is not None and completion.finish_reason in _KEPT and completion.refusal is None:
            self._cached._store.put(self._key, _written(completion))
        return completion

    def _join(self) -> threading.Event | None:
        """The equal question under way; None if there is none, and then this one is it."""
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
    """A digest of all that decides on an answer; None for options that are no JSON."""
    from hashlib import sha256

    asked = {
        "provider": provider.name,
        "messages": list(request.messages),
        "schema": request.schema,
        "strict": request.strict,
        "options": dict(request.options),
    }
    try:
        return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    except (TypeError, ValueError, RecursionError):
        return None


def _whole(completion: Completion) -> Iterator[str | Completion]:
    if completion.text:
        yield completion.text
    yield completion


_NOT_KEPT = ("usage", "note")
"""What is of one asking, and not of the answer."""


def _written(completion: Completion) -> str:
    return json.dumps(
        {one.name: getattr(completion, one.name) for one in fields(Completion) if one.name not in _NOT_KEPT}
    )


def _read(value: str) -> Completion | None:
    """The completion that was kept; None for what is none, as another program's value."""
    try:
        plain: dict[str, Any] = {
            name: tuple(one) if isinstance(one, list) else one for name, one in json.loads(value).items()
        }
        if not isinstance(plain["text"], str):
            return None
        return Completion(**plain, usage=Usage(), note=_NOTE)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
