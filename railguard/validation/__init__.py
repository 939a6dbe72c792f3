"""Floor 1: validators and rules."""

from railguard.validation.declaration import validator
from railguard.validation.patterns import Pattern
from railguard.validation.patterns import compile as pattern
from railguard.validation.rule import (
    Check,
    Context,
    JsonType,
    Parameter,
    Rule,
    Validator,
    interpret,
    json_type,
    on_fail_of,
)
from railguard.validation.translation import Translation

__all__ = [
    "Check",
    "Context",
    "JsonType",
    "Parameter",
    "Pattern",
    "Rule",
    "Translation",
    "Validator",
    "interpret",
    "json_type",
    "on_fail_of",
    "pattern",
    "validator",
]
