"""Floor 0: frozen values that every other room speaks in. Standard library only; no decisions, no I/O."""

from railguard.values.conversation import Completion, FinishReason, JsonSchema, Message, Usage
from railguard.values.equality import json_key
from railguard.values.event import StreamEvent, StreamEventType
from railguard.values.limits import Limits
from railguard.values.outcome import Failure, Iteration, Repair, RepairClass, Stopped, ValidationOutcome, ValueChange
from railguard.values.path import UNSET, Path, Unset, value_at
from railguard.values.results import CustomAction, FailResult, OnFail, PassResult

__all__ = [
    "UNSET",
    "Completion",
    "CustomAction",
    "FailResult",
    "Failure",
    "FinishReason",
    "Iteration",
    "JsonSchema",
    "Limits",
    "Message",
    "OnFail",
    "PassResult",
    "Path",
    "Repair",
    "RepairClass",
    "Stopped",
    "StreamEvent",
    "StreamEventType",
    "Unset",
    "Usage",
    "ValidationOutcome",
    "ValueChange",
    "json_key",
    "value_at",
]
