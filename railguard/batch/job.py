"""One job: reads rows, writes one result line per row in input order, and keeps a journal so that it can be resumed."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any

from railguard import Guard, InputError
from railguard.batch.blocks import RowBlock, RowSource, blocks, content_digest
from railguard.batch.identity import fingerprint, refuse_another_job
from railguard.batch.journal import Checkpoint, Finished, Journal
from railguard.batch.judging import BlockValidator, called, chain
from railguard.batch.model_rows import Asking, Ended, ask_rows
from railguard.batch.output import Spool
from railguard.batch.processes import Workers
from railguard.batch.row_results import Layout
from railguard.batch.rows import Row, carried, content, digest_of, rows
from railguard.batch.selection import Selection
from railguard.batch.tally import Tally
from railguard.batch.writing import Group, Line, Writer

__all__ = ["Job", "Progress"]

_BETWEEN = 1.0
"""Seconds between two updates of the mark of a validation."""
_REPORT_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a job.

    Attributes:
        tally: The counts so far.
        done: The finished part of the input, from 0 to 1; None if the total is unknown.
        rows: Rows that this run has finished; after a resume, the tally also includes earlier runs.
        seconds: Seconds since this run began.
    """

    tally: Tally
    done: float | None
    rows: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything that a job needs; `run` executes it.

    Attributes:
        guard: The guard that validates the answers.
        sources: The sources of the rows.
        writer: Writes the output.
        layout: The format of the results.
        selection: The selected rows.
        journal: The file of the journal.
        description: The description that identifies the job.
        answer: The column of the answer.
        metadata: Metadata for validators.
        asking: How a model is asked; None to validate stored answers.
        jobs: Worker processes.
        retry_failed: Whether to ask again for rows that failed.
        restart: Whether to discard the results of earlier runs.
        on_progress: Called with the progress.
    """

    guard: Guard
    sources: list[RowSource]
    writer: Writer
    layout: Layout
    selection: Selection
    journal: str
    description: Mapping[str, Any]
    answer: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    asking: Asking | None = None
    jobs: int = 1
    retry_failed: bool = False
    restart: bool = False
    on_progress: Callable[[Progress], None] | None = None

    def run(self) -> Tally:
        """Process the unfinished rows and write the output. Returns the counts, including those of earlier runs."""
        if self.asking is None:
            return _Validation(self).run()
        return _Extraction(self, self.asking).run()

    def opened(self) -> Journal:
        """Open the journal of this job. Raises InputError if it belongs to another job."""
        journal = Journal(self.journal)
        try:
            if self.restart:
                journal.clear()
            begun = journal.about("job")
            now = {"spec": fingerprint(self.guard), **self.description}
            if begun is not None:
                kept = {name: value for name, value in now.items() if not (self.retry_failed and name in _RETRIED)}
                refuse_another_job({name: begun.get(name) for name in kept}, kept, self.journal)
            journal.set_about(job=now)
        except BaseException:
            journal.close()
            raise
        return journal

    def wanted(self) -> Iterator[tuple[RowBlock, list[Row]]]:
        """Yield the blocks with their selected rows; a block may have none."""
        for block in blocks(self.sources):
            if self.selection.begins_after(block):
                return
            yield block, [row for row in rows(block) if self.selection.wants(row.ordinal)]


_RETRIED = ("model", "options")
"""Options that may differ when failed rows are tried again."""


class _ProgressReporter:
    """Reports the progress, at most a few times per second."""

    def __init__(self, on_progress: Callable[[Progress], None] | None, total: int | None) -> None:
        self._on_progress, self._total = on_progress, total
        self._began = self._last = time.monotonic()

    def report(self, tally: Tally, done: int, rows: int, *, last: bool = False) -> None:
        """Report the progress. done: the finished part of `total`. rows: finished by this run."""
        now = time.monotonic()
        if self._on_progress is not None and (last or now - self._last >= _REPORT_EVERY):
            self._last = now
            part = min(done / self._total, 1.0) if self._total else None
            self._on_progress(Progress(tally, 1.0 if last else part, rows, now - self._began))


class _Validation:
    """Stored answers are validated by worker processes; their lines are written as they come, in order."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._done = 0

    def run(self) -> Tally:
        """Continue from the mark to the end."""
        job = self._job
        layout = job.layout if job.writer.takes_lines else job.layout.without_columns()
        judge = BlockValidator(job.guard, layout, job.answer, job.metadata, job.selection)
        workers = Workers(judge, job.jobs)
        try:
            journal = job.opened()
            try:
                return self._go_on(workers, journal)
            finally:
                journal.close()
        finally:
            workers.close()

    def _go_on(self, workers: Workers, journal: Journal) -> Tally:
        job = self._job
        selection = repr(job.selection)
        mark = (
            journal.mark if journal.about("selection") == selection else None
        )  # other rows: nothing was spent on them
        if mark is not None and journal.about("complete"):
            if job.writer.is_there() and next(self._todo(mark), None) is None:
                return Tally.from_dict(mark.tally)
            mark = None
        journal.set_about(complete=False, selection=selection)
        mark = mark or Checkpoint(0, 0, b"", Tally().to_dict())
        todo = self._todo(mark)
        spool = Spool(job.writer.spool, mark.size)
        try:
            tally = self._write(workers, todo, spool, journal, mark)
        finally:
            spool.close()
        job.writer.from_spool(job.wanted)
        journal.set_about(complete=True)
        return tally

    def _todo(self, mark: Checkpoint) -> Iterator[RowBlock]:
        """Yield the unfinished blocks. Raises InputError if finished ones have changed."""
        found, all_blocks = b"", blocks(self._job.sources)
        for block in islice(all_blocks, mark.blocks):
            found = chain(found, digest_of(content(block)))
            self._done += block.size
        if found != mark.digest:
            raise InputError(
                "the input has changed since this job was begun; name another output, or start again with --restart "
                "(restart=True)"
            )
        return takewhile(lambda block: not self._job.selection.begins_after(block), all_blocks)

    def _write(
        self, workers: Workers, todo: Iterator[RowBlock], spool: Spool, journal: Journal, mark: Checkpoint
    ) -> Tally:
        job = self._job
        tally, found, number = Tally.from_dict(mark.tally), mark.digest, mark.blocks
        before = tally.rows
        progress = _ProgressReporter(job.on_progress, _bytes(job.sources))
        kept = time.monotonic()
        for judged in workers.work(todo):
            spool.write(judged.lines)
            tally.merge(judged.tally)
            found, number = chain(found, judged.digest), number + 1
            self._done += judged.block.size
            progress.report(tally, self._done, tally.rows - before)
            if time.monotonic() - kept >= _BETWEEN:
                spool.sync()
                journal.set_mark(Checkpoint(number, spool.size, found, tally.to_dict()))
                kept = time.monotonic()
        spool.sync()
        journal.set_mark(Checkpoint(number, spool.size, found, tally.to_dict()))
        progress.report(tally, self._done, tally.rows - before, last=True)
        return tally


class _Extraction:
    """A model is asked for each row. Rows end in any order; the journal stores them, and the output is written at the
    end.
    """

    def __init__(self, job: Job, asking: Asking) -> None:
        self._job = job
        self._asking = asking
        self._layout = job.layout.without_columns()
        self._tally = Tally()
        self._rows = 0

    def run(self) -> Tally:
        """Ask for the rows without an answer, and write the output."""
        job = self._job
        journal = job.opened()
        try:
            done, total = self._done(journal)
            self._progress = _ProgressReporter(job.on_progress, total)
            try:
                in_loop(lambda: ask_rows(self._asking, self._todo(done), lambda ended: self._keep(journal, ended)))
            finally:
                self._progress.report(self._tally, self._tally.rows, self._rows, last=True)
            return self._complete(journal)
        finally:
            journal.close()

    def _done(self, journal: Journal) -> tuple[bytearray, int]:
        """Return a bytearray with 1 at the ordinal of each finished row, and the number of rows. Raises InputError if a
        finished row has changed.
        """
        done, total = bytearray(), 0
        finished = journal.finished()
        known = next(finished, None)
        for block, wanted in self._job.wanted():
            for row in wanted:
                total += 1
                while known is not None and known.ordinal < row.ordinal:
                    known = next(finished, None)
                if known is None or known.ordinal > row.ordinal:
                    continue
                if known.digest != content_digest(row.raw):
                    raise InputError(
                        f"{called(block, row)} has changed since it was finished; name another output, or begin anew "
                        "with --restart (restart=True), which asks again for all rows"
                    )
                if known.status != "unanswered" and not (self._job.retry_failed and known.status in _FAILED):
                    done.extend(bytes(row.ordinal + 1 - len(done)))
                    done[row.ordinal] = 1
                    self._tally.add(self._layout.read(known.result, known.status), known.name, known.seconds)
        return done, total

    def _todo(self, done: bytearray) -> Iterator[tuple[str, Row]]:
        for block, wanted in self._job.wanted():
            for row in wanted:
                if row.ordinal >= len(done) or not done[row.ordinal]:
                    yield called(block, row), row

    def _keep(self, journal: Journal, ended: list[Ended]) -> None:
        journal.finish(
            Finished(
                one.row.ordinal,
                content_digest(one.row.raw),
                one.result.status,
                one.name,
                self._layout.line(one.row.number, b"", one.result).decode().rstrip("\n"),
                round(one.seconds, 3),
            )
            for one in ended
        )
        for one in ended:
            self._tally.add(one.result, one.name, one.seconds)
        self._rows += len(ended)
        self._progress.report(self._tally, self._tally.rows, self._rows)

    def _complete(self, journal: Journal) -> Tally:
        """Write the output from the journal."""
        tally = Tally()

        def lines() -> Iterator[Group]:
            finished = journal.finished()
            for block, wanted in self._job.wanted():
                found = []
                for row in wanted:
                    one = next(one for one in finished if one.ordinal == row.ordinal)
                    tally.add(self._layout.read(one.result, one.status), one.name, one.seconds)
                    raw = carried(row, self._job.layout) if one.status == "unread" else row.raw
                    found.append(Line(row, raw, one.result.encode() + b"\n"))
                yield block, found

        self._job.writer.write(lines())
        return tally


_FAILED = ("failed", "unread", "broken")


def in_loop(work: Callable[[], Any]) -> None:
    """Run a coroutine to its end, even if an event loop is already running, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(work())
        return
    raised: list[BaseException] = []

    def in_thread() -> None:
        try:
            asyncio.run(work())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def _bytes(sources: list[RowSource]) -> int | None:
    """Return the total size of all sources; None if one is not a file."""
    if not all(isinstance(name, str) and os.path.isfile(name) for name in sources):
        return None
    return sum(os.path.getsize(str(name)) for name in sources)
