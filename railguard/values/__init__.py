"""Floor 0: frozen values that all other packages use. Standard library only; no decisions, no I/O."""

from typing import TYPE_CHECKING

from railguard.lazy import exports
from railguard.values.conversation import ROLES, UNREPORTED, Completion, FinishReason, JsonSchema, Message, Usage
from railguard.values.copies import plain_copy
from railguard.values.equality import identical, json_equal, json_key
from railguard.values.history import Doubt, DoubtKind, Editor, History, Note, RepairNote, Spelling, Traced
from railguard.values.json_writer import json_text
from railguard.values.limits import Limits
from railguard.values.on_fail import DEFAULT_ON_FAIL, OnFail, OnFailPolicy, strongest
from railguard.values.outcome import (
    Failure,
    Iteration,
    Repair,
    RepairClass,
    Stopped,
    ValidationOutcome,
    ValueChange,
    sound_outcome,
)
from railguard.values.path import UNSET, Path, Paths, Unset, value_at
from railguard.values.results import CustomAction, FailResult, PassResult

if TYPE_CHECKING:
    from railguard.values.event import StreamEvent, StreamEventType

__all__ = [
    "DEFAULT_ON_FAIL",
    "ROLES",
    "UNREPORTED",
    "UNSET",
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
    "OnFailPolicy",
    "PassResult",
    "Path",
    "Paths",
    "Repair",
    "RepairClass",
    "RepairNote",
    "Spelling",
    "Stopped",
    "StreamEvent",
    "StreamEventType",
    "Traced",
    "Unset",
    "Usage",
    "ValidationOutcome",
    "ValueChange",
    "identical",
    "json_equal",
    "json_key",
    "json_text",
    "plain_copy",
    "sound_outcome",
    "strongest",
    "value_at",
]

__getattr__ = exports(__name__, {"event": ("StreamEvent", "StreamEventType")})
