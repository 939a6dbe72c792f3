"""How sync code waits for an awaitable."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from typing import Any

import pytest

from railguard.llm.event_loop import DeadlinePassed, run_sync, within


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
            run_sync(lambda: soon(1, 10), timeout=0.05)
        assert time.monotonic() - began < 1
        with pytest.raises(TimeoutError, match="mine") as caught:
            run_sync(own, timeout=5)
        assert not isinstance(caught.value, DeadlinePassed)
        assert caught.value.__context__ is None

    async def main() -> None:
        both()

    asyncio.run(main()) if nested else both()


def test_no_time_left_means_no_time():
    with pytest.raises(DeadlinePassed):
        run_sync(lambda: soon(1, 10), timeout=-1)


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
        await asyncio.to_thread(released.wait, 5)

    began = time.monotonic()
    with pytest.raises(DeadlinePassed):
        run_sync(main, timeout=0.05)
    assert time.monotonic() - began < 1
    released.set()


def test_an_interrupt_cancels_what_was_running():
    ended = []

    async def interrupted() -> None:
        try:
            asyncio.get_running_loop().call_soon(interrupt)
            await asyncio.sleep(10)
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
            await asyncio.sleep(10)
        finally:
            ended.set()

    def interrupted(self: Any, timeout: Any = None) -> Any:
        started.wait(5)
        raise KeyboardInterrupt

    async def main() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Future, "result", interrupted)
            run_sync(long)

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert ended.wait(5)


def test_within_gives_what_is_awaited():
    assert asyncio.run(within(1, soon(1))) == 1
    assert asyncio.run(within(None, soon(2))) == 2
