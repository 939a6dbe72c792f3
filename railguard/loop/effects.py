"""The effects that the guard loop asks its driver to perform. The loop yields an effect and is sent its result.

Ask(…)        → Completion, a piece of a streaming answer, or None when there is no time left to ask
ReadMore(…)   → the next piece, the Completion that ends the answer, or None
Emit(…)       → None
RunChecks(…)  → list of the validators' answers, in the order of its jobs
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from railguard.checking.validator_runs import RunChecks
from railguard.values import Completion, JsonSchema, Message, Path, StreamEvent

__all__ = ["Ask", "Effect", "Effects", "Emit", "ReadMore", "read_more", "yield_emit", "yield_streamed_ask"]

T = TypeVar("T")


class Ask(NamedTuple):
    """Ask the model. schema: makes the JSON Schema of the requested answer, anew each time; None for a text. strict: send
    it as structured output. asked: () for the whole output.
    """

    messages: tuple[Message, ...]
    schema: Callable[[], JsonSchema | None] | None
    strict: bool
    round: int
    asked: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadMore:
    """Read the next piece of the streaming answer. stop: close it instead; the result is then None."""

    stop: bool = False


@dataclass(frozen=True, slots=True)
class Emit:
    """Pass an event to the caller."""

    event: StreamEvent


Effect: TypeAlias = Ask | ReadMore | RunChecks | Emit
Effects: TypeAlias = Generator[Effect, Any, T]
"""A part of the loop that may yield effects, and returns T."""


def yield_streamed_ask(effect: Ask) -> Effects[str | Completion | None]:
    """Yield a streamed Ask, typed."""
    return cast("str | Completion | None", (yield effect))


def read_more(*, stop: bool = False) -> Effects[str | Completion | None]:
    """Yield a ReadMore, typed."""
    return cast("str | Completion | None", (yield ReadMore(stop)))


def yield_emit(event: StreamEvent) -> Effects[None]:
    """Yield an Emit."""
    yield Emit(event)
