"""What a streamed call tells while it runs. Everything before the outcome is provisional."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias

from railguard.values.outcome import Failure, T_co, ValidationOutcome
from railguard.values.path import UNSET, Path

__all__ = ["StreamEvent", "StreamEventType"]

StreamEventType: TypeAlias = Literal["delta", "field", "failure", "reask", "restart", "outcome"]


@dataclass(frozen=True, slots=True, repr=False)
class StreamEvent(Generic[T_co]):
    """One event of `guard.stream`.

    type and what comes with it: "delta" (`text`, unchecked, only with raw=True); "field" (`path`, `value`: a value that
    is complete and passed its checks); "failure" (`path`, `failure`); "reask" (`paths` that are asked for again);
    "restart" (what was told before does not hold: another reading of the answer is the better one); "outcome"
    (`outcome`, the last event).

    snapshot: the checked values so far. It is one object that grows from event to event: copy it to keep it.
    """

    type: StreamEventType
    text: str | None = None
    path: Path | None = None
    value: Any = UNSET
    failure: Failure | None = None
    paths: tuple[Path, ...] = ()
    outcome: ValidationOutcome[T_co] | None = None
    snapshot: Any = UNSET

    if not TYPE_CHECKING:

        def __class_getitem__(cls, item: object) -> type:
            return cls  # typing's own alias cannot make instances of a frozen class with slots

    def __repr__(self) -> str:
        at = f" {self.path}" if self.path is not None else ""
        return f"<StreamEvent {self.type}{at}>"
