"""guardrails-ai's module of classes: outcomes, and the results of validators."""

from railguard.compat.guardrails.outcome import ValidationOutcome
from railguard.compat.guardrails.validator_base import ErrorSpan, FailResult, PassResult, ValidationResult

__all__ = ["ErrorSpan", "FailResult", "PassResult", "ValidationOutcome", "ValidationResult"]
