"""CPU time of a call: the least of several runs, each long enough for the clock; and ratios between such.

`compare` measures two calls by turns and gives the median of the ratios with its spread; `compare_commands` does so for
programs. Ratios are steady on a machine that others use too; seconds are not.
"""

from __future__ import annotations

import gc
import math
import os
import resource
import statistics
import subprocess
import time
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

__all__ = [
    "Compared",
    "Growth",
    "compare",
    "compare_commands",
    "cpu_seconds",
    "environment",
    "growth",
    "peak_bytes",
    "print_rows",
    "ratio",
]


class Compared(NamedTuple):
    """Two calls measured by turns.

    Attributes:
        ours: CPU seconds of one call, the median.
        floor: The same of the other call.
        ratio: The median of the ratios, one a turn.
        low: A quarter of the ratios is lower.
        high: A quarter of the ratios is higher.
    """

    ours: float
    floor: float
    ratio: float
    low: float
    high: float


class Growth(NamedTuple):
    """exponent: with which the time grows; 1 is linear. seconds: CPU seconds of one call of the largest size."""

    exponent: float
    seconds: float


def compare(
    call: Callable[[], object], floor: Callable[[], object], *, turns: int = 9, least: float = 0.02
) -> Compared:
    """Measure two calls by turns.

    Args:
        call: Ours.
        floor: What it is divided by.
        turns: How often each is measured.
        least: CPU seconds that one measurement takes at least.
    """
    numbers = [_number(one, least) for one in (call, floor)]
    turned = []
    for turn in range(turns):
        order = (0, 1) if turn % 2 == 0 else (1, 0)
        took = {at: _run((call, floor)[at], numbers[at]) / numbers[at] for at in order}
        turned.append((took[0], took[1]))
    return _compared(turned)


def compare_commands(command: Sequence[str], floor: Sequence[str], *, turns: int = 9) -> Compared:
    """Measure two programs by turns: the CPU seconds of each and of what it starts."""
    turned = []
    for turn in range(turns):
        order = (0, 1) if turn % 2 == 0 else (1, 0)
        took = {at: _cpu_of((command, floor)[at]) for at in order}
        turned.append((took[0], took[1]))
    return _compared(turned)


def growth(
    call_of: Callable[[int], Callable[[], object]], sizes: Sequence[int], *, turns: int = 7, least: float = 0.02
) -> Growth:
    """Measure how the time of a call grows: the slope of log time over log size, in turns that measure every size once.

    All sizes of a turn meet the same machine, so that another program beside it changes all of them alike. Python's
    collector of garbage is off, because its time depends on all that the process holds.

    Args:
        call_of: Makes the call for a size.
        sizes: Sizes, growing.
        turns: How often each is measured.
        least: CPU seconds that one measurement takes at least.
    """
    calls = [call_of(size) for size in sizes]
    numbers = [_number(call, least) for call in calls]
    logs = [math.log(size) for size in sizes]
    slopes, largest = [], []
    for turn in range(turns):
        order = range(len(calls)) if turn % 2 == 0 else range(len(calls) - 1, -1, -1)
        took = {at: _run(calls[at], numbers[at]) / numbers[at] for at in order}
        slopes.append(statistics.linear_regression(logs, [math.log(took[at]) for at in range(len(calls))]).slope)
        largest.append(took[len(calls) - 1])
    return Growth(statistics.median(slopes), min(largest))


def peak_bytes(call: Callable[[], object]) -> int:
    """The most memory that Python's allocators hold during a call, above what they held before it."""
    call()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def environment() -> dict[str, str]:
    """The environment of a program that is measured: the caller's, but that modules are compiled once and not at each start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _compared(turned: Sequence[tuple[float, float]]) -> Compared:
    ratios = sorted(ours / floor for ours, floor in turned)
    low, middle, high = statistics.quantiles(ratios, n=4)
    return Compared(
        statistics.median(ours for ours, _ in turned),
        statistics.median(floor for _, floor in turned),
        middle,
        low,
        high,
    )


def _cpu_of(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _number(call: Callable[[], object], least: float) -> int:
    """How many calls take so many seconds."""
    call()  # what is made or imported at the first call is not measured
    number = 1
    while (took := _run(call, number)) < least:
        number = max(number * 2, int(number * least / max(took, 1e-9)) + 1)
    return number


def cpu_seconds(call: Callable[[], object], *, least: float = 0.05, repeats: int = 7) -> float:
    """CPU seconds of one call. least: seconds each of `repeats` runs takes at least; the quickest run counts."""
    number = _number(call, least)
    return min(_run(call, number) for _ in range(repeats)) / number


def ratio(call: Callable[[], object], floor: Callable[[], object], *, pairs: int = 5) -> tuple[float, float, float]:
    """(seconds of `call`, seconds of `floor`, their ratio): measured by turns, so that both meet the same machine."""
    times = [(cpu_seconds(call, repeats=3), cpu_seconds(floor, repeats=3)) for _ in range(pairs)]
    ours, theirs = min(t for t, _ in times), min(t for _, t in times)
    return ours, theirs, ours / theirs


def print_rows(rows: Iterable[object]) -> None:
    """Print one row a line, as soon as it is measured."""
    for row in rows:
        print(row, flush=True)


def _run(call: Callable[[], object], number: int) -> float:
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        for _ in range(number):
            call()
        return time.process_time() - start
    finally:
        gc.enable()
