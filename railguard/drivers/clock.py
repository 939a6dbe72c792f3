"""The remaining time of a call. Only this file of floors 0 to 5 reads a clock."""

from __future__ import annotations

import time

__all__ = ["Deadline"]


class Deadline:
    """A point in time some seconds from now; None means never."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float | None:
        """Return the seconds left: 0.0 if the deadline has passed, None without a limit."""
        if self._end is None:
            return None
        left = self._end - time.monotonic()
        return left if left > 0.0 else 0.0

    @property
    def passed(self) -> bool:
        """Whether the deadline has passed."""
        return self._end is not None and time.monotonic() >= self._end
