"""Splits inputs into blocks: runs of whole rows of one file, small enough to hold in memory.

A block says where its rows are; the process that works on it reads them there. Only rows that are in no file (standard
input, a Python iterable) are contained in their block. The same input always gives the same blocks.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from typing import IO, Any, Literal, TypeAlias

from railguard import InputError

__all__ = [
    "LONGEST",
    "STDIN",
    "RowBlock",
    "RowSource",
    "SourceKind",
    "blocks",
    "content_digest",
    "csv_reader",
    "kind_of",
    "line_count",
    "sources",
]

SourceKind: TypeAlias = Literal["jsonl", "csv", "parquet"]
RowSource: TypeAlias = "str | Iterable[Mapping[str, Any] | str]"
"""The name of a file, or rows of the calling program."""

STDIN = "-"
_SIZE = 1 << 20
"""Approximate size of a block in bytes."""
_ROWS = 2_000
"""Rows in a block of Parquet or of Python values."""
LONGEST = 64 * 1024 * 1024
"""The longest row that is read, in bytes: eight times the longest model text that a guard reads, because of JSON's
escapes.
"""
_RECOVERIES = 20
"""Largest number of unreadable CSV records of which only the first line is skipped: each may require reading LONGEST
bytes again.
"""
_KINDS: dict[str, SourceKind] = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}


@dataclass(frozen=True, slots=True)
class RowBlock:
    """A run of whole rows.

    Attributes:
        number: The number of the block among those of all inputs, from 0.
        ordinal: The ordinal of its first row among the rows of all inputs, from 0.
        rows: How many rows it has; for JSON Lines, how many lines.
        kind: The file format of the rows.
        file: The file with the rows; None for rows of a program.
        first: The number of its first row in the file: of a line in JSON Lines, from 1; of a record in CSV and Parquet.
        start: Offset of its first byte; of Parquet, the first row in its row group.
        size: Its size in bytes; for Parquet, its share of the file's size.
        group: For Parquet, the row group.
        header: For CSV, the names of the columns.
        error: Why it cannot be read; the block then counts as one row.
        data: Its bytes, if they are in no file that can be read again.
    """

    number: int
    ordinal: int
    rows: int
    kind: SourceKind
    file: str | None = None
    first: int = 1
    start: int = 0
    size: int = 0
    group: int = 0
    header: tuple[str, ...] = ()
    error: str | None = None
    data: bytes | None = None

    def read(self) -> bytes:
        """Read the bytes of the rows (not for Parquet). Raises OSError, and InputError if the file has become shorter."""
        if self.data is not None:
            return self.data
        assert self.file is not None, "rows of a program travel with their block"
        with open(self.file, "rb") as file:
            file.seek(self.start)
            data = file.read(self.size)
        if len(data) != self.size:
            raise InputError(f"{self.file} has become shorter while it was read")
        return data


def content_digest(data: bytes) -> bytes:
    """Return a digest of sixteen bytes."""
    return blake2b(data, digest_size=16).digest()


def kind_of(name: str) -> SourceKind:
    """Return the format of a file from its name. Raises InputError if the name has no known extension."""
    if name == STDIN:
        return "jsonl"
    ending = os.path.splitext(name)[1].lower()
    if ending not in _KINDS:
        raise InputError(
            f"{name}: rows are read and written as .jsonl, .csv or .parquet; the name must end in one of these"
        )
    return _KINDS[ending]


def sources(rows: Any) -> list[RowSource]:
    """Return the sources in the argument `rows` of `run`: names of files, or one iterable of rows."""
    if isinstance(rows, (str, os.PathLike)):
        return [_name(rows)]
    if isinstance(rows, Mapping) or not isinstance(rows, Iterable):
        raise InputError(f"rows are files or an iterable of dicts and texts, not {type(rows).__name__}")
    if isinstance(rows, (list, tuple)) and rows and all(isinstance(one, os.PathLike) for one in rows):
        return [_name(one) for one in rows]
    return [rows]


def _name(path: str | os.PathLike[str]) -> str:
    return os.fspath(path)


def blocks(given: Iterable[RowSource]) -> Iterator[RowBlock]:
    """Yield the blocks of all sources in order. Raises OSError or InputError if a source cannot be read at all."""
    number = ordinal = 0
    for source in given:
        for block in _of(source, number, ordinal):
            yield block
            number, ordinal = block.number + 1, block.ordinal + block.rows


def _of(source: RowSource, number: int, ordinal: int) -> Iterator[RowBlock]:
    if not isinstance(source, str):
        return _of_values(source, number, ordinal)
    kind = kind_of(source)
    if kind == "jsonl":
        return _of_lines(source, number, ordinal)
    return _of_csv(source, number, ordinal) if kind == "csv" else _of_parquet(source, number, ordinal)


# JSON Lines.


def _of_lines(name: str, number: int, ordinal: int) -> Iterator[RowBlock]:
    inline = name == STDIN
    with nullcontext(sys.stdin.buffer) if inline else open(name, "rb") as file:
        first, start = 1, 0
        for data, size, error in _line_runs(file):
            rows = 1 if error else line_count(data)
            yield RowBlock(
                number,
                ordinal,
                rows,
                "jsonl",
                None if inline else name,
                first,
                start,
                size,
                error=error,
                data=data if inline else None,
            )
            number, ordinal, first, start = number + 1, ordinal + rows, first + rows, start + size


def line_count(data: bytes) -> int:
    """Count the lines; the last one may lack its newline."""
    return data.count(b"\n") + (not data.endswith(b"\n"))


def _line_runs(file: IO[bytes]) -> Iterator[tuple[bytes, int, str | None]]:
    """Yield runs of whole lines as (bytes, size, error). A line that is too long is skipped and gives an error."""
    while data := file.read(_SIZE):
        if data.endswith(b"\n"):
            yield data, len(data), None
            continue
        rest = file.readline(LONGEST)
        if rest.endswith(b"\n") or len(rest) < LONGEST:
            yield data + rest, len(data) + len(rest), None
            continue
        whole = data.rfind(b"\n") + 1
        if whole:
            yield data[:whole], whole, None
        size = len(data) - whole + len(rest)
        while (rest := file.readline(LONGEST)) and not rest.endswith(b"\n"):
            size += len(rest)
        yield b"", size + len(rest), f"the line is longer than {LONGEST:,} bytes"


def _of_values(values: Iterable[Mapping[str, Any] | str], number: int, ordinal: int) -> Iterator[RowBlock]:
    from pydantic_core import PydanticSerializationError, to_json

    first, lines, size = ordinal + 1, list[bytes](), 0
    for value in values:
        if not isinstance(value, (str, Mapping)):
            raise InputError(f"a row is a dict of columns or the text of an answer, not {type(value).__name__}")
        try:
            lines.append(to_json(value if isinstance(value, str) else dict(value)))
        except (PydanticSerializationError, ValueError) as error:
            raise InputError(f"row {first + len(lines)} cannot be written as JSON: {error}") from error
        size += len(lines[-1])
        if size >= _SIZE or len(lines) >= _ROWS:
            yield _in_memory(lines, number, first)
            number, first, lines, size = number + 1, first + len(lines), [], 0
    if lines:
        yield _in_memory(lines, number, first)


def _in_memory(lines: list[bytes], number: int, first: int) -> RowBlock:
    data = b"\n".join(lines) + b"\n"
    return RowBlock(number, first - 1, len(lines), "jsonl", first=first, size=len(data), data=data)


# CSV.


class _Lines:
    """The lines of a CSV file as text; it remembers where the current record began and where its first line ended."""

    def __init__(self, file: IO[bytes], at: int) -> None:
        self._file = file
        self.begin(at)

    def begin(self, at: int) -> None:
        """Continue reading at an offset."""
        self._file.seek(at)
        self.at = self.start = self.first_end = at

    def record(self) -> None:
        """Mark that the next line begins a record."""
        self.start = self.first_end = self.at

    def __iter__(self) -> Iterator[str]:
        while line := self._file.readline(LONGEST):
            self.at += len(line)
            if self.first_end == self.start:
                self.first_end = self.at
            yield line.decode("utf-8", "surrogateescape")


def csv_reader(lines: Iterable[str]) -> Any:
    """Return a CSV reader. The main process and its workers use the same one, so that they find the same records."""
    csv.field_size_limit(LONGEST)
    return csv.reader(lines, strict=True)


def _of_csv(name: str, number: int, ordinal: int) -> Iterator[RowBlock]:
    with open(name, "rb") as file:
        lines = _Lines(file, 3 if file.read(3) == b"\xef\xbb\xbf" else 0)
        reader = csv_reader(lines)
        header = _header(name, reader)
        first, start, rows, recoveries = 1, lines.at, 0, 0
        while True:
            lines.record()
            error = None
            try:
                record = next(reader, None)
            except csv.Error as problem:
                record, error = None, f"not a record of CSV: {problem}"
            rows += record is not None
            # A block ends before an unreadable record, so that workers find the same records.
            if rows and (record is None or lines.at - start >= _SIZE):
                end = lines.start if record is None else lines.at
                yield RowBlock(number, ordinal, rows, "csv", name, first, start, end - start, header=header)
                number, ordinal, first, start, rows = number + 1, ordinal + rows, first + rows, end, 0
            if error:
                if recoveries < _RECOVERIES:  # an unclosed quote invalidates only its own line
                    recoveries += 1
                    lines.begin(lines.first_end)
                    reader = csv_reader(lines)
                size = lines.at - start
                yield RowBlock(number, ordinal, 1, "csv", name, first, start, size, header=header, error=error)
                number, ordinal, first, start = number + 1, ordinal + 1, first + 1, lines.at
            elif record is None:
                return


def _header(name: str, reader: Any) -> tuple[str, ...]:
    try:
        header = tuple(next(reader, ()))
    except csv.Error as error:
        raise InputError(f"{name}: the first line, which names the columns, cannot be read: {error}") from error
    if doubled := next((one for one in header if header.count(one) > 1), None):
        raise InputError(f"{name}: the column {doubled!r} is there twice")
    if any("\udc80" <= letter <= "\udcff" for letter in "".join(header)):
        raise InputError(f"{name}: the names of the columns are not UTF-8")
    return header


# Parquet.


def _of_parquet(name: str, number: int, ordinal: int) -> Iterator[RowBlock]:
    from railguard.batch.parquet import groups

    first, sizes = 1, groups(name)
    bytes_a_row = os.path.getsize(name) / max(sum(sizes), 1)
    for group, size in enumerate(sizes):
        for start in range(0, size, _ROWS):
            rows = min(_ROWS, size - start)
            yield RowBlock(number, ordinal, rows, "parquet", name, first, start, int(rows * bytes_a_row), group)
            number, ordinal, first = number + 1, ordinal + rows, first + rows
