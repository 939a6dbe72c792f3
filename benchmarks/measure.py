"""CPU time of a call: the least of several runs, each long enough for the clock; and ratios between such."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable

__all__ = ["cpu_seconds", "print_rows", "ratio"]


def cpu_seconds(call: Callable[[], object], *, least: float = 0.05, repeats: int = 7) -> float:
    """CPU seconds of one call. least: seconds each of `repeats` runs takes at least; the quickest run counts."""
    number = 1
    while True:
        took = _run(call, number)
        if took >= least:
            break
        number = max(number * 2, int(number * least / max(took, 1e-9)) + 1)
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
