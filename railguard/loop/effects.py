"""What the guard loop asks its driver to do. The loop yields one of these, is sent the answer, and does nothing itself.

Ask(…)        → Completion, or None when there is no time left to ask
RunChecks(…)  → list of the validators' answers, in the order of its jobs
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from railguard.validation import Context, Rule
from railguard.values import Completion, JsonSchema, Message, Path

__all__ = ["Ask", "Effect", "Effects", "Job", "RunChecks", "ask", "run_checks"]


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the model. schema: of the wanted answer. strict: send it as structured output. asked: () for the whole output."""

    messages: tuple[Message, ...]
    schema: JsonSchema | None
    strict: bool
    round: int
    asked: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a validator that is async or blocking."""

    rule: Rule
    value: Any
    context: Context


@dataclass(frozen=True, slots=True)
class RunChecks:
    """Run these side by side."""

    jobs: tuple[Job, ...]


Effect: TypeAlias = Ask | RunChecks
Effects: TypeAlias = Generator[Effect, Any, Any]


def ask(effect: Ask) -> Generator[Effect, Any, Completion | None]:
    """Yield an Ask, typed."""
    return cast("Completion | None", (yield effect))


def run_checks(jobs: tuple[Job, ...]) -> Generator[Effect, Any, list[Any]]:
    """Yield a RunChecks, typed."""
    return cast("list[Any]", (yield RunChecks(jobs)))
