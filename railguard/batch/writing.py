"""Writes the output as JSON Lines, CSV or Parquet, from result lines and their rows.

Every job first writes result lines. CSV and Parquet are made from them at the end, so that a job is resumed in the same
way for every format. The output appears when it is complete.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any, NamedTuple, TypeAlias

from railguard.batch.blocks import RowBlock, SourceKind
from railguard.batch.output import completing
from railguard.batch.row_results import Layout, json_line
from railguard.batch.rows import Row, carried

__all__ = ["Group", "Line", "Writer"]


class Line(NamedTuple):
    """A row and its result line, without the row's own columns. raw: these columns as JSON, empty if it has none."""

    row: Row
    raw: bytes
    result: bytes


Group: TypeAlias = tuple[RowBlock, list[Line]]
"""The lines of a block's selected rows."""


@dataclass(frozen=True)
class Writer:
    """Writes the output of a job.

    Attributes:
        out: The output file.
        kind: The file format.
        layout: The format of the results.
        columns: The names of the rows' own columns, for CSV.
        open_ended: Whether rows may have other columns; CSV then has a column `row_json` for the whole of such a row.
        table: For Parquet, makes a table from a group of lines, and knows its schema.
    """

    out: str
    kind: SourceKind
    layout: Layout
    columns: tuple[str, ...] = ()
    open_ended: bool = False
    table: Any = None

    @property
    def takes_lines(self) -> bool:
        """Whether the output consists of the result lines with the rows' own columns."""
        return self.kind == "jsonl"

    @property
    def spool(self) -> str:
        """The file that result lines are written to."""
        return f"{self.out}.part" if self.takes_lines else f"{self.out}.lines"

    def is_there(self) -> bool:
        """Whether the output is complete."""
        return os.path.exists(self.out)

    def from_spool(self, wanted: Callable[[], Iterator[tuple[RowBlock, list[Row]]]]) -> None:
        """Create the output from the result lines. wanted: the rows of these lines."""
        if self.takes_lines:
            os.replace(self.spool, self.out)
            return
        with open(self.spool, "rb") as lines:
            self.write(
                (block, [Line(row, carried(row, self.layout), lines.readline()) for row in rows])
                for block, rows in wanted()
            )
        os.unlink(self.spool)

    def write(self, groups: Iterable[Group]) -> None:
        """Write the output."""
        with completing(self.out) as file:
            if self.kind == "jsonl":
                for _, lines in groups:
                    file.writelines(self.layout.joined(line.raw, line.result) for line in lines)
            elif self.kind == "csv":
                text = TextIOWrapper(file, encoding="utf-8", newline="", write_through=True)
                writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180; Python then quotes both in cells
                beside = [f"{self.layout.prefix}row_json"] if self.open_ended else []
                writer.writerow([*self.columns, *beside, *self.layout.names])
                for _, lines in groups:
                    writer.writerows(self._cells(line) for line in lines)
                text.detach()
            else:
                self.table.write(file, groups)

    def _cells(self, line: Line) -> Iterator[str]:
        """Yield the cells of a row: a text as it is, any other value as JSON, null as an empty cell."""
        own = json.loads(line.raw) if line.raw else {}
        result = json.loads(line.result)
        for name in self.columns:
            yield _cell(own.get(name))
        if self.open_ended:
            yield "" if own.keys() <= set(self.columns) else line.raw.decode()
        for name in self.layout.names:
            value = result[name]
            yield json_line(value).decode() if name == self.layout.names[2] and value is not None else _cell(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json_line(value).decode()
