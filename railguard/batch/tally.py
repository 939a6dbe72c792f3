"""The counts of a job, which can be added up: by status, by rule and field, in tokens and money.

A tally stores a limited number of places and examples, however large the job is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from railguard.batch.row_results import Result, Status, json_line

__all__ = ["Example", "Tally"]

_PLACES = 1_000
_EXAMPLES = 3
_SLOWEST = 10
_SHORT = 300
_OTHERS = ("(other rules)", "(other places)")
_INDEX = re.compile(r"\[\d+\]")
_ODD_KEY = re.compile(r'\["(?:[^"\\]|\\.)*"\]')


@dataclass(frozen=True, slots=True)
class Example:
    """An example of a failure.

    Attributes:
        row: The row's name.
        message: The message of the failure.
        value: The value, truncated if it is long.
    """

    row: str
    message: str
    value: str

    def to_list(self) -> list[str]:
        """The example as plain data.

        Returns:
            Row, message and value.
        """
        return [self.row, self.message, self.value]


@dataclass(slots=True)
class Tally:
    """The counts of a job.

    Attributes:
        statuses: Number of rows by status.
        repaired: Number of rows with a repair or a resolved failure.
        failures: Failures by (rule, place). A place is a path with every index replaced by [*].
        resolved: Failures that on-fail actions resolved, by (rule, place).
        repairs: Repairs by (rule, place).
        errors: Number of rows without an outcome, by reason.
        rounds: Number of rows by the number of questions to the model.
        input_tokens: Tokens of questions.
        cached_tokens: Tokens of questions from the provider's cache.
        output_tokens: Tokens of answers.
        cost: US dollars; None if it is unknown for any row.
        slowest: (seconds, row) of the slowest rows.
        examples: Some failures of each place.
    """

    statuses: Counter[Status] = field(default_factory=Counter)
    repaired: int = 0
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)
    resolved: Counter[tuple[str, str]] = field(default_factory=Counter)
    repairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    rounds: Counter[int] = field(default_factory=Counter)
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = Decimal(0)
    slowest: list[tuple[float, str]] = field(default_factory=list)
    examples: dict[tuple[str, str], list[Example]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.statuses.values())

    @property
    def good(self) -> int:
        """Number of rows with a usable output: status passed or noted."""
        return self.statuses["passed"] + self.statuses["noted"]

    def add(self, result: Result, row: str, seconds: float | None = None) -> None:
        """Count a row.

        Args:
            result: The result of the row.
            row: The name of the row.
            seconds: Its duration, if known.
        """
        self.statuses[result.status] += 1
        self.repaired += bool(result.repairs or result.resolved)
        for failure in result.failures:
            place = _count(self.failures, failure["validator"], failure["path"])
            examples = self.examples.setdefault(place, [])
            if len(examples) < _EXAMPLES:
                examples.append(Example(row, _short(failure["message"]), _short(failure.get("value", ""))))
        for resolved in result.resolved:
            _count(self.resolved, resolved["validator"], resolved["path"])
        for repair in result.repairs:
            _count(self.repairs, repair["rule"], repair["path"])
        if result.error is not None:
            self._add_error(result, row)
        if result.answered is not None:
            self._add_answered(result.answered)
        if seconds is not None:
            self.slowest = sorted([*self.slowest, (round(seconds, 3), row)], reverse=True)[:_SLOWEST]

    def _add_error(self, result: Result, row: str) -> None:
        reason = _short(re.sub(r"\d+", "N", result.error or ""))
        if reason not in self.errors and len(self.errors) >= _PLACES:
            reason = "other reasons"
        self.errors[reason] += 1
        examples = self.examples.setdefault((result.status, reason), [])
        if len(examples) < _EXAMPLES:
            examples.append(Example(row, _short(result.error), ""))

    def _add_answered(self, answered: Mapping[str, Any]) -> None:
        self.rounds[answered["rounds"]] += 1
        self.input_tokens += answered["input_tokens"]
        self.cached_tokens += answered["cached_tokens"]
        self.output_tokens += answered["output_tokens"]
        cost = answered["cost"]
        self.cost = None if self.cost is None or cost is None else self.cost + Decimal(str(cost))

    def merge(self, other: Tally) -> None:
        """Add another tally to this one.

        Args:
            other: The other tally.
        """
        self.statuses.update(other.statuses)
        self.repaired += other.repaired
        for mine, theirs in (
            (self.failures, other.failures),
            (self.resolved, other.resolved),
            (self.repairs, other.repairs),
        ):
            for (rule, place), number in theirs.items():
                _count(mine, rule, place, number)
        for reason, number in other.errors.items():
            known = reason in self.errors or len(self.errors) < _PLACES
            self.errors[reason if known else "other reasons"] += number
        self.rounds.update(other.rounds)
        self.input_tokens += other.input_tokens
        self.cached_tokens += other.cached_tokens
        self.output_tokens += other.output_tokens
        self.cost = None if self.cost is None or other.cost is None else self.cost + other.cost
        self.slowest = sorted([*self.slowest, *other.slowest], reverse=True)[:_SLOWEST]
        for about, examples in other.examples.items():
            if about in self.examples or len(self.examples) <= 2 * _PLACES:
                self.examples[about] = [*self.examples.get(about, ()), *examples][:_EXAMPLES]

    def to_dict(self) -> dict[str, Any]:
        """The counts as plain data, for the journal and for `--format json`.

        Returns:
            A dict that JSON can represent.
        """
        return {
            "rows": self.rows,
            "statuses": dict(self.statuses),
            "repaired": self.repaired,
            "failures": [[*place, number] for place, number in self.failures.most_common()],
            "resolved": [[*place, number] for place, number in self.resolved.most_common()],
            "repairs": [[*place, number] for place, number in self.repairs.most_common()],
            "errors": [[reason, number] for reason, number in self.errors.most_common()],
            "rounds": {str(rounds): number for rounds, number in sorted(self.rounds.items())},
            "input_tokens": self.input_tokens,
            "cached_tokens": self.cached_tokens,
            "output_tokens": self.output_tokens,
            "cost": None if self.cost is None else str(self.cost),
            "slowest": [list(one) for one in self.slowest],
            "examples": [[*place, [one.to_list() for one in examples]] for place, examples in self.examples.items()],
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Tally:
        """Create a tally from the result of `to_dict`.

        Args:
            plain: The result of `to_dict`.

        Returns:
            The tally.
        """
        return cls(
            Counter(plain["statuses"]),
            plain["repaired"],
            Counter({(rule, place): number for rule, place, number in plain["failures"]}),
            Counter({(rule, place): number for rule, place, number in plain["resolved"]}),
            Counter({(rule, place): number for rule, place, number in plain["repairs"]}),
            Counter(dict(plain["errors"])),
            Counter({int(rounds): number for rounds, number in plain["rounds"].items()}),
            plain["input_tokens"],
            plain["cached_tokens"],
            plain["output_tokens"],
            None if plain["cost"] is None else Decimal(plain["cost"]),
            [(seconds, row) for seconds, row in plain["slowest"]],
            {(rule, place): [Example(*one) for one in examples] for rule, place, examples in plain["examples"]},
        )


def _count(counter: Counter[tuple[str, str]], rule: str, path: str, number: int = 1) -> tuple[str, str]:
    place = (rule, _short(_ODD_KEY.sub("[…]", _INDEX.sub("[*]", path))))
    if place not in counter and len(counter) >= _PLACES:
        place = _OTHERS
    counter[place] += number
    return place


def _short(value: Any) -> str:
    """Return a value as text of at most _SHORT characters."""
    if not isinstance(value, str):
        value = json_line(value).decode()
    text = " ".join(value[: 2 * _SHORT].split())
    return text if len(text) <= _SHORT else text[: _SHORT - 1] + "…"
