"""A progress bar on stderr, for long work and somebody who watches: nothing is drawn, nor rich loaded, before a second
has passed, and never where stderr is no terminal."""

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
    """Follow the work on the files `names`, by bytes."""
    watcher = Following(names, watched=is_terminal(sys.stderr))
    try:
        yield watcher
    finally:
        watcher.stop()


class Following:
    """How far the work is. Without a watcher it does nothing."""

    def __init__(self, names: Sequence[str], *, watched: bool) -> None:
        self._names = names
        self._watched = watched
        self._due = monotonic() + _PATIENCE
        self._done = 0
        self._outputs = 0
        self._bar: Any = None
        self._task: Any = None

    def over(self, items: Iterable[Stored]) -> Iterator[Stored]:
        """The items, counted as they are done."""
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
        """The bar out of the way, while something is written to the same terminal."""
        if self._bar is None or not is_terminal(sys.stdout):
            yield
            return
        self._bar.stop()
        yield
        sys.stdout.flush()
        self._bar.start()

    def stop(self) -> None:
        """Take the bar away."""
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
        """Bytes of all files together; None where one of them cannot say."""
        if any(name == STDIN or not os.path.isfile(name) for name in self._names):
            return None
        return sum(os.path.getsize(name) for name in self._names)
