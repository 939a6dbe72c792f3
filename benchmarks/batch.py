"""A batch of stored answers beside a loop that reads, validates with pydantic and writes, with as many processes.

    python benchmarks/batch.py                     200,000 rows
    python benchmarks/batch.py --rows 1000000      as many as you like

Both sides read the same blocks in the same worker processes and write their results in order. They are measured by turns;
CPU seconds are those of all processes. The last line is about memory: the peak of the largest process, for a fifth of the
rows and for all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from pydantic import BaseModel, TypeAdapter
from rich.console import Console
from rich.table import Table

from railguard import Guard
from railguard.batch import run
from railguard.batch.blocks import RowBlock, blocks

WORDS = "Charged each year on the anniversary of the account, unless it was closed before. "


class Row(BaseModel):
    """What a row is."""

    id: int
    name: str
    amount: float
    tags: list[str]
    note: str


ADAPTER = TypeAdapter(Row)
RAIL = """<rail version="1.0"><output><integer name="id"/><string name="name"/><number name="amount"/>
<list name="tags"><string/></list><string name="note"/></output></rail>"""
GUARDS = {
    "RAIL": lambda: Guard.from_rail_string(RAIL),
    "JSON Schema": lambda: Guard.from_json_schema(Guard.from_rail_string(RAIL).json_schema()),
    "pydantic": lambda: Guard.from_pydantic(Row),
}


def write_rows(path: Path, number: int, size: int) -> None:
    """So many sound rows of about so many bytes."""
    drawn = random.Random(1)
    note = (WORDS * (size // len(WORDS) + 1))[: max(size - 80, 10)]
    with path.open("w", encoding="utf-8") as file:
        for at in range(number):
            amount = drawn.randrange(10**6) / 100
            row = {"id": at, "name": f"Annual fee {at}", "amount": amount, "tags": ["a", "b"], "note": note}
            file.write(json.dumps(row) + "\n")


def _floor_block(block: RowBlock) -> bytes:
    validate, dump = ADAPTER.validate_json, ADAPTER.dump_json
    return b"".join(dump(validate(line)) + b"\n" for line in block.read().split(b"\n") if line)


def floor(source: str, out: str, jobs: int) -> None:
    """The loop that is compared with."""
    under_way: deque = deque()
    with ProcessPoolExecutor(jobs, get_context("fork")) as pool, open(out, "wb") as file:
        for block in blocks([source]):
            under_way.append(pool.submit(_floor_block, block))
            if len(under_way) > 3 * jobs:
                file.write(under_way.popleft().result())
        for future in under_way:
            file.write(future.result())


def measured(call) -> tuple[float, float]:
    """(seconds, CPU seconds of this process and its workers) of a call."""
    before, began = _cpu(), time.monotonic()
    call()
    return time.monotonic() - began, _cpu() - before


def _cpu() -> float:
    own, workers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime


def memory(source: Path, jobs: int) -> int:
    """The peak of the largest process of a job, in KB."""
    code = (
        "import resource, sys, benchmarks.batch as b; from railguard.batch import run; "
        f"run(b.GUARDS['RAIL'](), {str(source)!r}, {str(source) + '.out.jsonl'!r}, jobs={jobs}); "
        "print(max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    return int(done.stdout)


def main() -> None:
    """Measure, and print a table."""
    arguments = argparse.ArgumentParser(description="A batch beside a loop with pydantic.")
    arguments.add_argument("--rows", type=int, default=200_000)
    arguments.add_argument("--bytes", type=int, default=160, help="of a row")
    arguments.add_argument("--jobs", type=int, default=2)
    arguments.add_argument("--turns", type=int, default=3)
    given = arguments.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "rows.jsonl", Path(folder) / "out.jsonl"
        write_rows(source, given.rows, given.bytes)
        title = f"{given.rows:,} rows, {os.path.getsize(source) / 1e6:.0f} MB, {given.jobs} processes"
        table = Table("guard", "CPU s", "pydantic CPU s", "speed by CPU", "speed by the clock", "rows/s", title=title)
        for name, make in GUARDS.items():
            guard, ours, theirs = make(), [], []
            for _ in range(given.turns):
                theirs.append(measured(lambda: floor(str(source), str(out), given.jobs)))
                out.unlink()
                ours.append(measured(lambda guard=guard: run(guard, source, out, jobs=given.jobs)))
                out.unlink()
                out.with_name("out.jsonl.journal").unlink()
            cpu = [theirs[at][1] / ours[at][1] for at in range(given.turns)]
            clock = [theirs[at][0] / ours[at][0] for at in range(given.turns)]
            table.add_row(
                name,
                f"{statistics.median(one for _, one in ours):.2f}",
                f"{statistics.median(one for _, one in theirs):.2f}",
                f"{statistics.median(cpu):.2f}",
                f"{statistics.median(clock):.2f}",
                f"{given.rows / min(one for one, _ in ours):,.0f}",
            )
        console.print(table)
        few = Path(folder) / "few.jsonl"
        write_rows(few, given.rows // 5, given.bytes)
        console.print(
            f"peak memory: {memory(few, given.jobs):,} KB, with five times the rows {memory(source, given.jobs):,} KB"
        )


if __name__ == "__main__":
    main()
