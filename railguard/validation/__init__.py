"""Floor 1: what a validator is, what a rule is, and what each on-fail action does."""

from railguard.validation.declaration import Check, Context, Parameter, Validator, validator
from railguard.validation.on_fail import ACTIONS, STRENGTH, Proposal, strongest
from railguard.validation.patterns import Pattern
from railguard.validation.patterns import compile as pattern
from railguard.validation.rule import JsonType, Rule, interpret, json_type, on_fail_of
from railguard.validation.translation import Translation

__all__ = [
    "ACTIONS",
    "STRENGTH",
    "Check",
    "Context",
    "JsonType",
    "Parameter",
    "Pattern",
    "Proposal",
    "Rule",
    "Translation",
    "Validator",
    "interpret",
    "json_type",
    "on_fail_of",
    "pattern",
    "strongest",
    "validator",
]
