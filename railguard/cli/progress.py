"""A progress bar on stderr, for long work on a terminal. It is drawn, and rich is imported, only after one second, and
never if stderr is not a terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from railguard.cli.outputs import Stored
from railguard.cli.streams import STDIN, console, is_terminal

__all__ = ["Following", "following"]

_PATIENCE = 1.0
_BETWEEN = 0.1


@contextmanager
def following(names: Sequence[str]) -> Iterator[Following]:
    """Follow the work on the files `names`, in bytes."""
    watcher = Following(names, watched=is_terminal(sys.stderr))
    try:
        yield watcher
    finally:
        watcher.stop()


class Following:
    """The progress of the work. Without a terminal it does nothing."""

    def __init__(self, names: Sequence[str], *, watched: bool) -> None:
        self._names = names
        self._watched = watched
        self._due = monotonic() + _PATIENCE
        self._done = 0
        self._outputs = 0
        self._bar: Any = None
        self._task: Any = None

    def over(self, items: Iterable[Stored]) -> Iterator[Stored]:
        """Yield the items, and count each one when it is done."""
        for item in items:
            yield item
            if self._watched:
                self._done += item.size
                self._outputs += 1
                if monotonic() >= self._due:
                    self._due = monotonic() + _BETWEEN
                    self._draw()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hide the bar while something is written to the same terminal."""
        if self._bar is None or not is_terminal(sys.stdout):
            yield
            return
        self._bar.stop()
        yield
        sys.stdout.flush()
        self._bar.start()

    def stop(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()

    def _draw(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        if self._bar is None:
            self._bar = Progress(
                TextColumn("validating"),
                BarColumn(24),
                TextColumn("{task.fields[outputs]:,} outputs"),
                TimeRemainingColumn(compact=True),
                console=console(sys.stderr),
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._task = self._bar.add_task("", total=self._total(), outputs=0)
            self._bar.start()
        self._bar.update(self._task, completed=self._done, outputs=self._outputs)

    def _total(self) -> int | None:
        """Return the size in bytes of all files together; None if a size is unknown."""
        if any(name == STDIN or not os.path.isfile(name) for name in self._names):
            return None
        return sum(os.path.getsize(name) for name in self._names)
