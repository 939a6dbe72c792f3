"""What every folder's tests share: how many examples a law is tried with, and that nothing is left running.

RAILGUARD_FUZZ=n (`make fuzz`) tries the laws with n times as many examples.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable

import hypothesis
import pytest

hypothesis.settings.register_profile(
    "railguard",
    max_examples=40 * int(os.environ.get("RAILGUARD_FUZZ") or 1),
    deadline=None,  # a clock says more of the machine than of the code
    derandomize="RAILGUARD_FUZZ" not in os.environ,  # the same examples in every run; `make fuzz` draws new ones
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("railguard")

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # so a shell starts what runs in the background; processes inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

PATIENCE = 60.0
"""Seconds that what is closed may take to be gone: a thread ends, and a loop finalises, a moment after it was told to."""


def patiently(check: Callable[[float], object]) -> None:
    """Run a check with a short limit of so many seconds that is to pass, and with a longer one where it does not hold.

    On a busy machine a short limit may pass before what was to come first.
    """
    for seconds in (0.1, 0.5, 2.5):
        with contextlib.suppress(Exception, pytest.fail.Exception):
            check(seconds)
            return
    check(7.5)


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
