"""railguard makes a language model's output something a program can rely on.

A RAIL document, a pydantic model or a JSON Schema says what must come out; validators check it; what fails is repaired
where that is safe, and otherwise only the failing fields are asked for again. Start with `Guard` or `@guarded`.

Each name is imported when it is first used, so that importing railguard costs less than importing pydantic.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from railguard.llm import Provider, RecordingModel, ReplayModel, Request, as_provider, ask, model
    from railguard.llm.cache import Cached, MemoryStore, RedisStore, SQLiteStore
    from railguard.llm.cost import Budget, price
    from railguard.llm.fallback import Fallback
    from railguard.llm.rate_limit import RateLimit
    from railguard.observing import CallEvent
    from railguard.rail import check
    from railguard.schema.enforcement import Enforcement
    from railguard.sources.remaining_keywords import json_schema_check
    from railguard.tool import guarded_tool
    from railguard.validation import Context, Parameter, Pattern, Rule, Translation, Validator, pattern, validator
    from railguard.validation.registry import validator_problems, validators
    from railguard.values import (
        UNSET,
        Completion,
        FailResult,
        Failure,
        Iteration,
        Limits,
        Message,
        OnFail,
        PassResult,
        Path,
        Repair,
        StreamEvent,
        Usage,
        ValidationOutcome,
        ValueChange,
        json_key,
    )

__all__ = [
    "UNSET",
    "Budget",
    "Cached",
    "CallEvent",
    "Completion",
    "Context",
    "Enforcement",
    "FailResult",
    "Failure",
    "Fallback",
    "Guard",
    "InputError",
    "Iteration",
    "Limits",
    "MemoryStore",
    "Message",
    "OnFail",
    "Parameter",
    "PassResult",
    "Path",
    "Pattern",
    "Problem",
    "Provider",
    "ProviderError",
    "RailguardError",
    "RateLimit",
    "RecordingModel",
    "RedisStore",
    "Repair",
    "ReplayModel",
    "Request",
    "Rule",
    "SQLiteStore",
    "SpecError",
    "StreamEvent",
    "Translation",
    "Usage",
    "ValidationFailed",
    "ValidationOutcome",
    "Validator",
    "ValidatorError",
    "ValueChange",
    "as_provider",
    "ask",
    "check",
    "guarded",
    "guarded_tool",
    "json_key",
    "json_schema_check",
    "model",
    "pattern",
    "price",
    "validator",
    "validator_problems",
    "validators",
]

_ROOMS = {
    "decorator": ("guarded",),
    "errors": (
        "InputError",
        "Problem",
        "ProviderError",
        "RailguardError",
        "SpecError",
        "ValidationFailed",
        "ValidatorError",
    ),
    "guard": ("Guard",),
    "llm": ("Provider", "RecordingModel", "ReplayModel", "Request", "as_provider", "ask", "model"),
    "llm.cache": ("Cached", "MemoryStore", "RedisStore", "SQLiteStore"),
    "llm.cost": ("Budget", "price"),
    "llm.fallback": ("Fallback",),
    "llm.rate_limit": ("RateLimit",),
    "observing": ("CallEvent",),
    "rail": ("check",),
    "schema.enforcement": ("Enforcement",),
    "sources.remaining_keywords": ("json_schema_check",),
    "tool": ("guarded_tool",),
    "validation": ("Context", "Parameter", "Pattern", "Rule", "Translation", "Validator", "pattern", "validator"),
    "validation.registry": ("validator_problems", "validators"),
    "values": (
        "UNSET",
        "Completion",
        "FailResult",
        "Failure",
        "Iteration",
        "Limits",
        "Message",
        "OnFail",
        "PassResult",
        "Path",
        "Repair",
        "StreamEvent",
        "Usage",
        "ValidationOutcome",
        "ValueChange",
        "json_key",
    ),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}


def __getattr__(name: str) -> Any:
    room = _ROOM_OF.get(name)
    if room is None:
        from railguard.idioms import hint

        raise AttributeError(f"module 'railguard' has no attribute {name!r}{hint('railguard', name)}")
    from importlib import import_module

    value = getattr(import_module(f"railguard.{room}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
