"""The results of a spec's test, as frozen values and as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from railguard.spectest.cases import CaseResult

__all__ = ["CaseVerdict", "Finding", "PlaceReport", "RuleReport", "SpecReport", "Survivor"]

CaseVerdict: TypeAlias = Literal["ok", "never", "loose", "kept", "redundant", "untried"]


@dataclass(frozen=True, slots=True)
class RuleReport:
    """The result of one rule, or of one side of a range.

    Attributes:
        path: Its place.
        name: The validator, or the keyword of JSON Schema.
        side: The keyword, if this is one side of a rule that is a range.
        words: The rule as it is written.
        on_fail: Its on-fail action.
        broken: How many of the tried values broke it.
        mistakes: How many of them were mistakes, not probes.
        alone: How many broke no other rule at this place.
        answers: How many stored answers broke it.
        verdict: "ok"; "never": no value broke it; "loose": only values made for its bound did; "kept": its on-fail
            action lets failing values through; "redundant": other rules refuse everything that it refuses; "untried":
            it was not run.
        reason: Why it was not run, or what is unusual.
    """

    path: str
    name: str
    side: str | None
    words: str
    on_fail: str
    broken: int
    mistakes: int
    alone: int
    answers: int
    verdict: CaseVerdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """How many of the mistakes at one place were detected. checked: whether anything except its type is checked."""

    path: str
    type: str
    checked: bool
    caught: int
    missed: int


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mistake that the spec did not detect: its place, a description, the wrong value, and the right value."""

    path: str
    what: str
    value: Any
    right: Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding, as a sentence."""

    code: str
    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecReport:
    """The result of a spec's test.

    Attributes:
        caught: Number of detected mistakes.
        missed: Number of undetected mistakes.
        mended: Number of mistakes that local repairs or fixes corrected.
        structure_caught: Number of wrong types and missing members that were detected or corrected.
        structure_missed: Number of those that were not detected.
        generated: How many valid answers were generated.
        answers: How many stored answers were read.
        answers_failed: How many of them the spec refuses.
        rules, places, survivors, findings: In the order of the spec.
        cases: The results of the stored cases.
    """

    caught: int = 0
    missed: int = 0
    mended: int = 0
    structure_caught: int = 0
    structure_missed: int = 0
    generated: int = 0
    answers: int = 0
    answers_failed: int = 0
    rules: tuple[RuleReport, ...] = ()
    places: tuple[PlaceReport, ...] = ()
    survivors: tuple[Survivor, ...] = ()
    findings: tuple[Finding, ...] = ()
    cases: tuple[CaseResult, ...] = field(default=())

    @property
    def score(self) -> float | None:
        """The percentage of detected mistakes among the detected and undetected ones; None without any."""
        tried = self.caught + self.missed
        return 100 * self.caught / tried if tried else None

    @property
    def cases_failed(self) -> int:
        """How many cases have an unexpected verdict."""
        return sum(not case.agrees for case in self.cases)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data with stable names."""
        plain = asdict(self)
        plain["cases"] = [case.to_dict() for case in self.cases]
        score = self.score
        return {"score": None if score is None else round(score, 1), **plain}
