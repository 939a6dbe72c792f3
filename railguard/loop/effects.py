"""What the guard loop asks its driver to do. The loop yields one of these, is sent the answer, and does nothing itself.

Ask(…)        → Completion, a piece of a streaming answer, or None when there is no time left to ask
ReadMore(…)   → the next piece, the Completion that ends the answer, or None
Tell(…)       → None
RunChecks(…)  → list of the validators' answers, in the order of its jobs
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

from railguard.checking.effects import RunChecks
from railguard.values import Completion, JsonSchema, Message, Path, StreamEvent

__all__ = ["Ask", "Effect", "Effects", "ReadMore", "Tell", "ask", "begin", "read_more", "tell"]

T = TypeVar("T")


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


Effect: TypeAlias = Ask | ReadMore | RunChecks | Tell
Effects: TypeAlias = Generator[Effect, Any, T]
"""A part of the loop that may yield effects, and returns T."""


def begin(effect: Ask) -> Effects[str | Completion | None]:
    """Yield a streamed Ask, typed."""
    return cast("str | Completion | None", (yield effect))


def read_more(*, stop: bool = False) -> Effects[str | Completion | None]:
    """Yield a ReadMore, typed."""
    return cast("str | Completion | None", (yield ReadMore(stop)))


def tell(event: StreamEvent) -> Effects[None]:
    """Yield a Tell."""
    yield Tell(event)


def ask(effect: Ask) -> Effects[Completion | None]:
    """Yield an Ask, typed."""
    return cast("Completion | None", (yield effect))
