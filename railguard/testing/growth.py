"""Measures how the time of a call grows with the size of its argument, so that a busy machine does not change the
verdict.

Times are compared with each other, never with a clock: CPU time of this thread, without garbage collection, the minimum
of several measurements.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sized
from typing import TypeVar

__all__ = ["steep_growth"]

T = TypeVar("T")

_NOTICEABLE, _ENOUGH = 0.0005, 0.002  # seconds below which a first look, and a measurement, have no meaning
_SUSPECT = 16.0  # time ratio at eight times the size; quadratic growth gives 64
_STEEP = {4: 9.0, 16: 130.0}  # time ratio at four and sixteen times the size; quadratic growth gives 16 and 256
_ATTEMPTS = 2
_SMALLEST = 16


def steep_growth(call: Callable[[T], object], make: Callable[[int], T], *, largest: int = 1 << 18) -> float | None:
    """Find out whether the time of a call grows faster than proportionally to the size of its argument.

    The first measurement, at eight times the size, is cheap and usually enough. If its growth looks steep, it is
    measured carefully: only growth that stays steep at four and at sixteen times the size in every attempt counts.

    Args:
        call: The function to measure. Its return value is ignored.
        make: Creates an argument of a given size, at least 16, such as a text of that many pieces. It is not part of
            the measured time.
        largest: The largest length of an argument; a call that is quick for it is quick enough. For an argument without
            a length, its size counts.

    Returns:
        The time ratio at sixteen times the size, or None if the time is proportional.
    """
    constant = _seconds(call, make(_SMALLEST), 5)  # the constant time of every call

    def grown(size: int, repeats: int) -> float:
        return max(_seconds(call, make(size), repeats) - constant, _NOTICEABLE)

    size = _measurable(call, make, _SMALLEST, 2 * constant + _NOTICEABLE, largest)
    if size is None or grown(8 * size, 1) <= _SUSPECT * grown(size, 3):
        return None
    size = _measurable(call, make, size, 2 * constant + _ENOUGH, largest)
    if size is None:
        return None
    growth = 0.0
    for _ in range(_ATTEMPTS):
        base = grown(size, 3)
        if grown(4 * size, 2) <= _STEEP[4] * base:
            return None
        growth = grown(16 * size, 1) / base
        if growth <= _STEEP[16]:
            return None
    return growth


def _measurable(
    call: Callable[[T], object], make: Callable[[int], T], size: int, seconds: float, largest: int
) -> int | None:
    """Return the first size, doubled from the given one, whose argument takes at least `seconds`; None if the largest
    does not. A single measurement may be long because the machine is busy, so a long one is repeated.
    """
    while _seconds(call, value := make(size), 1) < seconds or _seconds(call, value, 2) < seconds:
        if 2 * (len(value) if isinstance(value, Sized) else size) > largest:
            return None
        size *= 2
    return size


def _seconds(call: Callable[[T], object], value: T, repeats: int) -> float:
    best = float("inf")
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(repeats):
            start = time.thread_time()
            call(value)
            best = min(best, time.thread_time() - start)
    finally:
        if collecting:
            gc.enable()
    return best
