"""What every folder's tests may ask: that nothing is left running once a thing is closed."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

PATIENCE = 5.0
"""Seconds that what is closed may take to be gone: a thread ends, and a loop finalises, a moment after it was told to."""


@pytest.fixture
def threads_end() -> Callable[[], None]:
    """Waits for the threads that the test has started to end, and fails if one does not.

    Those that ran before it are none of its affair: one that an earlier test has left may end meanwhile.
    """
    before = set(threading.enumerate())

    def wait() -> None:
        deadline = time.monotonic() + PATIENCE
        while (left := set(threading.enumerate()) - before) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not left

    return wait


@pytest.fixture
def tasks_end() -> Callable[[], Awaitable[None]]:
    """Waits for all other tasks of the running loop to end, and fails if one does not."""

    async def wait() -> None:
        deadline = time.monotonic() + PATIENCE
        while (left := asyncio.all_tasks() - {asyncio.current_task()}) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        assert not left

    return wait
