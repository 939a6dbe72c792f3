"""guardrails-ai's exceptions."""

from railguard import ValidationFailed

__all__ = ["ValidationError"]

ValidationError = ValidationFailed
"""What a rule with on_fail="exception" raises."""
