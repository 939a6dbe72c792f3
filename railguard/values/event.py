"""What a streamed call tells while it runs. Everything before the outcome is provisional."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from railguard.values.path import UNSET, Path

if TYPE_CHECKING:
    from railguard.values.outcome import Failure, ValidationOutcome

__all__ = ["StreamEvent", "StreamEventType"]

StreamEventType: TypeAlias = Literal["delta", "field", "failure", "reask", "restart", "outcome"]


@dataclass(frozen=True, slots=True, repr=False)
class StreamEvent:
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
    outcome: ValidationOutcome | None = None
    snapshot: Any = UNSET

    def __repr__(self) -> str:
        at = f" {self.path}" if self.path is not None else ""
        return f"<StreamEvent {self.type}{at}>"
