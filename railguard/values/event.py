"""The events of a streamed call. Everything before the outcome is provisional."""

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

    Attributes:
        type: What happened, which determines the other attributes: "delta" (`text`, unchecked, only with raw=True);
            "field" (`path`, `value`: a value that is complete and passed its checks); "failure" (`path`, `failure`);
            "reask" (`paths`); "restart" (earlier events are invalid: another reading of the answer is better);
            "outcome" (`outcome`, the last event).
        text: A piece of the model's text.
        path: The path of a value or a failure.
        value: A value that passed; UNSET in other events.
        failure: The failure.
        paths: The paths that are asked for again.
        outcome: The result of the call.
        snapshot: The checked values so far. It is one object that changes with each event: copy it to keep it.
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
