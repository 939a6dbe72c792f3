"""Creates a job from the caller's arguments, checks it before anything is asked, and runs it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import islice
from typing import Any, Literal

from railguard import Guard, InputError, Usage, price
from railguard.batch.blocks import STDIN, RowSource, SourceKind, blocks, kind_of, sources
from railguard.batch.columns import Variables
from railguard.batch.identity import described
from railguard.batch.job import Job, Progress
from railguard.batch.journal import Journal
from railguard.batch.model_rows import CALLS, Asking
from railguard.batch.output import refuse_inputs
from railguard.batch.processes import cores
from railguard.batch.row_results import Layout
from railguard.batch.rows import Row, columns_of
from railguard.batch.rows import rows as rows_of
from railguard.batch.selection import Selection
from railguard.batch.tally import Tally
from railguard.batch.writing import Writer

__all__ = ["Estimate", "Summary", "estimate", "run"]

_SHOWN = 200
"""Number of rows whose messages are rendered to estimate a cost."""
_CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of a job.

    Attributes:
        tally: Counts of all its rows, including those of earlier runs.
        out: The output's file or folder.
        journal: The journal's file or folder.
        seconds: How long this run took.
    """

    tally: Tally
    out: str
    journal: str
    seconds: float

    @property
    def rows(self) -> int:
        """Number of all rows."""
        return self.tally.rows

    @property
    def failed(self) -> int:
        """Number of rows without a usable output, for any reason."""
        return self.tally.rows - self.tally.good


@dataclass(frozen=True, slots=True)
class Estimate:
    """The expected cost of a job. The numbers are estimates, unless `measured` is true.

    Attributes:
        rows: Number of selected rows.
        left: Number of selected rows that are not finished yet.
        input_tokens: Tokens of the first question of each remaining row: a quarter of its characters.
        output_tokens: Tokens of the answers.
        cost: US dollars for these tokens; None if the price is unknown.
        measured: Whether the tokens are averages of the finished rows, including reasks.
    """

    rows: int
    left: int
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    measured: bool


def run(
    guard: Guard[Any],
    rows: Any,
    /,
    out: str | os.PathLike[str],
    *,
    answer: str | None = None,
    model: Any = None,
    columns: Mapping[str, str] | None = None,
    variables: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    jobs: int | None = None,
    limit: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    retry_failed: bool = False,
    restart: bool = False,
    prefix: str = "",
    report: str | os.PathLike[str] | None = None,
    base_url: str | None = None,
    cache: str | os.PathLike[str] | None = None,
    requests_per_minute: int | None = None,
    tokens_per_minute: int | None = None,
    rate_limit_store: str = "memory://",
    engine: Literal["local", "ray"] = "local",
    address: str | None = None,
    progress: Callable[[Progress], None] | None = None,
    **options: Any,
) -> Summary:
    """Validate a stored answer in every row, or ask a model for every row.

    Finished rows are stored in a journal next to the output. If the job is stopped in any way, the same call continues
    it: no row is lost or written twice, and no model is asked again for a row in the journal.

    Args:
        guard: The guard that validates the answers.
        rows: Files (.jsonl, .csv, .parquet; "-" is standard input, as JSON Lines), or an iterable of dicts of columns
            or of answers' texts.
        out: The output file; its extension sets the format (.jsonl, .csv, .parquet). With Ray, a folder, which may have
            such a name.
        answer: The column with the answer to validate. Without it and without a model, the whole row is the answer.
        model: The model to ask, as a guard accepts it.
        columns: Maps a variable of the spec to its column, if the names differ.
        variables: Values of variables that are the same for all rows.
        metadata: Metadata for validators.
        jobs: Number of validating processes, by default one per core; with a model, of concurrent calls, by default 16.
        limit: Process only the first rows, up to this number.
        sample: Process only this number of rows, drawn at random.
        seed: The seed of the random sample.
        retry_failed: Ask again for rows whose answer failed. The model and its options may be others than before.
        restart: Discard earlier results, and replace an existing output.
        prefix: The prefix of the names of the result columns.
        report: A file for the report, an HTML page.
        base_url: The URL of another server, for a model given by name.
        cache: A cache file with the answers to earlier requests.
        requests_per_minute: Largest number of requests per minute.
        tokens_per_minute: Largest number of tokens per minute.
        rate_limit_store: Where requests are counted: "memory://", or the URL of a Redis server for several processes.
        engine: "local" for this machine, "ray" for a Ray cluster.
        address: The address of the Ray cluster; by default one is started on this machine.
        progress: Called with the progress from time to time.
        **options: Arguments of calling the guard (max_reasks, timeout …), and options for the model. A row has 600
            seconds by default.

    Returns:
        A summary of the job.

    Raises:
        InputError: If an argument is wrong, the journal belongs to another job, or a finished row has changed.
        SpecError: If a rule cannot run.
        ProviderError: If the model's provider fails repeatedly.
        OSError: If a file cannot be read or written.
    """
    began = time.monotonic()
    if engine not in ("local", "ray"):
        raise InputError(f"the engine is local or ray, not {engine!r}")
    given = _Given(guard, rows, answer, model, columns, variables, prefix, limit, sample, seed)
    if model is not None and metadata is not None:
        options["metadata"] = metadata
    asking = given.asking(options, jobs, base_url, cache, requests_per_minute, tokens_per_minute, rate_limit_store)
    entries = {"metadata": described(metadata or {}), **given.description(asking)}
    if engine == "ray":
        from railguard.batch.on_ray import RayJob

        place = os.fspath(out)
        kind, table, names = given.written(_kind_on_ray(place))
        job_on_ray = RayJob(
            guard=guard,
            sources=[os.path.abspath(one) if isinstance(one, str) and one != STDIN else one for one in given.sources],
            out=os.path.abspath(place),
            kind=kind,
            layout=given.layout,
            selection=given.selection,
            description=entries,
            answer=answer,
            metadata=dict(metadata or {}),
            asking=asking and replace(asking, cache=asking.cache and os.path.abspath(asking.cache)),
            jobs=_number(jobs) if asking is None else None,
            retry_failed=retry_failed,
            restart=restart,
            address=address,
            columns=names,
            open_ended=given.open_ended,
            table=table,
            on_progress=progress,
        )
        tally, journal = job_on_ray.run(), os.path.join(place, ".railguard")
    else:
        job = given.job(os.fspath(out), entries, asking, metadata, jobs, retry_failed, restart, progress)
        tally, place, journal = job.run(), job.writer.out, job.journal
    summary = Summary(tally, place, journal, time.monotonic() - began)
    if report is not None:
        from railguard.batch.html_report import write_page

        write_page(os.fspath(report), summary, guard)
    return summary


def estimate(
    guard: Guard[Any],
    rows: Any,
    /,
    out: str | os.PathLike[str],
    *,
    model: Any,
    columns: Mapping[str, str] | None = None,
    variables: Mapping[str, Any] | None = None,
    limit: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    prefix: str = "",
) -> Estimate:
    """Estimate the cost of `run` with a model, without asking it.

    Args:
        guard: As for `run`.
        rows: As for `run`.
        out: As for `run`; it is not written.
        model: As for `run`.
        columns: As for `run`.
        variables: As for `run`.
        limit: As for `run`.
        sample: As for `run`.
        seed: As for `run`.
        prefix: As for `run`.

    Returns:
        The estimate. The length of future answers is unknown.

    Raises:
        InputError: As `run` does.
    """
    given = _Given(guard, rows, None, model, columns, variables, prefix, limit, sample, seed)
    asking = given.asking({}, None, None, None, None, None, "memory://")
    assert asking is not None, "there is a model"
    job = given.job(os.fspath(out), {}, asking, None, None, False, False, None)
    finished, known = 0, Tally()
    if os.path.exists(job.journal):
        journal = Journal(job.journal)
        try:
            for one in journal.finished():
                known.add(given.layout.read(one.result, one.status), one.name)
                finished += one.status != "unanswered" and given.selection.wants(one.ordinal)
        finally:
            journal.close()
    total = sum(len(wanted) for _, wanted in job.wanted())
    left = max(total - finished, 0)
    answered = sum(known.rounds.values())
    if answered:
        sent, written = known.input_tokens / answered, known.output_tokens / answered
    else:
        sent, written = _shown(guard, asking, job), len(str(guard.json_schema())) / _CHARACTERS_A_TOKEN
    usage = Usage(int(sent * left), int(written * left))
    return Estimate(total, left, usage.input_tokens, usage.output_tokens, _price(usage, asking.name), bool(answered))


def _shown(guard: Guard[Any], asking: Asking, job: Job) -> float:
    """Estimate the tokens of a row's messages from the first rows."""
    sizes = []
    for row in islice((row for _, wanted in job.wanted() for row in wanted), _SHOWN):
        try:
            messages = guard.render(asking.variables.of(columns_of(row)))
        except (ValueError, InputError):
            continue
        sizes.append(sum(len(str(message.get("content"))) for message in messages) / _CHARACTERS_A_TOKEN)
    return sum(sizes) / len(sizes) if sizes else 0.0


def _price(usage: Usage, name: str) -> Decimal | None:
    try:
        return price(usage, name)
    except InputError:  # genai-prices is not installed
        return None


class _Given:
    """The checked arguments of the caller."""

    def __init__(
        self,
        guard: Guard[Any],
        rows: Any,
        answer: str | None,
        model: Any,
        columns: Mapping[str, str] | None,
        variables: Mapping[str, Any] | None,
        prefix: str,
        limit: int | None,
        sample: int | None,
        seed: int,
    ) -> None:
        if not isinstance(guard, Guard):
            raise InputError(f"the first argument must be a guard, not {type(guard).__name__}")
        if model is not None and answer is not None:
            raise InputError("give a column of answers or a model, not both")
        if model is None and (columns or variables):
            raise InputError("columns and variables need a model, and none was given")
        self.guard, self.answer, self.model = guard, answer, model
        self.sources = sources(rows)
        self.layout = Layout(prefix, model is not None, carry=model is not None or answer is not None)
        kinds = {_kind_in(source) for source in self.sources}
        self.variables = Variables(guard, columns or {}, variables or {}, texts="csv" in kinds)
        self._refuse_once(sample, model)
        self.first = self._first()
        self.selection = Selection.of(limit, sample, seed, blocks(self.sources))

    def _refuse_once(self, sample: int | None, model: Any) -> None:
        """Raise InputError if rows that can be read only once would be read more than once."""
        once = [one for one in self.sources if one == STDIN or iter(one) is one] if self.sources else []
        if once and (model is not None or sample is not None or self.layout.carry):
            raise InputError(
                "standard input and iterators can be read once, and here the rows are read more than once; give a file or a "
                "list"
            )

    def _first(self) -> list[Row]:
        """Return the rows of the first block of the first source, to look at their columns."""
        if not self.layout.carry:
            return []
        first = next(blocks(self.sources), None)
        found = [] if first is None else list(rows_of(first))
        names: dict[str, None] = {}
        for row in found:
            try:
                names.update(dict.fromkeys(columns_of(row)))
            except ValueError:
                continue
        if names:
            where = self.sources[0] if isinstance(self.sources[0], str) else "the input"
            self.layout.refuse_taken(names, where)
            if self.answer is not None and self.answer not in names:
                raise InputError(f"{where} has no column {self.answer!r}; it has {', '.join(map(repr, names))}")
            if self.model is not None:
                self.variables.refuse_missing(names, where)
        return found

    def asking(
        self,
        options: Mapping[str, Any],
        jobs: int | None,
        base_url: str | None,
        cache: str | os.PathLike[str] | None,
        requests: int | None,
        tokens: int | None,
        store: str,
    ) -> Asking | None:
        """Return how the model is asked; None without a model."""
        if self.model is None:
            others = {
                "base_url": base_url,
                "cache": cache,
                "requests_per_minute": requests,
                "tokens_per_minute": tokens,
            }
            given = [name for name, value in {**others, **options}.items() if value is not None]
            if given:
                raise InputError(f"{given[0]} needs a model, and none was given")
            return None
        if not self.guard.spec.messages and "messages" not in options:
            raise InputError("the spec has no messages to send; give the guard some (--message, messages=…)")
        return Asking(
            self.guard,
            self.variables,
            self.layout,
            self.model,
            base_url,
            None if cache is None else os.fspath(cache),
            requests,
            tokens,
            store,
            _number(jobs) or CALLS,
            dict(options),
        )

    def description(self, asking: Asking | None) -> dict[str, Any]:
        """Return the description that identifies the job, except its spec."""
        entries: dict[str, Any] = {"answer": self.answer, "prefix": self.layout.prefix}
        if asking is not None:
            entries |= {
                "columns": described(self.variables.columns),
                "constants": described(self.variables.constants),
                "model": asking.name,
                "options": described(asking.options),
            }
        return entries

    def job(
        self,
        out: str,
        description: Mapping[str, Any],
        asking: Asking | None,
        metadata: Mapping[str, Any] | None,
        jobs: int | None,
        retry_failed: bool,
        restart: bool,
        progress: Callable[[Progress], None] | None,
    ) -> Job:
        """Create the job for this machine."""
        kind = kind_of(out)
        if out == STDIN:
            raise InputError("the output must be a file, so that the job can be resumed")
        journal = f"{out}.journal"
        refuse_inputs(out, self.sources)
        if os.path.exists(out) and not os.path.exists(journal) and not restart:
            raise InputError(f"{out} exists already, without a journal; --restart (restart=True) replaces it")
        if retry_failed and asking is None:
            raise InputError(
                "only a model can be asked again; stored answers are validated anew with --restart (restart=True)"
            )
        if (
            not self.layout.carry
            and kind != "jsonl"
            and any(not isinstance(one, str) or one == STDIN for one in self.sources)
        ):
            self._refuse_once(1, None)
        kind, table, names = self.written(kind)
        return Job(
            guard=self.guard,
            sources=self.sources,
            writer=Writer(out, kind, self.layout, names, self.open_ended, table),
            layout=self.layout,
            selection=self.selection,
            journal=journal,
            description={**description, "out": kind},
            answer=self.answer,
            metadata=dict(metadata or {}),
            asking=asking,
            jobs=_number(jobs) or cores(),
            retry_failed=retry_failed,
            restart=restart,
            on_progress=progress,
        )

    def written(self, kind: SourceKind) -> tuple[SourceKind, Any, tuple[str, ...]]:
        """Return the output format, the maker of Parquet tables, and the rows' own columns for CSV."""
        if kind == "csv":
            return kind, None, tuple(self._names())
        if kind != "parquet":
            return kind, None, ()
        from railguard.batch.tables import Table, columns_in

        name = self.sources[0] if len(self.sources) == 1 and _kind_in(self.sources[0]) == "parquet" else None
        columns = columns_in(self.first, name if isinstance(name, str) else None) if self.layout.carry else None
        return kind, Table(self.guard, self.layout, columns, name if isinstance(name, str) else None), ()

    @property
    def open_ended(self) -> bool:
        """Whether later rows may have columns that the first ones lack."""
        return self.layout.carry and not (len(self.sources) == 1 and _kind_in(self.sources[0]) != "jsonl")

    def _names(self) -> Iterable[str]:
        """Return the names of the rows' own columns, as in the first rows."""
        names: dict[str, None] = {}
        for row in self.first:
            try:
                names.update(dict.fromkeys(columns_of(row)))
            except ValueError:
                continue
        return names


def _number(jobs: int | None) -> int | None:
    if jobs is not None and jobs < 1:
        raise InputError(f"jobs is a number from 1, not {jobs}")
    return jobs


def _kind_in(source: RowSource) -> SourceKind:
    return kind_of(source) if isinstance(source, str) else "jsonl"


def _kind_on_ray(out: str) -> SourceKind:
    """Return the format of the parts in a folder: from its name, otherwise JSON Lines."""
    return kind_of(out) if os.path.splitext(out)[1] else "jsonl"
