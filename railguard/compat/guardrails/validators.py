"""guardrails-ai's module of validators: the base class and its results, and the built-in validators by their class names."""

from __future__ import annotations

from typing import Any

from railguard.compat.guardrails import hub
from railguard.compat.guardrails.validator_base import (
    ErrorSpan,
    FailResult,
    OnFailAction,
    PassResult,
    ValidationResult,
    Validator,
    register_validator,
)

__all__ = [
    "ErrorSpan",
    "FailResult",
    "OnFailAction",
    "PassResult",
    "ValidationResult",
    "Validator",
    "register_validator",
]


def __getattr__(name: str) -> Any:
    return getattr(hub, name)
