"""Sends blocks to worker processes, and returns the results in the order of the blocks. Only a few are in progress at
once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from pickle import PicklingError

from railguard import InputError, RailguardError
from railguard.batch.blocks import RowBlock
from railguard.batch.judging import BlockValidator, Judged

__all__ = ["Workers", "cores"]

_AHEAD = 2
"""Number of queued blocks per worker, in addition to the one that it works on."""


def cores() -> int:
    """Return how many processes this one may run in parallel."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """Worker processes that validate blocks. With jobs=1, this process does the work itself.

    They are started at once, so that they do not inherit a journal that is opened later.
    """

    def __init__(self, judge: BlockValidator, jobs: int) -> None:
        """Start the workers.

        Args:
            judge: The validation that they execute.
            jobs: Number of workers.

        Raises:
            InputError: If the workers cannot inherit the guard, and it cannot be pickled.
        """
        self._judge = judge
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None
        if jobs > 1:
            self._pool = ProcessPoolExecutor(jobs, _context(), initializer=_begin, initargs=(judge,))
            try:
                for started in [self._pool.submit(os.getpid) for _ in range(jobs)]:
                    started.result()
            except BrokenProcessPool as error:
                raise RailguardError("no worker process could be started") from error
            except (PicklingError, AttributeError, TypeError) as error:
                self.close()
                raise InputError(
                    f"the guard cannot be sent to worker processes ({error}); give jobs=1, or use no functions and "
                    "classes that are defined inside of others"
                ) from error

    def close(self) -> None:
        """Stop the workers."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def work(self, blocks: Iterable[RowBlock]) -> Iterator[Judged]:
        """Yield the results of blocks in order.

        Raises:
            RailguardError: If a worker was killed, for example because memory ran out.
            OSError: If a block cannot be read.
        """
        if self._pool is None:
            yield from map(self._judge.block, blocks)
            return
        under_way: deque[Future[Judged]] = deque()
        try:
            for block in blocks:
                under_way.append(self._pool.submit(_work, block))
                if len(under_way) > self._jobs * (1 + _AHEAD):
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        except BrokenProcessPool as error:
            raise RailguardError(
                "a worker process was killed, perhaps because the machine ran out of memory; finished rows are in "
                "the journal, and the same command continues from there"
            ) from error
        finally:
            for future in under_way:
                future.cancel()


def _context() -> multiprocessing.context.BaseContext:
    """Return the start method. Forked workers inherit the guard and everything that the program has defined. A process
    with threads is not forked.
    """
    forks = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if forks else "spawn")


_JUDGE: list[BlockValidator] = []
"""In a worker process: the validation that it executes."""


def _begin(judge: BlockValidator) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process handles Ctrl-C, and stops its workers
    _JUDGE[:] = [judge]
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker if its main process is killed; otherwise it would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _work(block: RowBlock) -> Judged:
    return _JUDGE[0].block(block)
