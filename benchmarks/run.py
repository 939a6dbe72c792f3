"""Measures everything beside its floor and the rivals, prints it, and writes docs/benchmarks.md: `make bench`.

Compare ratios, not seconds: both sides of a ratio meet the same machine. `--quick` measures the paths of an answer alone, in
less than a minute, and writes nothing (`make bench-quick`). `--rivals` without a name leaves out what has to be
installed first.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import growing
import hostile
import imports
import paths
import reask
import rivals
import streaming

import validators

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
HEAD = """# Benchmarks

`make bench` measures this page anew, and `make bench-quick` its first table in less than a minute. All times are CPU time.
A ratio is railguard's time divided by that of its floor: the same work done by pydantic alone, or by json_repair and
pydantic where the text is no JSON. Both were measured by turns in one process; the ratio is the median, and half of the
ratios lie between the numbers in brackets. Seconds differ from machine to machine, ratios much less.

The goal is what the project wants to reach. **Missed** marks where it does not.
"""


def main() -> None:
    """Run all of it, or the quick part."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="the paths of an answer alone; nothing is written")
    arguments.add_argument(
        "--rivals",
        nargs="*",
        choices=[*rivals.GROUPS],
        default=[*rivals.GROUPS],
        help="other libraries, all by default",
    )
    arguments.add_argument(
        "--hostile", type=int, default=hostile.MEGABYTE, metavar="BYTES", help="of each hostile text"
    )
    arguments.add_argument("--turns", type=int, default=11, metavar="N", help="how often each row is measured")
    options = arguments.parse_args()
    if options.quick:
        for line in _paths([], quick=True, turns=5):
            print(line, flush=True)
        return
    page = [HEAD, _machine()]
    missed: list[str] = []
    for part in _parts(options, missed):
        print(part, flush=True)
        page.append(part)
    page.insert(2, _told(missed))
    print(page[2])
    PAGE.write_text("\n".join(page), encoding="utf-8")


def _machine() -> str:
    names = ("pydantic", "pydantic-core", "jiter", "json-repair", "google-re2")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    return (
        f"Measured on {time.strftime('%Y-%m-%d')}: {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}.\n"
        f"The machine has {os.cpu_count()} processors. Their load was {os.getloadavg()[1]:.0f} when the measurement began: more "
        "than the number of processors means that other work went on beside it, and that the spread is wide.\n"
    )


def _told(missed: list[str]) -> str:
    """What misses its goal, in words."""
    if not missed:
        return "\nEvery goal is met.\n"
    return "\n".join(["\n## What misses its goal\n", *(f"- {one}" for one in missed), ""])


def _parts(options: argparse.Namespace, missed: list[str]) -> Iterator[str]:
    yield f"\n## Paths of an answer\n\nEach row is the median of {options.turns} turns.\n"
    yield from _paths(missed, quick=False, turns=options.turns)
    yield "\n## Commands\n\nEach is a program of its own, its start included.\n"
    yield from _table(paths.command_rows(turns=min(options.turns, 9)), missed)
    if options.rivals:
        yield (
            "\n## Other libraries\n\nThe ratio is railguard's time divided by theirs. BAML's parser is called without a model, "
            "and knows types but no rules. guardrails-ai\nmakes a JSON Schema of the `Field()` rules of a pydantic model; its "
            "telemetry is off. A library that does not install is named below the table.\n"
        )
        yield from _rivals(options.rivals, missed)
        yield from _tokens()
    yield "\n## Growth\n\nThe exponent with which time grows; 1 is linear, and the goal is at most 1.1.\n"
    yield "| what grows | sizes | exponent | |\n|---|---|---|---|"
    for row in growing.growth_rows():
        sizes = ", ".join(map(str, row.sizes))
        mark = _mark(row.exponent, growing.GOAL)
        yield f"| {row.what} | {sizes} | {row.exponent:.2f} | {mark} |"
        if mark:
            missed.append(
                f"{row.what}: the time grows with an exponent of {row.exponent:.2f}; the goal is {growing.GOAL}."
            )
    yield "\n## Memory\n\nThe most that a parse of 100 KB holds, as a multiple of the text.\n"
    yield "| what | times the text |\n|---|---|"
    for what, times in growing.memory_rows():
        yield f"| {what} | {times:.1f} |"
    yield "\n## Streaming\n\nPieces of four characters; the floor reads all that has come with jiter, for each piece.\n"
    yield "| what | CPU s | floor, s | ratio |\n|---|---|---|---|"
    for what, seconds, floor, ratio, _ in streaming.rows():
        yield f"| {what} | {seconds:.3f} | {floor:.3f} | {ratio:.2f} |"
    yield from _validators()
    yield "\n## Import\n\n| a fresh interpreter that runs | CPU s | times pydantic |\n|---|---|---|"
    for code, seconds, ratio in imports.rows():
        yield f"| `{code}` | {seconds:.3f} | {ratio:.2f} |"
    yield "\n## Bytes of a reask\n\n| shape | whole answer | needed answer | the request adds |\n|---|---|---|---|"
    for cost in reask.rows():
        yield f"| {cost['shape']} | {cost['whole answer']} | {cost['answer']} | {cost['added']} |"
    worst = sorted(hostile.rows(options.hostile), key=lambda row: -row.seconds)
    yield f"\n## Hostile text\n\nThe eight shapes that take longest, {options.hostile / 1e6:g} MB each.\n"
    yield "| shape | asked for | policy | CPU s | growth a doubling |\n|---|---|---|---|---|"
    for row in worst[:8]:
        yield f"| {row.shape} | {row.schema} | {row.policy} | {row.seconds:.2f} | {row.growth:.2f} |"
    yield ""


def _paths(missed: list[str], *, quick: bool, turns: int) -> Iterator[str]:
    yield from _table(paths.rows(quick=quick, turns=turns), missed)


def _table(rows: Iterable[paths.Row], missed: list[str]) -> Iterator[str]:
    yield "| work | source | size | railguard µs | floor | floor µs | ratio | goal | |\n|---|---|---|---|---|---|---|---|---|"
    for row in rows:
        found = row.measured
        ratio = f"{found.ratio:.2f} [{found.low:.2f}–{found.high:.2f}]"
        yield (
            f"| {row.work} | {row.source} | {row.size} | {found.ours * 1e6:,.0f} | {row.floor_name} | "
            f"{found.floor * 1e6:,.0f} | {ratio} | {row.goal or ''} | {_mark(found.ratio, row.goal)} |"
        )
        if _mark(found.ratio, row.goal):
            what = f"{row.work}, {row.source}, {row.size}"
            missed.append(f"{what}: {found.ratio:.2f} times the time of {row.floor_name}; the goal is {row.goal}.")


def _rivals(names: list[str], missed: list[str]) -> Iterator[str]:
    yield "| library | work | railguard µs | theirs µs | ratio | goal | |\n|---|---|---|---|---|---|---|"
    skipped = []
    for row in rivals.rows(names):
        if isinstance(row, str):
            skipped.append(row)
            continue
        ratio = f"{row.ratio:.3f} [{row.low:.3f}–{row.high:.3f}]"
        yield (
            f"| {row.rival} | {row.work} | {row.ours * 1e6:,.0f} | {row.theirs * 1e6:,.0f} | {ratio} | "
            f"{row.goal or ''} | {_mark(row.ratio, row.goal)} |"
        )
        if _mark(row.ratio, row.goal):
            missed.append(f"{row.work}: {row.ratio:.2f} times the time of {row.rival}; the goal is {row.goal}.")
    for reason in skipped:
        yield f"\nNot measured: {reason}"


def _tokens() -> Iterator[str]:
    """What a valid output costs, by where the schema is: a row for each library, a column for each shape."""
    yield (
        "\n## Tokens of a valid output\n\nWhat the model reads and writes until an output is valid, in tokens of the o200k "
        "vocabulary: the average of 100 outputs whose first\nanswer has one to three wrong values, twenty of each shape. The "
        "second answer is right, and all that the library asks for.\n"
    )
    found: dict[tuple[str, str], list[rivals.TokenRow]] = {}
    reasons = []
    for row in rivals.token_rows():
        if isinstance(row, str):
            reasons.append(row)
        else:
            found.setdefault((row.schema, row.library), []).append(row)
    if found:
        shapes = [row.shape for row in next(iter(found.values()))]
        yield "\n".join([f"| the schema is | library | {' | '.join(shapes)} |", f"|---|---|{'---|' * len(shapes)}"])
    for (schema, library), rows in found.items():
        cells = (f"{row.read + row.written:,.0f} ({row.read:,.0f} + {row.written:,.0f})" for row in rows)
        yield f"| {schema} | {library} | {' | '.join(cells)} |"
    for reason in reasons:
        yield f"\nNot counted: {reason}"


def _validators() -> Iterator[str]:
    """How fast the validators of texts are, and what a source costs."""
    sizes = ", ".join(validators.SIZES)
    yield (
        f"\n## Validators\n\nMegabytes of text a second, for texts of {sizes} that pass. The last column is the time of the "
        "slowest text of the largest size, as a\nmultiple of one search of RE2 through it.\n"
    )
    kinds = validators.KINDS
    yield "\n".join(
        [f"| validator | {' | '.join(kinds)} | its own format | times RE2 |", f"|---|{'---|' * len(kinds)}---|---|"]
    )
    for row in validators.text_rows():
        cells = (" / ".join(map(_speed, row.speeds.get(kind, ()))) for kind in (*kinds, "its own"))
        refused = f"; refuses {', '.join(row.fails)}" if row.fails else ""
        yield f"| {row.validator}{refused} | {' | '.join(cells)} | {row.ratio:,.1f} |"
    yield "\nA source of 200 KB is read when a value is first compared with it, and remembered for later ones, each of 1 KB.\n"
    yield "| validator | first value, ms | later values, ms |\n|---|---|---|"
    for one in validators.source_rows():
        refused = "" if one.passes else "; refuses it"
        yield f"| {one.validator}{refused} | {one.first * 1e3:.1f} | {one.later * 1e3:.2f} |"


def _speed(megabytes: float) -> str:
    """A speed in two digits; what does not look at the text has none."""
    return "–" if megabytes > 5_000 else f"{megabytes:.2g}" if megabytes < 10 else f"{megabytes:,.0f}"


def _mark(ratio: float, goal: float | None) -> str:
    return "" if goal is None or ratio <= goal else "**missed**"


if __name__ == "__main__":
    main()
