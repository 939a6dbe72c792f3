"""Reads Parquet files as rows. Only this file and tables.py import pyarrow, which is an extra."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from railguard import InputError

__all__ = ["arrow", "groups", "read_rows", "schema_of", "serialized"]

_BATCH = 2_000


def arrow() -> Any:
    """Import the package pyarrow. Raises InputError if it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError("Parquet needs the package pyarrow: pip install 'railguard[parquet]'") from None
    return pyarrow


def _opened(name: str) -> Any:
    pyarrow = arrow()
    open(name, "rb").close()  # errors of the file itself are reported as for any other file
    try:
        return pyarrow.parquet.ParquetFile(name)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(f"{name}: not a whole Parquet file: {error}") from error


def groups(name: str) -> list[int]:
    """Return the number of rows in each row group of a file. Raises OSError, and InputError if it is not a Parquet
    file.
    """
    with _opened(name) as file:
        return [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]


def schema_of(name: str) -> Any:
    """Return the columns of a file as a pyarrow schema."""
    with _opened(name) as file:
        return file.schema_arrow


def read_rows(name: str, group: int, start: int, rows: int) -> Any:
    """Read rows of a row group as a pyarrow table. Raises InputError if it cannot be read.

    Rows are usually read in order. A row group is then decoded once per process, and is never in memory as a whole.
    """
    pyarrow = arrow()
    try:
        found = _group(name, group)
        if start < found.at:
            _group.cache_clear()
            found = _group(name, group)
        return found.take(start, rows)
    except (pyarrow.ArrowException, OSError) as error:
        _group.cache_clear()
        raise InputError(f"row group {group} of {name} cannot be read: {error}") from error


class _Group:
    """A row group that is read forwards. at: the next row."""

    def __init__(self, name: str, group: int) -> None:
        file = _opened(name)
        self.at = 0
        self._schema = file.schema_arrow
        self._batches = file.iter_batches(batch_size=_BATCH, row_groups=[group], use_threads=False)
        self._rest: list[Any] = []

    def take(self, start: int, rows: int) -> Any:
        """Return rows from `start` on; `start` must not be before `at`."""
        self._next(start - self.at)
        return arrow().Table.from_batches(self._next(rows), schema=self._schema)

    def _next(self, rows: int) -> list[Any]:
        found = []
        while rows > 0:
            batch = self._rest.pop() if self._rest else next(self._batches)
            if batch.num_rows > rows:
                self._rest.append(batch.slice(rows))
                batch = batch.slice(0, rows)
            found.append(batch)
            rows -= batch.num_rows
            self.at += batch.num_rows
        return found


@lru_cache(maxsize=1)
def _group(name: str, group: int) -> _Group:
    return _Group(name, group)


def serialized(table: Any) -> bytes:
    """Serialize a table; equal tables give equal bytes."""
    pyarrow = arrow()
    sink = pyarrow.BufferOutputStream()
    whole = table.combine_chunks()
    with pyarrow.ipc.new_stream(sink, whole.schema) as writer:
        writer.write_table(whole)
    found: bytes = sink.getvalue().to_pybytes()
    return found
