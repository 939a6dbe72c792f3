"""Runs awaitables from sync code: one event loop per guarded call, in a worker thread if this thread's loop is running.

Everything is cleaned up: tasks are cancelled, async generators and the loop are closed. A thread that an awaitable
started and that is still busy (such as a slow DNS look-up) is not waited for, so that a time limit is kept.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextvars import copy_context
from typing import Any, TypeVar

__all__ = ["ENDING", "CallLoop", "DeadlinePassed", "iterate", "run_sync", "wait_within"]

T = TypeVar("T")

ENDING = 0.5
"""Seconds that a cancelled task has to end. A task that catches its cancellation is abandoned after that."""


class DeadlinePassed(TimeoutError):
    """The time limit of `wait_within` or `run_sync` has passed. A TimeoutError that the awaitable raises is never converted
    to this.
    """


async def wait_within(timeout: float | None, awaitable: Awaitable[T]) -> T:
    """Await something for at most `timeout` seconds (None for no limit), then cancel it and raise DeadlinePassed.

    This also happens if the awaitable catches its cancellation and returns too late.
    """
    import asyncio

    if timeout is None:
        return await awaitable
    limit = asyncio.timeout(max(timeout, 0.0))
    try:
        async with limit:
            value = await awaitable
    except TimeoutError:
        if not limit.expired():
            raise
    else:
        if not limit.expired():
            return value
    raise DeadlinePassed(f"not done after {timeout:g} s")


class CallLoop:
    """The event loop of one guarded call in sync code, opened at the first await.

    Inside `with CallLoop():` every `run_sync` and `iterate` shares it, so that an async client finds the connections of
    an earlier round on the loop that they belong to; the loop is closed at the end. If a `with` is impossible (across
    the yields of a generator), `sharing` does the same for one step, and `close` closes the loop.

    Only the thread that enters it shares it. Any thread may run it, one at a time.
    """

    __slots__ = ("_busy", "_closed", "_loop", "_outer")

    def __init__(self) -> None:
        self._loop: Any = None
        self._busy = threading.Lock()
        self._closed = False
        self._outer: CallLoop | None = None

    def __enter__(self) -> CallLoop:
        self._outer, _thread.shares = _thread.shares, self
        return self

    def __exit__(self, *error: object) -> None:
        _thread.shares = self._outer
        if self._loop is None and not self._busy.locked():
            self._closed = True  # nothing was awaited
        else:
            self.close()

    def sharing(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function with this loop as the shared one."""
        outer, _thread.shares = _thread.shares, self
        try:
            return function(*arguments)
        finally:
            _thread.shares = outer

    @property
    def free(self) -> bool:
        """Whether the loop can run now: it is neither running nor closed."""
        return not self._closed and not self._busy.locked()

    def run(self, factory: Callable[[], Awaitable[T]], timeout: float | None = None) -> T:
        """Call `factory` on the running loop, await what it returns for at most `timeout` seconds, and return that."""
        with self._busy:
            value: T = _where_no_loop_runs(self._run, factory, timeout)
            return value

    def close(self) -> None:
        """Cancel the remaining tasks and close the loop. A second call does nothing."""
        with self._busy:
            self._closed = True
            if self._loop is not None:
                _where_no_loop_runs(self._close)

    def _run(
        self,
        started: Callable[[Any, Any], object],
        factory: Callable[[], Awaitable[T]],
        timeout: float | None,
    ) -> T:
        import asyncio

        async def main() -> T:
            # The factory is called inside the loop: an SDK may look for the running loop before it returns its
            # awaitable.
            return await wait_within(timeout, factory())

        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        loop = self._loop
        task = loop.create_task(main())
        started(loop, task)
        try:
            return loop.run_until_complete(task)  # type: ignore[no-any-return]  # the loop is not typed, to import late
        finally:
            if not task.done():  # Ctrl-C
                task.cancel()
                loop.run_until_complete(asyncio.wait({task}, timeout=ENDING))

    def _close(self, started: Callable[[Any, Any], object]) -> None:
        import asyncio

        loop, self._loop = self._loop, None
        try:
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.wait(left, timeout=ENDING))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()


class _Thread(threading.local):
    # Not a context variable: context variables are copied into threads that may outlive the call.
    shares: CallLoop | None = None


_thread = _Thread()


def run_sync(factory: Callable[[], Awaitable[T]], *, timeout: float | None = None) -> T:
    """Call `factory` on a running event loop, await what it returns, and return the result.

    The loop is that of the guarded call if there is one and it is not running; otherwise a new one. timeout: seconds,
    None for no limit. Raises DeadlinePassed on timeout, and the awaitable's own exceptions. Context variables are the
    caller's. If this thread already runs a loop (a notebook, a sync call inside a coroutine), the loop runs in a worker
    thread while this thread waits. A coroutine that never awaits cannot be interrupted.
    """
    shared = _thread.shares
    if shared is not None and shared.free:
        return shared.run(factory, timeout)
    own = CallLoop()
    try:
        return own.run(factory, timeout)
    finally:
        own.close()


def iterate(factory: Callable[[], AsyncIterator[T]]) -> Generator[T, None, None]:
    """Iterate over an async iterator in sync code; `factory` is called on the running loop, the same as that of
    `run_sync`.

    One task advances it from beginning to end, because time limits and task groups inside it require that, and only
    when an item is requested: nothing is read ahead. When this iterator ends or is closed, the async one is closed.
    """
    shared = _thread.shares
    loop = shared if shared is not None and shared.free else CallLoop()
    relay = _Relay(factory)
    try:
        while (item := loop.run(relay.pull)) is not _END:
            yield item
    finally:
        try:
            if loop.free:
                loop.run(relay.close)
            else:
                relay.cancel()  # this iterator was dropped, and is garbage-collected while the loop runs
        finally:
            if loop is not shared:
                loop.close()


_END: Any = object()


class _Relay:
    """Passes on the items of an async iterator, one for each request, from the one task that advances it."""

    def __init__(self, factory: Callable[[], AsyncIterator[Any]]) -> None:
        self._factory = factory
        self._loop: Any = None
        self._task: Any = None
        self._wanted: Any = None
        self._answer: Any = None

    async def pull(self) -> Any:
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._answer = self._loop.create_future()
        if self._task is None:
            self._wanted = asyncio.Event()
            self._task = self._loop.create_task(self._advance())
        self._wanted.set()
        return await self._answer

    async def _advance(self) -> None:
        try:
            items = self._factory()
            try:
                async for item in items:
                    self._wanted.clear()
                    self._deliver(item)
                    await self._wanted.wait()
            finally:
                close = getattr(items, "aclose", None)
                if close is not None:
                    await close()
        except Exception as error:
            if not self._answer.done():
                self._answer.set_exception(error)
        else:
            self._deliver(_END)

    def _deliver(self, item: Any) -> None:
        if not self._answer.done():  # raised after Ctrl-C
            self._answer.set_result(item)

    async def close(self) -> None:
        import asyncio

        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def cancel(self) -> None:
        if self._task is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._task.cancel)


def _where_no_loop_runs(function: Callable[..., T], *arguments: Any) -> T:
    """Call `function(started, *arguments)` here, or in a worker thread if a loop runs in this one.

    The function calls `started(loop, task)` to name the task that must be cancelled if this thread is interrupted.
    """
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        run: Callable[..., T] = _here
    else:
        run = _in_thread
    return run(function, *arguments)  # outside the except: its errors are not the RuntimeError's


def _here(function: Callable[..., T], *arguments: Any) -> T:
    return function(lambda loop, task: None, *arguments)


def _in_thread(function: Callable[..., T], *arguments: Any) -> T:
    from concurrent.futures import Future

    result: Future[T] = Future()
    running: list[tuple[Any, Any]] = []
    context = copy_context()

    def work() -> None:
        try:
            value = context.run(function, lambda loop, task: running.append((loop, task)), *arguments)
        except BaseException as error:
            result.set_exception(error)
        else:
            result.set_result(value)

    thread = threading.Thread(target=work, name="railguard-event-loop", daemon=True)
    thread.start()
    try:
        return result.result()
    except BaseException:
        # Ctrl-C here, not an error there: the work must not continue unnoticed.
        if not result.done():
            for loop, task in running:
                loop.call_soon_threadsafe(task.cancel)
        raise
    finally:
        thread.join(timeout=1.0)
