"""Floor 0: frozen values that every other room speaks in. Standard library only; no decisions, no I/O."""

from railguard.values.conversation import Completion, FinishReason, JsonSchema, Message, Usage
from railguard.values.equality import json_key
from railguard.values.event import StreamEvent, StreamEventType
from railguard.values.history import Change, Doubt, DoubtKind, Editor, History, Note, Spelling, Traced
from railguard.values.limits import Limits
from railguard.values.outcome import Failure, Iteration, Repair, RepairClass, Stopped, ValidationOutcome
from railguard.values.path import UNSET, Path, Unset, value_at
from railguard.values.results import CustomAction, FailResult, OnFail, PassResult

__all__ = [
    "UNSET",
    "Change",
    "Completion",
    "CustomAction",
    "Doubt",
    "DoubtKind",
    "Editor",
    "FailResult",
    "Failure",
    "FinishReason",
    "History",
    "Iteration",
    "JsonSchema",
    "Limits",
    "Message",
    "Note",
    "OnFail",
    "PassResult",
    "Path",
    "Repair",
    "RepairClass",
    "Spelling",
    "Stopped",
    "StreamEvent",
    "StreamEventType",
    "Traced",
    "Unset",
    "Usage",
    "ValidationOutcome",
    "json_key",
    "value_at",
]
