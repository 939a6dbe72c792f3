"""Reads the rows of a block: the columns of each, or the reason why it cannot be read. An unreadable row does not
affect others.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any, NamedTuple

from railguard import InputError
from railguard.batch.blocks import LONGEST, RowBlock, content_digest, csv_reader
from railguard.batch.row_results import Layout

__all__ = ["Row", "carried", "columns_of", "content", "digest_of", "numbered_lines", "rows", "table_rows", "value_of"]


class Row(NamedTuple):
    """One row.

    Attributes:
        ordinal: Its index among the rows of all inputs, from 0.
        number: Its number in its file: of a line in JSON Lines, from 1; of a record in CSV and Parquet.
        raw: The row as it was written, for JSON Lines; otherwise its columns as a JSON object.
        columns: Its columns by name, for CSV; other formats are parsed from `raw` when needed. Values without a JSON
            type are text: a time in ISO 8601, a decimal with its digits, bytes in base64.
        error: Why it cannot be read.
    """

    ordinal: int
    number: int
    raw: bytes
    columns: dict[str, Any] | None = None
    error: str | None = None


def content(block: RowBlock) -> Any:
    """Read the content of a block: bytes, or a pyarrow table; the InputError of a row group that cannot be read. Raises
    OSError or InputError if the file cannot be read.
    """
    if block.error is not None:
        return b""
    if block.kind != "parquet":
        return block.read()
    from railguard.batch.parquet import read_rows

    try:
        assert block.file is not None, "Parquet is read from files"
        return read_rows(block.file, block.group, block.start, block.rows)
    except InputError as error:  # other row groups may be readable
        return error


def digest_of(found: Any) -> bytes:
    """Return a digest of the content of a block."""
    if isinstance(found, bytes):
        return content_digest(found)
    if isinstance(found, InputError):
        return content_digest(b"")
    from railguard.batch.parquet import serialized

    return content_digest(serialized(found))


def rows(block: RowBlock, found: Any = None) -> Iterator[Row]:
    """Yield the rows of a block, without blank lines. found: its content, if it was read already. Raises OSError or
    InputError if the file cannot be read.
    """
    if block.error is not None:
        yield Row(block.ordinal, block.first, b"", None, block.error)
        return
    found = content(block) if found is None else found
    if block.kind == "parquet":
        yield from _parquet(block, found)
    elif block.kind == "csv":
        yield from _csv(block, found)
    else:
        yield from _lines(block, found)


def columns_of(row: Row) -> dict[str, Any]:
    """Return the columns of a row. Raises ValueError with the reason if it has none."""
    if row.error is not None:
        raise ValueError(row.error)
    if row.columns is not None:
        return row.columns
    value = value_of(row.raw)
    if not isinstance(value, dict):
        raise ValueError("the line is no JSON object, so it has no columns")
    return value


def carried(row: Row, layout: Layout) -> bytes:
    """Return the columns of a row as they are written to the output; empty if they cannot be written."""
    if not layout.carry:
        return b""
    try:
        return b"" if layout.taken(columns_of(row)) is not None else row.raw
    except ValueError:
        return b""


def value_of(line: bytes) -> Any:
    """Parse a line of JSON. Raises ValueError if it is not JSON."""
    from pydantic_core import from_json

    try:
        return from_json(line, allow_inf_nan=False)
    except ValueError as error:
        raise ValueError(f"not a line of JSON: {error}") from None


def numbered_lines(block: RowBlock, data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the non-blank lines of a block of JSON Lines, each with its index in the block."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    if block.first == 1 and block.start == 0 and lines and lines[0].startswith(b"\xef\xbb\xbf"):
        lines[0] = lines[0][3:]
    for at, line in enumerate(lines):
        line = line.strip()
        if line:
            yield at, line


def _lines(block: RowBlock, data: bytes) -> Iterator[Row]:
    for at, line in numbered_lines(block, data):
        error = None if len(line) <= LONGEST else f"the line is longer than {LONGEST:,} bytes"
        yield Row(block.ordinal + at, block.first + at, line, None, error)


def _csv(block: RowBlock, data: bytes) -> Iterator[Row]:
    from pydantic_core import to_json

    text = data.decode("utf-8", "surrogateescape")
    reader = csv_reader(StringIO(text, newline="\n"))  # split lines in the same way as the main process
    wide = len(block.header)
    for at in range(block.rows):
        try:
            record = next(reader, None)
        except csv.Error as problem:  # the main process has read it, so the file has changed
            yield Row(block.ordinal + at, block.first + at, b"", None, f"not a record of CSV: {problem}")
            continue
        if not record:
            continue
        ordinal, number = block.ordinal + at, block.first + at
        if len(record) != wide:
            error = f"it has {len(record)} cells, and there are {wide} columns"
            yield Row(ordinal, number, to_json([_clean(cell) for cell in record]), None, error)
            continue
        columns = dict(zip(block.header, record, strict=True))
        try:
            yield Row(ordinal, number, to_json(columns), columns)
        except ValueError:
            yield Row(ordinal, number, to_json([_clean(cell) for cell in record]), None, "it is not UTF-8")


def _clean(cell: str) -> str:
    return cell.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _parquet(block: RowBlock, found: Any) -> Iterator[Row]:
    if isinstance(found, InputError):
        for at in range(block.rows):
            yield Row(block.ordinal + at, block.first + at, b"", None, str(found))
    else:
        yield from table_rows(found, block.ordinal, block.first)


def table_rows(table: Any, ordinal: int = 0, number: int = 1) -> Iterator[Row]:
    """Yield the rows of a pyarrow table. ordinal, number: those of the first row."""
    from pydantic_core import to_json

    for at, columns in enumerate(table.to_pylist()):
        plain = to_json(columns, bytes_mode="base64", inf_nan_mode="strings", fallback=str)
        yield Row(ordinal + at, number + at, plain)
