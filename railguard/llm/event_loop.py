"""How sync code waits for awaitables: one event loop per guarded call, in a worker thread if this thread's loop is running.

Nothing is left behind: tasks are cancelled, async generators closed, the loop is closed. Threads that an awaitable
started and that are still busy (a slow DNS look-up) are not waited for, so that a time limit is one.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextvars import copy_context
from typing import Any, TypeVar

__all__ = ["ENDING", "CallLoop", "DeadlinePassed", "iterate", "run_sync", "within"]

T = TypeVar("T")

ENDING = 0.5
"""Seconds that something has to end in after it was cancelled. One that catches its cancellation is then left behind."""


class DeadlinePassed(TimeoutError):
    """The time limit of `within` or `run_sync` ran out. A TimeoutError of the awaitable's own is never this."""


async def within(timeout: float | None, awaitable: Awaitable[T]) -> T:
    """Await something for at most `timeout` seconds (None: for ever), then cancel it and raise DeadlinePassed.

    Also if it catches its cancellation, and returns something too late.
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
    """The event loop of one guarded call in sync code, opened when something is first awaited.

    `with CallLoop():` whatever runs in here and waits with `run_sync` or `iterate` shares it, so that an async client
    finds the connections of an earlier round on the loop they belong to; at the end it is closed. Where a `with` cannot
    stand (across the yields of a generator), `sharing` does the same for one step, and `close` ends it.

    It is shared in the thread that enters it alone, and may be run from any thread, one at a time.
    """

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
        self.close()

    def sharing(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function that shares this loop."""
        outer, _thread.shares = _thread.shares, self
        try:
            return function(*arguments)
        finally:
            _thread.shares = outer

    @property
    def free(self) -> bool:
        """Whether it can be run now: nobody runs it, and it is not closed."""
        return not self._closed and not self._busy.locked()

    def run(self, factory: Callable[[], Awaitable[T]], timeout: float | None = None) -> T:
        """Call `factory` on the running loop, await what it returns for at most `timeout` seconds, and return that."""
        with self._busy:
            value: T = _where_no_loop_runs(self._run, factory, timeout)
            return value

    def close(self) -> None:
        """End what is left on it, and close it. Does nothing the second time."""
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
            # The factory is called in here: an SDK may look for the running loop before it returns its awaitable.
            return await within(timeout, factory())

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
    # Not a context variable: those are copied into threads that may outlive the call.
    shares: CallLoop | None = None


_thread = _Thread()


def run_sync(factory: Callable[[], Awaitable[T]], *, timeout: float | None = None) -> T:
    """Call `factory` on a running event loop, await what it returns, and return that.

    The loop is the one of the guarded call, if there is one and it is not running; else one of its own. timeout:
    seconds, None for no limit. Raises DeadlinePassed when they are over, and whatever the awaitable raises. Context
    variables are those of the caller. If this thread already runs a loop (a notebook, a sync call inside a coroutine),
    ours runs in a worker thread while this one waits. A coroutine that never awaits cannot be interrupted.
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
    """Go through an async iterator in sync code; `factory` is called on the running loop, which is that of `run_sync`.

    One task advances it from beginning to end, as time limits and task groups inside it need, and only when an item is
    asked for: nothing is read ahead. Closing this iterator, or its end, closes that one.
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
                relay.cancel()  # this was forgotten, and is collected while the loop runs
        finally:
            if loop is not shared:
                loop.close()


_END: Any = object()


class _Relay:
    """Hands on the items of an async iterator, one for each pull, from the one task that advances it."""

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
        if not self._answer.done():  # it is after Ctrl-C
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

    `started(loop, task)` is for the function to tell what is to be cancelled if this thread is interrupted meanwhile.
    """
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        run: Callable[..., T] = _here
    else:
        run = _in_thread
    return run(function, *arguments)  # out here: what it raises has nothing to do with the RuntimeError


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
        # Ctrl-C here, not an error there: the work must not go on behind the caller's back.
        if not result.done():
            for loop, task in running:
                loop.call_soon_threadsafe(task.cancel)
        raise
    finally:
        thread.join(timeout=1.0)
