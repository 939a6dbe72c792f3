"""Floor 6: models to test with, the same ones railguard tests itself with. None of them opens a connection."""

from railguard import RecordingModel, ReplayModel, Request
from railguard.testing.laws import check_validator
from railguard.testing.models import ScriptedModel
from railguard.testing.outcomes import assert_outcome, assert_passed

__all__ = [
    "RecordingModel",
    "ReplayModel",
    "Request",
    "ScriptedModel",
    "assert_outcome",
    "assert_passed",
    "check_validator",
]
