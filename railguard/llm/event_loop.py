"""How sync code waits for an awaitable: one event loop per call, in a worker thread if this thread's loop is running.

Nothing is left behind: tasks are cancelled, async generators closed, the loop is closed. Threads that the awaitable
started and that are still busy (a slow DNS look-up) are not waited for, so that a time limit is one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

__all__ = ["DeadlinePassed", "run_sync", "within"]

T = TypeVar("T")


class DeadlinePassed(TimeoutError):
    """The time limit of `within` or `run_sync` ran out. A TimeoutError of the awaitable's own is never this."""


async def within(timeout: float | None, awaitable: Awaitable[T]) -> T:
    """Await something for at most `timeout` seconds (None: for ever), then cancel it and raise DeadlinePassed."""
    import asyncio

    if timeout is None:
        return await awaitable
    limit = asyncio.timeout(max(timeout, 0.0))
    try:
        async with limit:
            return await awaitable
    except TimeoutError:
        if not limit.expired():
            raise
    raise DeadlinePassed(f"not done after {timeout:g} s")


def run_sync(factory: Callable[[], Awaitable[T]], *, timeout: float | None = None) -> T:
    """Call `factory` on a running event loop of its own, await what it returns, and return that.

    timeout: seconds, None for no limit. Raises DeadlinePassed when they are over, and whatever the awaitable raises.
    Context variables are those of the caller. If this thread already runs a loop (a notebook, a sync call inside a
    coroutine), the new loop runs in a worker thread while this one waits. A coroutine that never awaits cannot be
    interrupted.
    """
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        run: Callable[..., T] = _on_new_loop
    else:
        run = _in_thread
    return run(factory, timeout)  # out here: what it raises has nothing to do with the RuntimeError


def _on_new_loop(
    factory: Callable[[], Awaitable[T]],
    timeout: float | None,
    started: Callable[[Any, Any], object] = lambda loop, task: None,
) -> T:
    import asyncio

    async def main() -> T:
        started(loop, asyncio.current_task())
        # The factory is called in here: an SDK may look for the running loop before it returns its awaitable.
        return await within(timeout, factory())

    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(main())
    finally:
        try:
            # After KeyboardInterrupt main() itself is among them.
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            if left:
                loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()


def _in_thread(factory: Callable[[], Awaitable[T]], timeout: float | None) -> T:
    import contextvars
    import threading
    from concurrent.futures import Future

    result: Future[T] = Future()
    running: list[tuple[Any, Any]] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            value = context.run(_on_new_loop, factory, timeout, lambda loop, task: running.append((loop, task)))
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
