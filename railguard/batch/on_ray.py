"""The same job on Ray Data: actors read blocks of the input themselves, and write each block's results as a part.

Ray itself reads and writes no rows: its own JSON readers and writers change numbers and stop at one bad line. Only the
blocks to process and the counts of finished ones pass through Ray. The output is a folder with a part for each block;
the parts in the order of their names are the lines that one machine would write. The input and the folder are on a file
system that all machines of the cluster share.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

from railguard import Guard, InputError, RailguardError
from railguard.batch.blocks import RowBlock, RowSource, SourceKind, blocks
from railguard.batch.identity import fingerprint, refuse_another_job
from railguard.batch.job import Progress, in_loop
from railguard.batch.journal import Finished, Journal
from railguard.batch.judging import BlockValidator, called
from railguard.batch.model_rows import Asking, Ended, ask_rows
from railguard.batch.output import completing
from railguard.batch.row_results import Layout
from railguard.batch.rows import carried, content, digest_of, rows
from railguard.batch.selection import Selection
from railguard.batch.tally import Tally
from railguard.batch.writing import Line, Writer

__all__ = ["RayJob"]

_SILENCE = 60.0
"""Seconds without progress after which a warning is logged."""
_FAILED = ("failed", "unread", "broken")


@dataclass(frozen=True)
class _Work:
    """The work of an actor. It is sent to each actor once.

    Attributes:
        judge: Validates stored answers.
        asking: Asks a model; None to validate stored answers.
        writer: Writes a part; its `out` is the folder.
    """

    judge: BlockValidator
    asking: Asking | None
    writer: Writer

    def do(self, block: RowBlock) -> tuple[bytes, Tally]:
        """Write the part of a block. Returns a digest of the input that was read, and the counts."""
        part = os.path.join(self.writer.out, part_of(block, self.writer.kind))
        if self.asking is None and self.writer.takes_lines:
            judged = self.judge.block(block)
            with completing(part) as file:
                file.write(judged.lines)
            return judged.digest, judged.tally
        found = content(block)
        wanted = [row for row in rows(block, found) if self.judge.selection.wants(row.ordinal)]
        if self.asking is None:
            judged = self.judge.block(block)
            tally, results = judged.tally, judged.lines.splitlines(keepends=True)
            raws = [carried(row, self.writer.layout) for row in wanted]
        else:
            tally, ended = Tally(), dict[int, Ended]()
            names = ((called(block, row), row) for row in wanted)
            asking = self.asking
            in_loop(lambda: ask_rows(asking, names, lambda some: ended.update({one.row.ordinal: one for one in some})))
            layout, results, raws = self.writer.layout.without_columns(), [], []
            for row in wanted:
                one = ended[row.ordinal]
                tally.add(one.result, one.name, one.seconds)
                results.append(layout.line(row.number, b"", one.result))
                raws.append(carried(row, self.writer.layout))
        lines = [Line(*parts) for parts in zip(wanted, raws, results, strict=True)]
        replace(self.writer, out=part).write([(block, lines)])
        return digest_of(found), tally


class _Actor:
    """The class that Ray Data calls, with one block per batch."""

    def __init__(self, work: bytes) -> None:
        from ray import cloudpickle

        self._work: _Work = cloudpickle.loads(work)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, list[Any]]:
        from ray import cloudpickle

        block: RowBlock = cloudpickle.loads(bytes(batch["block"][0]))
        try:
            found, tally = self._work.do(block)
        except (RailguardError, OSError) as error:  # reported once; Ray would retry it
            return {"number": [block.number], "digest": [b""], "tally": [""], "error": [str(error)]}
        return {"number": [block.number], "digest": [found], "tally": [json.dumps(tally.to_dict())], "error": [""]}


@dataclass(frozen=True, kw_only=True)
class RayJob:
    """A job on a Ray cluster. It has the attributes of `railguard.batch.job.Job`, and:

    Attributes:
        out: The folder of the parts.
        kind: The file format of the parts.
        address: The address of the cluster; None for one on this machine.
        jobs: Number of actors; None for one per CPU, except one CPU.
        columns: The names of the rows' own columns, for CSV.
        table: Makes the tables, for Parquet.
    """

    guard: Guard
    sources: list[RowSource]
    out: str
    kind: SourceKind
    layout: Layout
    selection: Selection
    description: Mapping[str, Any]
    answer: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    asking: Asking | None = None
    jobs: int | None = None
    retry_failed: bool = False
    restart: bool = False
    address: str | None = None
    columns: tuple[str, ...] = ()
    open_ended: bool = False
    table: Any = None
    on_progress: Callable[[Progress], None] | None = None

    def run(self) -> Tally:
        """Process the unfinished blocks. Returns the counts of all blocks."""
        ray = _ray()
        os.makedirs(os.path.join(self.out, ".railguard"), exist_ok=True)
        journal = Journal(os.path.join(self.out, ".railguard", "journal"))
        try:
            self._begin(journal)
            todo = self._todo(journal)
            if todo:
                self._do(ray, todo, journal)
            tally = Tally()
            for finished in journal.finished():
                tally.merge(Tally.from_dict(json.loads(finished.result)))
            return tally
        finally:
            journal.close()

    def _begin(self, journal: Journal) -> None:
        name = os.path.join(self.out, ".railguard")
        if self.restart:
            journal.clear()
        begun, now = journal.about("job"), {"spec": fingerprint(self.guard), **self.description, "out": self.kind}
        now["selection"] = repr(self.selection)
        if begun is None:
            strangers = [one for one in os.listdir(self.out) if one != ".railguard"]
            if strangers and not self.restart:
                raise InputError(f"{self.out} is not empty; name another folder, or give --restart (restart=True)")
            for one in strangers:
                if one.startswith("part-"):
                    os.unlink(os.path.join(self.out, one))
        else:
            kept = {key: now[key] for key in now if not (self.retry_failed and key in ("model", "options"))}
            refuse_another_job({key: begun.get(key) for key in kept}, kept, name)
        journal.set_about(job=now)

    def _todo(self, journal: Journal) -> list[RowBlock]:
        """Return the unfinished blocks. Raises InputError if a finished one has changed."""
        done = {one.ordinal: one for one in journal.finished()}
        todo = []
        for block in blocks(self.sources):
            if self.selection.begins_after(block):
                break
            known = done.pop(block.number, None)
            if known is None:
                todo.append(block)
                continue
            if known.digest != digest_of(content(block)):
                raise InputError(
                    f"{block.file} has changed since this job was begun; name another folder, or start again with --restart "
                    "(restart=True)"
                )
            statuses = json.loads(known.result)["statuses"]
            again = ("unanswered", *(_FAILED if self.retry_failed else ()))
            there = os.path.exists(os.path.join(self.out, part_of(block, self.kind)))
            if not there or any(statuses.get(status) for status in again):
                todo.append(block)
        if done:
            raise InputError(
                "the input has become shorter since this job was begun; start again with --restart (restart=True)"
            )
        return todo

    def _do(self, ray: Any, todo: list[RowBlock], journal: Journal) -> None:
        from ray import cloudpickle

        ours = not ray.is_initialized()
        if ours:
            ray.init(
                address=self.address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                **({} if self.address else {"include_dashboard": False}),
            )
        try:
            actors, share = self._actors(ray, len(todo))
            work = cloudpickle.dumps(self._work(actors))
            results = _results(ray, todo, work, actors, share)
            self._follow(ray, results, {block.number: block for block in todo}, journal)
        finally:
            if ours:
                ray.shutdown()

    def _work(self, actors: int) -> _Work:
        asking = self.asking
        if asking is not None:
            shared = not asking.store.startswith("memory")
            asking = replace(
                asking,
                calls=max(asking.calls // actors, 1),
                requests=asking.requests if shared or asking.requests is None else max(asking.requests // actors, 1),
                tokens=asking.tokens if shared or asking.tokens is None else max(asking.tokens // actors, 1),
            )
        writer = Writer(self.out, self.kind, self.layout, self.columns, self.open_ended, self.table)
        layout = self.layout if writer.takes_lines else self.layout.without_columns()
        return _Work(BlockValidator(self.guard, layout, self.answer, self.metadata, self.selection), asking, writer)

    def _actors(self, ray: Any, most: int) -> tuple[int, float]:
        """Return the number of actors, and the CPUs that each reserves: one CPU is left to Ray Data's own tasks."""
        cpus = float(ray.cluster_resources().get("CPU", 1.0))
        wanted = self.jobs if self.jobs is not None else max(int(cpus) - 1, 1)
        actors = max(min(wanted, most), 1)
        left = cpus - 1 if cpus > 1 else cpus / 2
        return actors, min(1.0, left / actors)

    def _follow(
        self,
        ray: Any,
        results: Generator[Mapping[str, Any], None, None],
        todo: Mapping[int, RowBlock],
        journal: Journal,
    ) -> None:
        began, done, tally = time.monotonic(), 0, Tally()
        with closing(results), _Watch(ray) as watch:
            for result in results:
                watch.reset()
                if result["error"]:
                    raise InputError(result["error"])
                block = todo[int(result["number"])]
                part = part_of(block, self.kind)
                counts = result["tally"]
                journal.finish([Finished(block.number, bytes(result["digest"]), "passed", part, counts, None)])
                tally.merge(Tally.from_dict(json.loads(counts)))
                done += 1
                if self.on_progress is not None:
                    self.on_progress(Progress(tally, done / len(todo), tally.rows, time.monotonic() - began))


def part_of(block: RowBlock, kind: SourceKind) -> str:
    """Return the file name of a block's part. The names sort in the order of the blocks."""
    return f"part-{block.number:08d}.{kind}"


def _results(
    ray: Any, todo: list[RowBlock], work: bytes, actors: int, share: float
) -> Generator[Mapping[str, Any], None, None]:
    from ray import cloudpickle

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    items = [{"block": cloudpickle.dumps(block)} for block in todo]
    dataset = ray.data.from_items(items, override_num_blocks=min(len(items), 10_000)).map_batches(
        _Actor,
        fn_constructor_args=(work,),
        batch_size=1,
        batch_format="numpy",
        compute=ray.data.ActorPoolStrategy(size=actors),
        num_cpus=share,
    )
    found = iter(dataset.iter_rows())
    try:
        yield from found
    finally:
        if hasattr(found, "close"):  # if the job ends early, Ray's threads are stopped before Ray itself
            found.close()


def _ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError:
        raise InputError("the engine ray needs the package ray: pip install 'railguard[ray]'") from None
    return ray


class _Watch:
    """Logs a warning if nothing is finished for a long time: a cluster without a free CPU waits silently."""

    def __init__(self, ray: Any) -> None:
        self._ray = ray
        self._last = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._over.set()
        self._thread.join()

    def reset(self) -> None:
        """Record that a block is finished."""
        self._last = time.monotonic()

    def _look(self) -> None:
        warned = self._last
        while not self._over.wait(min(_SILENCE / 4, 5.0)):
            silent = time.monotonic() - max(self._last, warned)
            if silent >= _SILENCE:
                warned = time.monotonic()
                free = self._ray.available_resources().get("CPU", 0)
                logging.getLogger("railguard").warning(
                    "no block was finished for %.0f seconds; %g of the cluster's %g CPUs are free",
                    time.monotonic() - self._last,
                    free,
                    self._ray.cluster_resources().get("CPU", 0),
                )
