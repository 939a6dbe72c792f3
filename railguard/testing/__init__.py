"""Floor 6: models to test with, the same ones railguard tests itself with. None of them opens a connection."""

from railguard import RecordingModel, ReplayModel, Request
from railguard.testing.laws import check_validator
from railguard.testing.models import ScriptedModel

__all__ = ["RecordingModel", "ReplayModel", "Request", "ScriptedModel", "check_validator"]
