"""guardrails-ai's names, for programs that are written for it: `import railguard.compat.guardrails as gd`.

Where `guardrails` is imported, write `railguard.compat.guardrails`; `.hub`, `.validators`, `.validator_base`, `.types`,
`.classes` and `.errors` are below it. Its defaults hold here: a rule without on_fail is noop, num_reasks is 1.
railguard's promise holds as well: only failing fields are asked for again, and what fails at the end is never fixed
silently. No hub, no token, no telemetry. docs/from-guardrails.md lists the names that differ in railguard itself.
"""

from railguard.compat.guardrails import docs_utils, hub, validators
from railguard.compat.guardrails.documents import Field
from railguard.compat.guardrails.errors import ValidationError
from railguard.compat.guardrails.guard import AsyncGuard, Guard
from railguard.compat.guardrails.history import Call, History
from railguard.compat.guardrails.hub import install
from railguard.compat.guardrails.outcome import ValidationOutcome
from railguard.compat.guardrails.validator_base import (
    FailResult,
    OnFailAction,
    PassResult,
    ValidationResult,
    Validator,
    register_validator,
)

__all__ = [
    "AsyncGuard",
    "Call",
    "FailResult",
    "Field",
    "Guard",
    "History",
    "OnFailAction",
    "PassResult",
    "ValidationError",
    "ValidationOutcome",
    "ValidationResult",
    "Validator",
    "docs_utils",
    "hub",
    "install",
    "register_validator",
    "validators",
]
