"""How sync code waits for an awaitable."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from railguard.llm.event_loop import CallLoop, DeadlinePassed, iterate, run_sync, wait_within


async def soon(value: Any, seconds: float = 0.0) -> Any:
    await asyncio.sleep(seconds)
    return value


def test_an_awaitable_is_awaited_and_its_value_returned():
    assert run_sync(lambda: soon(3)) == 3


def test_the_factory_is_called_on_the_running_loop():
    def factory() -> Any:
        return asyncio.get_running_loop().create_task(soon("on the loop"))

    assert run_sync(factory) == "on the loop"


def test_it_works_where_a_loop_is_running_already_in_another_thread():
    async def main() -> tuple[str, str]:
        async def where() -> str:
            return threading.current_thread().name

        return run_sync(where), threading.current_thread().name

    inner, outer = asyncio.run(main())
    assert inner != outer


@pytest.mark.parametrize("nested", [False, True])
def test_context_variables_are_the_callers(nested):
    variable = contextvars.ContextVar("variable", default="unset")

    async def read() -> str:
        return variable.get()

    async def main() -> str:
        return run_sync(read)

    variable.set("set")
    assert (asyncio.run(main()) if nested else run_sync(read)) == "set"


@pytest.mark.parametrize("nested", [False, True])
def test_the_time_limit_is_kept_and_told_apart_from_a_timeout_of_ones_own(nested):
    async def own() -> None:
        raise TimeoutError("mine")

    def both() -> None:
        began = time.monotonic()
        with pytest.raises(DeadlinePassed, match=r"0\.05 s"):
            run_sync(lambda: soon(1, 60), timeout=0.05)
        assert time.monotonic() - began < 10
        with pytest.raises(TimeoutError, match="mine") as caught:
            run_sync(own, timeout=60)
        assert not isinstance(caught.value, DeadlinePassed)
        assert caught.value.__context__ is None

    async def main() -> None:
        both()

    asyncio.run(main()) if nested else both()


def test_no_time_left_means_no_time():
    with pytest.raises(DeadlinePassed):
        run_sync(lambda: soon(1, 60), timeout=-1)


def test_tasks_and_generators_left_over_are_ended():
    ended = []

    async def forever() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            ended.append("task")

    async def generate() -> Any:
        try:
            while True:
                yield 1
        finally:
            ended.append("generator")

    async def main() -> int:
        main.task = asyncio.create_task(forever())  # type: ignore[attr-defined]
        main.numbers = generate()  # type: ignore[attr-defined]
        await anext(main.numbers)  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        return 1

    assert run_sync(main) == 1
    assert sorted(ended) == ["generator", "task"]


def test_a_busy_thread_of_the_loop_is_not_waited_for():
    released = threading.Event()

    async def main() -> None:
        await asyncio.to_thread(released.wait, 60)

    began = time.monotonic()
    with pytest.raises(DeadlinePassed):
        run_sync(main, timeout=0.05)
    assert time.monotonic() - began < 10
    released.set()


def test_an_interrupt_cancels_what_was_running():
    ended = []

    async def interrupted() -> None:
        try:
            asyncio.get_running_loop().call_soon(interrupt)
            await asyncio.sleep(100)
        finally:
            ended.append(True)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_sync(interrupted)
    assert ended == [True]


def test_an_interrupt_of_the_waiting_thread_cancels_the_worker(monkeypatch):
    from concurrent.futures import Future

    ended, started = threading.Event(), threading.Event()

    async def long() -> None:
        started.set()
        try:
            await asyncio.sleep(100)
        finally:
            ended.set()

    def interrupted(self: Any, timeout: Any = None) -> Any:
        started.wait(60)
        raise KeyboardInterrupt

    async def main() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Future, "result", interrupted)
            run_sync(long)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert ended.wait(60)


def test_within_gives_what_is_awaited():
    assert asyncio.run(wait_within(1, soon(1))) == 1
    assert asyncio.run(wait_within(None, soon(2))) == 2


async def which() -> Any:
    return asyncio.get_running_loop()


def test_what_runs_in_one_call_shares_a_loop_and_it_is_closed_at_the_end():
    with CallLoop():
        first, second = run_sync(which), run_sync(which)
        assert first is second
        assert not first.is_closed()
        with CallLoop():
            inner = run_sync(which)
        assert run_sync(which) is first is not inner
        assert inner.is_closed()
    assert first.is_closed()
    assert run_sync(which) is not first


def test_a_loop_is_shared_inside_a_coroutine_too():
    async def main() -> None:
        with CallLoop():
            first = run_sync(which)
            assert run_sync(which) is first is not asyncio.get_running_loop()
        assert first.is_closed()

    asyncio.run(main())


def test_a_loop_that_is_running_is_not_run_again():
    async def outer() -> tuple[Any, Any]:
        return asyncio.get_running_loop(), run_sync(which)

    with CallLoop():
        loop, inner = run_sync(outer)
    assert loop is not inner


def test_a_thread_that_a_call_starts_does_not_share_its_loop():
    with CallLoop():
        seen = [run_sync(which)]
        thread = threading.Thread(target=contextvars.copy_context().run, args=(lambda: seen.append(run_sync(which)),))
        thread.start()
        thread.join()
    assert seen[0] is not seen[1]


def test_an_error_leaves_the_shared_loop_as_it_was():
    async def broken() -> None:
        raise ValueError("no")

    with CallLoop():
        first = run_sync(which)
        with pytest.raises(ValueError, match="no"):
            run_sync(broken)
        with pytest.raises(DeadlinePassed):
            run_sync(lambda: soon(1, 60), timeout=0.01)
        assert run_sync(which) is first


class Numbers:
    """An async iterator that says what happens to it."""

    def __init__(self, many: int, error: Exception | None = None) -> None:
        self.given, self.closed, self.tasks = 0, 0, set()
        self.many, self.error = many, error

    async def __call__(self) -> AsyncIterator[int]:
        try:
            while self.given < self.many:
                self.tasks.add(asyncio.current_task())
                await asyncio.sleep(0)
                self.given += 1
                yield self.given
            if self.error is not None:
                raise self.error
        finally:
            await asyncio.sleep(0)
            self.closed += 1


def listed(numbers: Numbers) -> list[int]:
    return list(iterate(numbers))


def in_a_coroutine(numbers: Numbers) -> list[int]:
    async def main() -> list[int]:
        return list(iterate(numbers))

    return asyncio.run(main())


@pytest.mark.parametrize("through", [listed, in_a_coroutine])
def test_an_async_iterator_is_gone_through_by_one_task_and_closed(through):
    numbers = Numbers(3)
    assert through(numbers) == [1, 2, 3]
    assert (numbers.closed, len(numbers.tasks)) == (1, 1)


@pytest.mark.parametrize("through", [listed, in_a_coroutine])
def test_its_error_comes_after_its_items(through):
    seen = []

    def noting(numbers: Numbers) -> None:
        seen.extend(iterate(numbers)) if through is listed else through(numbers)

    with pytest.raises(ValueError, match="no") as caught:
        noting(Numbers(2, ValueError("no")))
    assert caught.value.__context__ is None
    assert seen in ([1, 2], [])


def test_nothing_is_read_ahead_and_closing_early_closes_it_and_leaves_no_thread(threads_end):
    numbers = Numbers(100)
    items = iterate(numbers)
    assert numbers.given == 0
    assert [next(items), next(items), numbers.given] == [1, 2, 2]
    items.close()  # type: ignore[attr-defined]
    assert (numbers.given, numbers.closed) == (2, 1)
    threads_end()


def test_a_time_limit_may_stand_around_the_yields_of_an_async_generator():
    async def limited() -> AsyncIterator[int]:
        async with asyncio.timeout(0.05):
            yield 1
            await asyncio.sleep(100)

    items = iterate(limited)
    assert next(items) == 1
    with pytest.raises(TimeoutError):
        next(items)


def test_an_iterator_shares_the_loop_of_its_call():
    with CallLoop():
        loop = run_sync(which)
        numbers = Numbers(3)
        items = iterate(numbers)
        next(items)
        assert next(iter(numbers.tasks)).get_loop() is loop
        items.close()  # type: ignore[attr-defined]
        assert numbers.closed == 1
        assert run_sync(which) is loop


def test_an_iterator_that_is_forgotten_is_closed():
    numbers = Numbers(3)
    next(iterate(numbers))
    gc.collect()
    assert numbers.closed == 1


def test_an_iterator_without_aclose_is_gone_through_too():
    class Bare:
        def __init__(self) -> None:
            self.left = [1, 2]

        def __aiter__(self) -> Any:
            return self

        async def __anext__(self) -> int:
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop(0)

    assert list(iterate(Bare)) == [1, 2]
