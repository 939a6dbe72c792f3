"""guardrails-ai's exceptions."""

from railguard import ValidationFailed

__all__ = ["ValidationError"]

ValidationError = ValidationFailed
"""Raised if a rule with on_fail="exception" fails."""
