"""Prints every benchmark as ratios to the floor, all measured in this run: `make bench`.

Compare ratios, not seconds: both sides of a ratio meet the same machine. `--hostile BYTES` sets the size of the hostile
texts, 1 MB by default; smaller ones take less time.
"""

from __future__ import annotations

import argparse
import sys
from itertools import groupby
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import hostile
import imports
import reask
import sources
import streaming
import validation
from rich.console import Console
from rich.table import Table


def main() -> None:
    """Run all of it."""
    arguments = argparse.ArgumentParser(description="Every benchmark, as ratios to pydantic and jiter.")
    arguments.add_argument(
        "--hostile", type=int, default=hostile.MEGABYTE, metavar="BYTES", help="of each hostile text"
    )
    size = arguments.parse_args().hostile
    console = Console()
    table = Table("validation of a valid answer", "railguard µs", "pydantic µs", "ratio", title="CPU time")
    for what, ours, theirs, times in validation.rows():
        table.add_row(what, f"{ours * 1e6:.1f}", f"{theirs * 1e6:.1f}", f"{times:.2f}")
    table.add_row("jiter alone, 1 KB", "", f"{validation.floor(10) * 1e6:.1f}", "")
    table.add_row("jiter alone, 100 KB", "", f"{validation.floor(1000) * 1e6:.1f}", "")
    console.print(table)
    for kilobytes, size_rows in groupby(sources.rows(), key=lambda row: "1 KB" if row.kilobytes < 10 else "110 KB"):
        by_source = list(size_rows)
        title = f"{kilobytes}, CPU time divided by pydantic's for the sound answer"
        table = Table("the answer", *(row.source for row in by_source), title=title)
        for fault in sources.FAULTS:
            cells = (f"{row.ratios[fault]:.2f}" if fault in row.ratios else "" for row in by_source)
            table.add_row(fault, *cells)
        table.add_row("sound: railguard µs", *(f"{row.ours * 1e6:.1f}" for row in by_source))
        table.add_row("sound: pydantic µs", *(f"{row.floor * 1e6:.1f}" for row in by_source))
        console.print(table)
    table = Table("pieces of four characters", "CPU s", "jiter for each piece, s", "ratio", "fields", title="Streaming")
    for what, seconds, floor, times, told in streaming.rows():
        table.add_row(what, f"{seconds:.3f}", f"{floor:.3f}", f"{times:.2f}", str(told))
    console.print(table)
    worst = sorted(hostile.rows(size), key=lambda row: -row.seconds)
    title = "Hostile text: the worst shapes"
    table = Table(f"{size / 1e6:g} MB of", "asked for", "policy", "CPU s", "growth a doubling", title=title)
    for row in [*worst[:8], *sorted(worst[8:], key=lambda row: -row.growth)[:4]]:
        table.add_row(row.shape, row.schema, row.policy, f"{row.seconds:.2f}", f"{row.growth:.2f}")
    console.print(table)
    table = Table("import", "CPU s", "ratio", title="A fresh interpreter")
    for code, seconds, times in imports.rows():
        table.add_row(code, f"{seconds:.3f}", f"{times:.2f}")
    console.print(table)
    table = Table(
        "reask", "whole answer", "failing leaves", "needed answer", "request adds", "fields", title="Bytes of a reask"
    )
    for cost in reask.rows():
        table.add_row(
            cost["shape"], *(str(cost[key]) for key in ("whole answer", "leaves", "answer", "added", "fields"))
        )
    console.print(table)


if __name__ == "__main__":
    main()
