"""guardrails-ai's module of types: the names that programs import from it."""

from railguard.compat.guardrails.validator_base import OnFailAction

__all__ = ["OnFailAction"]
