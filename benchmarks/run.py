"""Prints every benchmark as ratios to the floor, all measured in this run: `make bench`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import hostile
import imports
import reask
import streaming
import validation
from rich.console import Console
from rich.table import Table


def main() -> None:
    """Run all of it."""
    console = Console()
    table = Table("validation of a valid answer", "railguard µs", "pydantic µs", "ratio", title="CPU time")
    for what, ours, theirs, times in validation.rows():
        table.add_row(what, f"{ours * 1e6:.1f}", f"{theirs * 1e6:.1f}", f"{times:.2f}")
    table.add_row("jiter alone, 1 KB", "", f"{validation.floor(10) * 1e6:.1f}", "")
    table.add_row("jiter alone, 100 KB", "", f"{validation.floor(1000) * 1e6:.1f}", "")
    console.print(table)
    table = Table("pieces of four characters", "CPU s", "jiter, whole text, s", "values told", title="Streaming")
    for what, seconds, floor, told in streaming.rows():
        table.add_row(what, f"{seconds:.3f}", f"{floor:.6f}", str(told))
    console.print(table)
    worst = sorted(hostile.rows(), key=lambda row: -row.seconds)
    table = Table(
        "1 MB of", "asked for", "policy", "CPU s", "growth a doubling", title="Hostile text: the worst shapes"
    )
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
    for row in reask.rows():
        table.add_row(row["shape"], *(str(row[key]) for key in ("whole answer", "leaves", "answer", "added", "fields")))
    console.print(table)


if __name__ == "__main__":
    main()
