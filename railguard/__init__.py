"""railguard makes a language model's output something a program can rely on.

A RAIL document, a pydantic model or a JSON Schema says what must come out; validators check it; what fails is repaired
where that is safe, and otherwise only the failing fields are asked for again. Start with `Guard` or `@guarded`.
"""

from railguard.decorator import guarded
from railguard.errors import (
    InputError,
    Problem,
    ProviderError,
    RailguardError,
    SpecError,
    ValidationFailed,
    ValidatorError,
)
from railguard.guard import Guard
from railguard.rail import check
from railguard.registry import validators
from railguard.validation import Context, Rule, Validator, validator
from railguard.values import (
    UNSET,
    Completion,
    Failure,
    FailResult,
    Iteration,
    Limits,
    Message,
    OnFail,
    PassResult,
    Path,
    Repair,
    Usage,
    ValidationOutcome,
)

__all__ = [
    "UNSET",
    "Completion",
    "Context",
    "FailResult",
    "Failure",
    "Guard",
    "InputError",
    "Iteration",
    "Limits",
    "Message",
    "OnFail",
    "PassResult",
    "Path",
    "Problem",
    "ProviderError",
    "RailguardError",
    "Repair",
    "Rule",
    "SpecError",
    "Usage",
    "ValidationFailed",
    "ValidationOutcome",
    "Validator",
    "ValidatorError",
    "check",
    "guarded",
    "validator",
    "validators",
]
