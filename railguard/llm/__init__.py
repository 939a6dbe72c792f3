"""Floor 4: whatever can be asked. Providers, callables, retry, record and replay; they never see the loop."""

from railguard.llm.asking import ask
from railguard.llm.callables import CallableModel
from railguard.llm.models import Model, model
from railguard.llm.replay import RecordingModel, ReplayModel
from railguard.llm.request import Provider, Purpose, Request
from railguard.llm.retry import Retrying

__all__ = [
    "CallableModel",
    "Model",
    "Provider",
    "Purpose",
    "RecordingModel",
    "ReplayModel",
    "Request",
    "Retrying",
    "ask",
    "model",
]
