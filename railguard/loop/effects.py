"""What the guard loop asks its driver to do. The loop yields one of these, is sent the answer, and does nothing itself.

Ask(…)        → Completion, or None when there is no time left to ask
RunChecks(…)  → list of the validators' answers, in the order of its jobs
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from railguard.validation import Context, Rule
from railguard.values import Completion, JsonSchema, Message, Path, StreamEvent

__all__ = [
    "Ask",
    "Effect",
    "Effects",
    "Job",
    "ReadMore",
    "RunChecks",
    "Tell",
    "ask",
    "begin",
    "read_more",
    "run_checks",
    "tell",
]


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the model. schema: of the wanted answer. strict: send it as structured output. asked: () for the whole output."""

    messages: tuple[Message, ...]
    schema: JsonSchema | None
    strict: bool
    round: int
    asked: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadMore:
    """Read on in the answer that is streaming. stop: close it instead; the answer is then None."""

    stop: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """Hand an event to the caller."""

    event: StreamEvent


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


Effect: TypeAlias = Ask | ReadMore | RunChecks | Tell
Effects: TypeAlias = Generator[Effect, Any, Any]


def begin(effect: Ask) -> Generator[Effect, Any, str | Completion | None]:
    """Yield a streamed Ask, typed."""
    return cast("str | Completion | None", (yield effect))


def read_more(*, stop: bool = False) -> Generator[Effect, Any, str | Completion | None]:
    """Yield a ReadMore, typed."""
    return cast("str | Completion | None", (yield ReadMore(stop)))


def tell(event: StreamEvent) -> Generator[Effect, Any, None]:
    """Yield a Tell."""
    yield Tell(event)


def ask(effect: Ask) -> Generator[Effect, Any, Completion | None]:
    """Yield an Ask, typed."""
    return cast("Completion | None", (yield effect))


def run_checks(jobs: tuple[Job, ...]) -> Generator[Effect, Any, list[Any]]:
    """Yield a RunChecks, typed."""
    return cast("list[Any]", (yield RunChecks(jobs)))
