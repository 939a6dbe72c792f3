"""Kills a job at random moments, goes on with the same command, and looks at what is lost, doubled and asked twice."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

from tests.batch.conftest import Model, documents, lines, start


def finished(journal: Path) -> set[int]:
    """The rows that a journal of a killed job holds an answer to."""
    if not journal.exists():
        return set()
    try:
        with closing(sqlite3.connect(journal)) as connection:
            return {row[0] for row in connection.execute("SELECT ordinal FROM rows WHERE status != 'unanswered'")}
    except sqlite3.OperationalError:  # it was killed before there were tables
        return set()


def extraction_survives(folder: Path, model: Model, *, rows: int, kills: int, seed: int) -> int:
    """Kill an extraction so many times. Returns how many kills met it at work.

    A little after the moment of a kill its questions are not answered any more: it cannot be done before the kill comes.
    """
    source, out = documents(folder / "rows.jsonl", rows), folder / "out.jsonl"
    journal = folder / "out.jsonl.journal"
    drawn, met, known = random.Random(seed), 0, set[int]()
    arguments = ("spec.rail", source, "--out", out, "--model", "openai:gpt-5", "--base-url", model.url, "--jobs", 8)
    while kills:
        asked = model.asked.copy()
        target = sum(asked.values()) + drawn.randrange(1, max(2, rows // (kills + 1)))
        model.hold_after, model.released = target + 8, threading.Event()
        begun, process = time.monotonic(), start(*arguments, folder=folder)
        while process.poll() is None and model.number_asked < target:
            assert time.monotonic() - begun < 300, "the job makes no progress"
            time.sleep(0.002)
        time.sleep(drawn.random() * 0.02)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        model.released.set()
        met += process.returncode == -signal.SIGKILL
        time.sleep(2 * model.seconds)  # what was on its way is counted
        twice = {at for at in known if model.asked[at] > asked[at]}
        assert not twice, f"asked again though their answers were in the journal: {sorted(twice)}"
        known = finished(journal)
        assert len(known) == rows or not out.exists()
        kills -= 1
    asked = model.asked.copy()
    process = start(*arguments, folder=folder)
    told, errors = process.communicate(timeout=300)
    assert process.returncode == 0, told + errors
    assert not {at for at in known if model.asked[at] > asked[at]}
    assert [line["id"] for line in lines(out)] == [f"r{at}" for at in range(rows)]
    assert [line["output"] for line in lines(out)] == [{"number": at, "word": "w"} for at in range(rows)]
    return met
