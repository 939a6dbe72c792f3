"""Validates stored answers: the rows of one block, in the process that received it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from railguard import Guard, ValidationFailed, ValidationOutcome, ValidatorError
from railguard.batch.blocks import LONGEST, RowBlock, content_digest
from railguard.batch.row_results import Layout, Result, json_line, result_of
from railguard.batch.rows import Row, carried, columns_of, content, digest_of, numbered_lines, rows, value_of
from railguard.batch.selection import Selection
from railguard.batch.tally import Tally

__all__ = ["BlockValidator", "Judged", "answer_text", "called", "chain"]


class Judged(NamedTuple):
    """The result of a block. lines: those of its rows, in order. digest: of the input that was read."""

    block: RowBlock
    lines: bytes
    tally: Tally
    digest: bytes


@dataclass(frozen=True)
class BlockValidator:
    """Validates blocks. Each worker process gets one.

    Attributes:
        guard: The guard that validates the answers.
        layout: The format of the results.
        answer: The column of the answer; None if a row is the answer.
        metadata: Metadata for validators.
        selection: The selected rows.
    """

    guard: Guard
    layout: Layout
    answer: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    selection: Selection = Selection()  # noqa: RUF009  # it is frozen

    def block(self, block: RowBlock) -> Judged:
        """Validate the rows of a block. Raises OSError or InputError if it cannot be read."""
        found = content(block)
        tally = Tally()
        if self.answer is None and block.kind == "jsonl" and block.error is None:
            lines = list(self._whole_lines(block, found, tally))
        else:
            lines = [
                self._line(block, row, None, tally) for row in rows(block, found) if self.selection.wants(row.ordinal)
            ]
        return Judged(block, b"".join(lines), tally, digest_of(found))

    def _whole_lines(self, block: RowBlock, data: bytes, tally: Tally) -> Iterator[bytes]:
        """Yield the results of lines that are answers themselves. Most pass unchanged: such a line is parsed only once,
        by the guard.
        """
        parse = partial(self.guard.parse, metadata=self.metadata) if self.metadata else self.guard.parse
        sound, first, passed = self.layout.sound, block.first, 0
        wants = None if self.selection.is_all else self.selection.wants
        is_plain = self.guard.spec.schema.user_model is None  # the output is then the JSON as it was written
        for at, line in numbered_lines(block, data):
            if wants is not None and not wants(block.ordinal + at):
                continue
            outcome = None
            if (
                line[:1] != b'"' and len(line) <= LONGEST
            ):  # a line that is a JSON string: the answer inside it must be parsed first
                try:
                    outcome = parse(line.decode())
                except (UnicodeDecodeError, ValidationFailed, ValidatorError):
                    outcome = None
                # Plain text accepts any line, so the line must be parsed to see whether it is JSON.
                if outcome is not None and outcome.as_written and type(outcome.output) is not str:
                    passed += 1
                    yield sound(first + at, line if is_plain else json_line(outcome.output))
                    continue
            error = None if len(line) <= LONGEST else f"the line is longer than {LONGEST:,} bytes"
            yield self._line(block, Row(block.ordinal + at, first + at, line, None, error), outcome, tally)
        tally.statuses["passed"] += passed

    def _line(self, block: RowBlock, row: Row, outcome: ValidationOutcome | None, tally: Tally) -> bytes:
        """Count a row, and return its result line."""
        result, raw = self._row(row, outcome)
        tally.add(result, called(block, row))
        return self.layout.line(row.number, raw, result)

    def result(self, row: Row) -> Result:
        """Validate one row."""
        return self._row(row, None)[0]

    def _row(self, row: Row, outcome: ValidationOutcome | None) -> tuple[Result, bytes]:
        """Return the result of a row, and the row's own columns for the output. outcome: the outcome of its line, if it
        exists already.
        """
        try:
            text, columns = answer_text(row, self.answer)
        except ValueError as error:
            return Result("unread", error=str(error)), carried(row, self.layout)
        if columns is not None and (taken := self.layout.taken_error(columns)) is not None:
            return Result("unread", error=taken), b""
        raw = b"" if columns is None else row.raw
        if outcome is not None:
            return result_of(outcome), raw
        try:
            return result_of(self.guard.parse(text, metadata=self.metadata)), raw
        except ValidationFailed as failed:  # a rule has on_fail="exception"; in a batch that is a result like any other
            return result_of(failed.outcome), raw
        except ValidatorError as error:
            return Result("broken", error=str(error)), raw


def answer_text(row: Row, answer: str | None) -> tuple[str, dict[str, Any] | None]:
    """Return the text of the answer in a row, and the row's columns (None if the row is the answer). Raises ValueError
    if there is no answer, with the reason.
    """
    if row.error is not None:
        raise ValueError(row.error)
    if answer is None:
        if row.columns is None:
            value = value_of(row.raw)
            return (value if isinstance(value, str) else row.raw.decode()), None
        return row.raw.decode(), None
    columns = columns_of(row)
    if answer not in columns:
        raise ValueError(f"it has no column {answer!r}")
    value = columns[answer]
    if value is None:
        raise ValueError(f"its column {answer!r} is null")
    return (value if isinstance(value, str) else json_line(value).decode()), columns


def called(block: RowBlock, row: Row) -> str:
    """Return the name of a row in reports."""
    return f"row {row.number}" if block.file is None else f"{block.file}:{row.number}"


def chain(before: bytes, block: bytes) -> bytes:
    """Return the digest of several blocks in order."""
    return content_digest(before + block)
