"""The result of a row, written as one line of JSON after the row's own columns.

The columns of the row stay as they were written, byte for byte: the result is inserted before the closing brace.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic_core import PydanticSerializationError, to_json

from railguard import InputError, ValidationFailed, ValidationOutcome

__all__ = ["ANSWERED", "COLUMNS", "Layout", "Result", "Status", "json_line", "result_of"]

Status: TypeAlias = Literal["passed", "noted", "failed", "unread", "broken", "unanswered"]
"""passed: no failure is unresolved. noted: it has failures, all of rules with on_fail="noop". failed: it is not valid.
unread: the row cannot be read, or its columns do not fit the spec. broken: a validator raised an error. unanswered: the
model could not be asked.
"""

COLUMNS = ("row", "passed", "output", "failures", "resolved", "repairs", "error")
"""The columns of a result."""
ANSWERED = ("raw_output", "stopped", "rounds", "input_tokens", "cached_tokens", "output_tokens", "cost")
"""Additional columns if a model was asked."""


class Result(NamedTuple):
    """The result of a row.

    Attributes:
        status: How it ended.
        output: The output as JSON.
        failures: The unresolved failures, as `Failure.to_dict` returns them.
        resolved: The failures that on-fail actions resolved.
        repairs: The repairs.
        error: Why there is no outcome, or None.
        answered: The columns of ANSWERED by name, if a model was asked.
    """

    status: Status
    output: bytes = b"null"
    failures: list[dict[str, Any]] = []  # noqa: RUF012  # a tuple's default, which nothing changes
    resolved: list[dict[str, Any]] = []  # noqa: RUF012
    repairs: list[dict[str, Any]] = []  # noqa: RUF012
    error: str | None = None
    answered: dict[str, Any] | None = None


def result_of(outcome: ValidationOutcome, *, asked: bool = False) -> Result:
    """Return the result of an outcome. asked: whether a model was asked."""
    plain = outcome.to_dict()
    answered: dict[str, Any] | None = None
    if asked:
        usage = outcome.usage
        answered = {
            "raw_output": None if outcome.passed else outcome.raw_output,
            "stopped": outcome.stopped,
            "rounds": len(outcome.iterations),
            "input_tokens": usage.input_tokens,
            "cached_tokens": usage.cached_tokens,
            "output_tokens": usage.output_tokens,
            "cost": None if usage.cost is None else float(usage.cost),
        }
    return Result(
        _status(outcome),
        json_line(plain["output"]),
        plain["failures"],
        plain["resolved"],
        plain["repairs"],
        None if outcome.refusal is None else f"the model refused: {outcome.refusal}",
        answered,
    )


def _status(outcome: ValidationOutcome) -> Status:
    if outcome.passed:
        return "passed"
    try:
        outcome.raise_for_failures()
    except ValidationFailed:
        return "failed"
    return "noted"


def json_line(value: Any) -> bytes:
    """Return a value as JSON on one line. Numbers keep their digits."""
    try:
        return to_json(value, inf_nan_mode="strings", bytes_mode="base64", fallback=repr)
    except (PydanticSerializationError, UnicodeError):  # half of a surrogate pair, in a failed value
        return json.dumps(value, default=repr).encode()


@dataclass(frozen=True, slots=True)
class Layout:
    """The format of results.

    Attributes:
        prefix: The prefix of the names of the result columns.
        asked: Whether a model is asked.
        carry: Whether the row's own columns are written before those of the result.
    """

    prefix: str = ""
    asked: bool = False
    carry: bool = False
    _keys: tuple[bytes, ...] = field(init=False)
    _names: frozenset[str] = field(init=False)
    _sound: tuple[bytes, bytes, bytes] = field(init=False)

    def __post_init__(self) -> None:
        names = [self.prefix + name for name in (*COLUMNS, *(ANSWERED if self.asked else ()))]
        object.__setattr__(self, "_names", frozenset(names))
        object.__setattr__(self, "_keys", tuple(json_line(name) + b":" for name in names))
        row, passed, output, *rest = self._keys
        before, between, after = (
            b"{" + row,
            b",%strue,%s" % (passed, output),
            b",%s[],%s[],%s[],%snull}\n" % tuple(rest[:4]),
        )
        object.__setattr__(self, "_sound", (before, between, after))

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the result columns, in order."""
        return tuple(self.prefix + name for name in (*COLUMNS, *(ANSWERED if self.asked else ())))

    def refuse_taken(self, columns: Collection[str], where: str) -> None:
        """Raise InputError if rows have a column with the name of a result column."""
        taken = self.taken(columns)
        if taken is not None:
            raise InputError(
                f"{where} has a column {taken!r}, and a column of the results has this name too; give theirs a prefix "
                "(--prefix checked_, prefix='checked_')"
            )

    def taken(self, columns: Collection[str]) -> str | None:
        """Return the first of a row's column names that is also a result column; None if there is none."""
        return next((name for name in columns if name in self._names), None)

    def taken_error(self, columns: Collection[str]) -> str | None:
        """Return the error for a row with such a column, or None."""
        taken = self.taken(columns)
        return (
            None
            if taken is None
            else f"its column {taken!r} has the name of a column of the results; give them a prefix"
        )

    def sound(self, number: int, output: bytes) -> bytes:
        """Return the line of a row that is its own answer and passed unchanged. No model was asked."""
        before, between, after = self._sound
        return b"%s%d%s%s%s" % (before, number, between, output, after)

    def line(self, number: int, raw: bytes, result: Result) -> bytes:
        """Return the line of a row. raw: its columns as a JSON object, empty if they cannot be written."""
        values = [
            b"%d" % number,
            b"true" if result.status == "passed" else b"false",
            result.output,
            json_line(result.failures),
            json_line(result.resolved),
            json_line(result.repairs),
            json_line(result.error),
        ]
        if self.asked:
            answered = result.answered or {}
            values += [json_line(answered.get(name)) for name in ANSWERED]
        written = b",".join(map(b"".join, zip(self._keys, values, strict=True)))
        return b"%s%s}\n" % (self._head(raw), written)

    def without_columns(self) -> Layout:
        """Return the layout without the row's own columns."""
        return Layout(self.prefix, self.asked)

    def joined(self, raw: bytes, line: bytes) -> bytes:
        """Add the row's own columns to a line that was written without them."""
        return self._head(raw) + line[1:]

    def read(self, line: bytes | str, status: Status) -> Result:
        """Parse the result in a line."""
        plain = {name.removeprefix(self.prefix): value for name, value in json.loads(line).items()}
        return Result(
            status,
            json_line(plain["output"]),
            plain["failures"],
            plain["resolved"],
            plain["repairs"],
            plain["error"],
            {name: plain[name] for name in ANSWERED} if plain.get("rounds") is not None else None,
        )

    def _head(self, raw: bytes) -> bytes:
        """Return the text before the result: the row's own columns, without the closing brace."""
        if not self.carry or not raw.startswith(b"{"):
            return b"{"
        inside = raw[:-1].rstrip()
        return inside if inside == b"{" else inside + b","
