"""Validate a stored answer in every row of a file, or ask a model for every row.

IN and OUT are .jsonl, .csv or .parquet files. With --answer, the answer in that column is
validated; with --model, a model is asked, and the spec's variables are the row's columns;
with neither, a row as a whole is the answer. OUT has a row of results for each row, in the
same order. Finished rows are kept in OUT.journal: if the command is stopped or killed, run it
again and it continues, without asking for anything twice.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from railguard import Guard, InputError
from railguard.cli import exits
from railguard.cli.assignments import assigned_variables, literals, options, stdin_uses
from railguard.cli.specs import add_options, load_guard
from railguard.cli.streams import (
    STDIN,
    console,
    emit,
    emit_json,
    is_terminal,
    note,
    one_stdin,
    paint,
    shown_name,
    visible,
)
from railguard.cli.wording import count

if TYPE_CHECKING:
    from railguard.batch import Estimate, Progress, Summary, Tally

NAME = "batch"
HELP = "validate or ask for every row of a file, and resume"
EXAMPLES = (
    "railguard batch fees.rail stored.jsonl --answer text --out checked.jsonl",
    "railguard batch fees.rail documents.csv --model openai:gpt-5 --out fees.parquet --report report.html",
    "railguard batch fees.rail documents.csv --model openai:gpt-5 --out fees.parquet --dry-run",
)
_MOST = 10


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard batch`."""
    parser.add_argument("spec", metavar="SPEC", help="a RAIL file, a JSON Schema (.json), or module:Model")
    parser.add_argument("inputs", metavar="IN", nargs="+", help="a file of rows; - for JSON Lines on standard input")
    parser.add_argument("--out", metavar="OUT", required=True, help="the output; with --engine ray, a folder")
    parser.add_argument("--answer", metavar="COLUMN", help="validate the answer in this column")
    parser.add_argument("--model", metavar="MODEL", help="ask PROVIDER:NAME, as openai:gpt-5, for every row")
    parser.add_argument(
        "--column",
        metavar="NAME=COLUMN",
        action="append",
        default=[],
        help="a variable of the spec and its column, where their names differ",
    )
    parser.add_argument(
        "--var",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a variable that is the same for all rows; @FILE",
    )
    parser.add_argument("--jobs", metavar="N", type=int, help="processes (default: one a core), or calls at once (16)")
    parser.add_argument("--limit", metavar="N", type=int, help="only the first N rows")
    parser.add_argument("--sample", metavar="N", type=int, help="only N rows, drawn at random")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="the seed of the random sample (default: 0)")
    parser.add_argument("--retry-failed", action="store_true", help="ask again for rows whose answer failed")
    parser.add_argument("--restart", action="store_true", help="discard earlier results, and replace OUT")
    parser.add_argument("--dry-run", action="store_true", help="estimate what a model would cost, and ask nothing")
    parser.add_argument("--report", metavar="FILE", help="write a page about the job, as HTML")
    parser.add_argument("--prefix", metavar="TEXT", default="", help="the prefix of the result columns")
    parser.add_argument("--message", metavar="TEXT", help="a user message, for a spec without messages")
    parser.add_argument("--max-reasks", metavar="N", type=int, default=2, help="questions after the first (default: 2)")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=600.0, help="for a row (default: 600)")
    parser.add_argument("--base-url", metavar="URL", help="another server that speaks the provider's protocol")
    parser.add_argument(
        "--option", metavar="NAME=VALUE", action="append", default=[], help="an option for the model: JSON, else text"
    )
    parser.add_argument("--cache", metavar="FILE", help="answer repeated questions from FILE, a cache")
    parser.add_argument("--requests-per-minute", metavar="N", type=int, help="requests that are sent at most")
    parser.add_argument("--tokens-per-minute", metavar="N", type=int, help="tokens that are spent at most")
    parser.add_argument(
        "--rate-limit-store",
        metavar="URL",
        default="memory://",
        help="where they are counted: a Redis server, for several processes",
    )
    parser.add_argument("--engine", choices=("local", "ray"), default="local", help="where it runs (default: local)")
    parser.add_argument("--address", metavar="ADDRESS", help="of a Ray cluster (default: one on this machine)")
    parser.add_argument(
        "--metadata", metavar="NAME=VALUE", action="append", default=[], help="metadata for validators: JSON, else text"
    )
    parser.add_argument(
        "--repair",
        choices=("none", "syntax", "lossless", "judgement"),
        help="the allowed local repairs; each level includes those before it (default: the spec's, else lossless)",
    )
    add_options(parser)


def command(args: Namespace) -> int:
    """Run the job, or estimate its cost, and print a summary."""
    from railguard import batch

    one_stdin([args.spec, *args.inputs, *stdin_uses([*args.var, *args.option, *args.metadata])])
    guard = load_guard(args, messages=args.message)
    rows: Any = [Path(name) for name in args.inputs]
    given: dict[str, Any] = {
        "columns": _columns(args.column),
        "variables": assigned_variables(guard, args.var, []),
        "limit": args.limit,
        "sample": args.sample,
        "seed": args.seed,
        "prefix": args.prefix,
    }
    if args.dry_run:
        if args.model is None:
            raise InputError("--dry-run estimates what a model would cost; without --model nothing does")
        _print_estimate(batch.estimate(guard, rows, args.out, model=args.model, **given), args)
        return exits.GOOD
    with _Bar() as bar:
        try:
            summary = batch.run(
                guard,
                rows,
                args.out,
                answer=args.answer,
                model=args.model,
                metadata=literals(args.metadata, "--metadata"),
                jobs=args.jobs,
                retry_failed=args.retry_failed,
                restart=args.restart,
                report=args.report,
                engine=args.engine,
                address=args.address,
                progress=bar.show,
                **given,
                **_asking(guard, args),
            )
        except (KeyboardInterrupt, Exception):
            bar.stop()
            if bar.rows:
                note(f"stopped after {count(bar.rows, 'row')}; finished rows are kept, and the same command continues")
            raise
    _print_summary(summary, args)
    return _code(summary.tally)


def _asking(guard: Guard, args: Namespace) -> dict[str, Any]:
    """Return the options of a job that asks a model. Raises InputError if one is given without a model."""
    found = {
        "base_url": args.base_url,
        "cache": args.cache,
        "requests_per_minute": args.requests_per_minute,
        "tokens_per_minute": args.tokens_per_minute,
    }
    if args.model is None:
        return {**found, **options(args.option)}
    return {
        **found,
        "rate_limit_store": args.rate_limit_store,
        "max_reasks": args.max_reasks,
        "timeout": args.timeout,
        **options(args.option),
    }


def _columns(assigned: list[str]) -> dict[str, str]:
    found = {}
    for text in assigned:
        name, equals, column = text.partition("=")
        if not equals or not name or not column:
            raise InputError(f"--column {text[:80]!r}: write NAME=COLUMN")
        found[name] = column
    return found


class _Bar:
    """The progress on stderr, if it is a terminal."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None
        self._watched = is_terminal(sys.stderr)
        self.rows = 0

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop()

    def show(self, progress: Progress) -> None:
        """Draw the progress."""
        self.rows = progress.rows
        if not self._watched:
            return
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bars

        if self._bar is None:
            words = TextColumn("{task.fields[rate]}")
            self._bar = Bars(
                BarColumn(24),
                words,
                TimeRemainingColumn(compact=True),
                console=console(sys.stderr),
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._task = self._bar.add_task("", total=1.0 if progress.done is not None else None, rate="")
            self._bar.start()
        self._bar.update(self._task, completed=progress.done or 0.0, rate=_rate(progress))

    def stop(self) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _rate(progress: Progress) -> str:
    tally = progress.tally
    parts = [count(tally.rows, "row"), f"{progress.rows / max(progress.seconds, 1e-3):,.0f}/s"]
    if tally.rows - tally.good:
        worst = [rule for (rule, _), _ in tally.failures.most_common(1)]
        parts.append(f"{tally.rows - tally.good:,} failed" + (f" (most: {visible(worst[0])})" if worst else ""))
    parts += _spent(tally)
    return ", ".join(parts)


def _spent(tally: Tally) -> list[str]:
    parts = []
    if tally.input_tokens or tally.output_tokens:
        parts.append(f"{tally.input_tokens + tally.output_tokens:,} tokens")
        if tally.cost:
            parts.append(f"${tally.cost:.4f}")
    return parts


def _code(tally: Tally) -> int:
    """Return the exit code of the worst row. An unreadable row counts as failed."""
    codes = {
        "failed": exits.FAILED,
        "unread": exits.FAILED,
        "broken": exits.WRONG,
        "unanswered": exits.PROVIDER,
    }
    return max((code for status, code in codes.items() if tally.statuses[status]), default=exits.GOOD)  # type: ignore[index]


def _print_summary(summary: Summary, args: Namespace) -> None:
    tally = summary.tally
    if args.format == "json":
        emit_json(
            {"out": summary.out, "journal": summary.journal, "seconds": summary.seconds, **tally.to_dict()}, indent=2
        )
        return
    good = tally.good == tally.rows
    parts = [f"{tally.good:,} of {count(tally.rows, 'row')} valid"]
    if tally.repaired:
        parts.append(f"{tally.repaired:,} after local fixes or repairs")
    words = {
        "failed": "failed",
        "unread": "could not be read",
        "broken": "could not be judged",
        "unanswered": "unanswered",
    }
    parts += [f"{number:,} {word}" for status, word in words.items() if (number := tally.statuses[status])]  # type: ignore[index]
    parts += _spent(tally)
    emit(paint(f"{visible(summary.out)}: {', '.join(parts)}", "green" if good else "red", sys.stdout))
    for (rule, place), number in tally.failures.most_common(_MOST):
        emit(f"  {number:>9,}  {visible(place)}  {visible(rule)}")
    for reason, number in tally.errors.most_common(_MOST):
        emit(f"  {number:>9,}  {visible(reason)}")
    if args.report:
        emit(f"report: {visible(args.report)}")


def _print_estimate(estimated: Estimate, args: Namespace) -> None:
    if args.format == "json":
        emit_json(
            {
                "estimate": True,
                "rows": estimated.rows,
                "left": estimated.left,
                "input_tokens": estimated.input_tokens,
                "output_tokens": estimated.output_tokens,
                "cost": None if estimated.cost is None else float(estimated.cost),
                "measured": estimated.measured,
            },
            indent=2,
        )
        return
    names = ", ".join(map(shown_name, args.inputs)) if STDIN not in args.inputs else "<stdin>"
    emit(f"{visible(names)}: {count(estimated.rows, 'row')}, {estimated.left:,} of them not finished")
    basis = (
        "as the finished rows needed, reasks included"
        if estimated.measured
        else "first questions only; reasks cost extra"
    )
    emit(f"estimate: {estimated.input_tokens:,} tokens in, {estimated.output_tokens:,} out ({basis})")
    emit("estimate: the price is not known" if estimated.cost is None else f"estimate: ${estimated.cost:.2f}")
