"""The finished rows of a job, in a SQLite file next to its output, so that the same command continues where it was
stopped.

The journal survives a kill and a power loss. Only one process at a time can use it, because of SQLite's lock; the
system releases that lock whenever the process ends. Open the journal after worker processes were forked.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from railguard import InputError
from railguard.batch.row_results import Status

__all__ = ["Checkpoint", "Finished", "Journal"]

_FORMAT = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mark (id INTEGER PRIMARY KEY CHECK (id = 1), blocks INTEGER, size INTEGER, digest BLOB, tally TEXT);
CREATE TABLE IF NOT EXISTS rows (
  ordinal INTEGER PRIMARY KEY, digest BLOB NOT NULL, status TEXT NOT NULL, name TEXT NOT NULL, result TEXT NOT NULL, seconds REAL
);
"""


class Checkpoint(NamedTuple):
    """The progress of a validation. blocks: finished ones; size: bytes of their output; digest: a digest of all that
    was read.
    """

    blocks: int
    size: int
    digest: bytes
    tally: dict[str, Any]


class Finished(NamedTuple):
    """A finished row. digest: of the row; name: its name in reports; result: as JSON; seconds: its duration."""

    ordinal: int
    digest: bytes
    status: Status
    name: str
    result: str
    seconds: float | None


class Journal:
    """The journal of one job. Its methods may be called from several threads."""

    def __init__(self, path: str) -> None:
        """Open the file, or create it, and lock it.

        Args:
            path: The file.

        Raises:
            InputError: If another process uses it, or it is not a journal.
        """
        self.path = path
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, timeout=0.5, check_same_thread=False, isolation_level=None)
            try:
                self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
                self._connection.execute("BEGIN IMMEDIATE")  # takes the lock; exclusive mode then keeps it
                for statement in _TABLES.strip().split(";\n"):
                    self._connection.execute(statement)
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.DatabaseError as error:
            raise InputError(_why(path, error)) from error
        found = self.about("format")
        if found not in (None, _FORMAT):
            self.close()
            raise InputError(f"the journal {path} is of another version of railguard; finish the job with that one")
        self.set_about(format=_FORMAT)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def about(self, name: str) -> Any:
        """Return a stored entry of the job's description, or None."""
        row = self._one("SELECT value FROM about WHERE name = ?", (name,))
        return None if row is None else json.loads(row[0])

    def set_about(self, **values: Any) -> None:
        """Store entries of the job's description."""
        rows = [(name, json.dumps(value)) for name, value in values.items()]
        with self._writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", rows)

    def clear(self) -> None:
        """Delete all content."""
        with self._writing() as connection:
            for table in ("about", "mark", "rows"):
                connection.execute(f"DELETE FROM {table}")
        self.set_about(format=_FORMAT)

    # A validation: one mark.

    @property
    def mark(self) -> Checkpoint | None:
        """Return the progress, or None at the beginning."""
        row = self._one("SELECT blocks, size, digest, tally FROM mark", ())
        return None if row is None else Checkpoint(row[0], row[1], row[2], json.loads(row[3]))

    def set_mark(self, mark: Checkpoint) -> None:
        """Store the progress. The output that the mark counts is already on the disk."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO mark VALUES (1, ?, ?, ?, ?)",
                (mark.blocks, mark.size, mark.digest, json.dumps(mark.tally)),
            )

    # An extraction: its finished rows.

    def finish(self, rows: Iterable[Finished]) -> None:
        """Store finished rows; they replace earlier entries of the same rows."""
        with self._writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?)", rows)

    def finished(self, begin: int = 0) -> Iterator[Finished]:
        """Yield the finished rows in order, from an ordinal on. The journal may be written meanwhile."""
        while True:
            with self._lock:
                found = self._connection.execute(
                    "SELECT ordinal, digest, status, name, result, seconds FROM rows WHERE ordinal >= ? "
                    "ORDER BY ordinal LIMIT 500",
                    (begin,),
                ).fetchall()
            if not found:
                return
            for row in found:
                yield Finished(*row)
            begin = found[-1][0] + 1

    def count(self) -> int:
        """Return the number of finished rows."""
        row = self._one("SELECT COUNT(*) FROM rows", ())
        return int(row[0]) if row else 0

    def _one(self, query: str, values: tuple[Any, ...]) -> Any:
        with self._lock:
            return self._connection.execute(query, values).fetchone()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction. Raises OSError if the disk is full."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise OSError(f"the journal {self.path} cannot be written: {error}") from error
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _why(path: str, error: sqlite3.DatabaseError) -> str:
    if "locked" in str(error):
        return f"another process works on this job: its journal {path} is locked"
    if "not a database" in str(error):
        return f"{path} is not a journal; name another output, or remove the file"
    return f"the journal {path} cannot be used: {error}"
