"""Asks a model for each row: a limited number of concurrent calls, one rate limit; each row is journaled before the
next starts.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from railguard import (
    Budget,
    Cached,
    Guard,
    InputError,
    ProviderError,
    RateLimit,
    SQLiteStore,
    ValidationFailed,
    ValidatorError,
    model,
)
from railguard.batch.columns import Variables
from railguard.batch.row_results import Layout, Result, result_of
from railguard.batch.rows import Row, columns_of

__all__ = ["Asking", "Ended", "ask_rows"]

CALLS = 16
"""Default number of concurrent calls."""
SECONDS = 600.0
"""Seconds for one row, including the time that it waits for the rate limit."""
_ATTEMPTS = 5
_UNLIMITED = 60_000
"""Requests per minute if no limit is given. The limit exists so that all calls respect a provider's Retry-After."""
_FAILING = 10
"""The job stops after this many calls have failed one after the other, if no call succeeded."""


@dataclass(frozen=True)
class Asking:
    """How to ask for rows. It can be sent to another process, unless the model cannot.

    Attributes:
        guard: The guard that validates the answers.
        variables: Converts a row's columns to the variables of the spec's messages.
        layout: The names of the result columns; a row's own columns must not have these names.
        model: A model, as a guard accepts it.
        base_url: The URL of another server, for a model given by name.
        cache: A cache file with the answers to earlier requests.
        requests: Requests per minute; tokens: tokens per minute.
        store: Where requests are counted: in this process, or in Redis for several processes.
        calls: Largest number of concurrent calls.
        options: Arguments of calling the guard, and options for the model.
    """

    guard: Guard
    variables: Variables
    layout: Layout
    model: Any
    base_url: str | None = None
    cache: str | None = None
    requests: int | None = None
    tokens: int | None = None
    store: str = "memory://"
    calls: int = CALLS
    options: Mapping[str, Any] = field(default_factory=dict)

    def provider(self) -> Any:
        """Create the model, with its rate limit, its cache and the prices of its answers.

        Raises InputError for a model that cannot be used.
        """
        found = Budget().around(self._limited())  # a budget without limits only adds up the costs
        return found if self.cache is None else Cached(found, SQLiteStore(self.cache))

    @property
    def name(self) -> str:
        """The name of the model."""
        if isinstance(self.model, str):
            return self.model
        name: str = model(self.model).name
        return name

    def _limited(self) -> Any:
        if self.requests is not None or self.tokens is not None:
            limit = RateLimit(requests=self.requests, tokens=self.tokens, store=self.store, key=f"batch/{self.name}")
            return model(self.model, rate_limit=limit, attempts=_ATTEMPTS, base_url=self.base_url)
        if isinstance(self.model, str):
            try:
                limit = RateLimit(requests=_UNLIMITED)
                return model(self.model, rate_limit=limit, attempts=_ATTEMPTS, base_url=self.base_url)
            except InputError:
                pass  # the package limits is not installed, or the model accepts no settings
        return model(self.model, base_url=self.base_url)

    async def row(self, provider: Any, row: Row) -> Result:
        """Ask for one row. Raises InputError for arguments that the guard refuses, and SpecError for a rule that cannot
        run.
        """
        try:
            columns = columns_of(row)
        except ValueError as error:
            return Result("unread", error=str(error))
        if (taken := self.layout.taken_error(columns)) is not None:
            return Result("unread", error=taken)
        given = self.variables.of(columns)
        try:
            outcome = await self.guard.acall(provider, given, **{"timeout": SECONDS, **self.options})
            return result_of(outcome, asked=True)
        except ValidationFailed as failed:
            return result_of(failed.outcome, asked=True)
        except ValidatorError as error:
            begun = None if error.outcome is None else result_of(error.outcome, asked=True)
            return (begun or Result("broken"))._replace(status="broken", error=str(error))
        except ProviderError as error:
            begun = None if error.outcome is None else result_of(error.outcome, asked=True)
            return (begun or Result("unanswered"))._replace(status="unanswered", error=str(error))


@dataclass(frozen=True, slots=True)
class Ended:
    """A row whose call has ended. seconds: its duration."""

    row: Row
    name: str
    result: Result
    seconds: float


async def ask_rows(asking: Asking, rows: Iterator[tuple[str, Row]], keep: Callable[[list[Ended]], None]) -> None:
    """Ask for rows until none is left.

    Args:
        asking: How to ask.
        rows: The rows with their names. The next row is taken when a call becomes free.
        keep: Stores ended rows. It is called in a thread, one call at a time; a row's call becomes free when it
            returns.

    Raises:
        ProviderError: If the model's provider fails repeatedly.
        InputError: If all rows end with the same InputError.
    """
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(asking.calls + 4))  # for models that block
    provider = asking.provider()
    keeper, failing = _Keeper(keep), _Failing()

    async def one_after_another() -> None:
        for name, row in rows:
            began = time.monotonic()
            try:
                result = await asking.row(provider, row)
            except InputError as error:
                failing.refused(error)
                result = Result("unread", error=str(error))
            await keeper.keep(Ended(row, name, result, time.monotonic() - began))
            failing.look_at(result)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(asking.calls):
                group.create_task(one_after_another())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        keeper.keep_the_rest()


class _Keeper:
    """Stores ended rows: while some are being written, the next ones are collected and then written together."""

    def __init__(self, keep: Callable[[list[Ended]], None]) -> None:
        self._write = keep
        self._gathered: list[Ended] = []
        self._lock = asyncio.Lock()

    async def keep(self, ended: Ended) -> None:
        """Return as soon as a row is stored."""
        self._gathered.append(ended)
        async with self._lock:
            if self._gathered:
                gathered, self._gathered = self._gathered, []
                await _finish(asyncio.to_thread(self._write, gathered))

    def keep_the_rest(self) -> None:
        """Store the rows that were collected when the job was stopped."""
        if self._gathered:
            self._write(self._gathered)
            self._gathered = []


async def _finish(work: Awaitable[None]) -> None:
    """Await work even if this task is cancelled: an answer that has arrived must be stored."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise


class _Failing:
    """Detects that every call fails, so that the job should stop."""

    def __init__(self) -> None:
        self._number = 0
        self._refused: set[str] | None = set()
        self._refusals = 0

    def refused(self, error: InputError) -> None:
        """Raise the error if every row so far ended with it: then the job's options are wrong, not a row."""
        self._refusals += 1
        if self._refused is not None:
            self._refused.add(str(error))
            if self._refusals >= _FAILING and len(self._refused) == 1:
                raise error

    def look_at(self, result: Result) -> None:
        """Raise ProviderError after too many rows without an answer, if no row had one."""
        if result.status != "unread":
            self._refused = None
        if result.status != "unanswered":
            self._number = self._number if result.status == "unread" else 0
            return
        self._number += 1
        if self._number >= _FAILING:
            raise ProviderError(
                f"{self._number} calls in a row have failed, the last one with: {result.error}. Finished rows "
                "are in the journal; the same command continues from there"
            )
