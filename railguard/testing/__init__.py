"""Floor 6: test doubles of models, the same ones that railguard's own tests use. None of them opens a connection."""

from railguard import RecordingModel, ReplayModel, Request
from railguard.testing.laws import check_validator
from railguard.testing.outcomes import assert_outcome, assert_passed
from railguard.testing.scripted import ScriptedModel

__all__ = [
    "RecordingModel",
    "ReplayModel",
    "Request",
    "ScriptedModel",
    "assert_outcome",
    "assert_passed",
    "check_validator",
]
