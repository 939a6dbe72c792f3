"""The ways in which an answer comes to a guard of a user's model, and what plain pydantic makes of the same text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from pydantic import TypeAdapter

from railguard import Failure, Guard, ValidationOutcome
from railguard.testing import ScriptedModel

USER = [{"role": "user", "content": "x"}]


def parsed(guard: Guard[Any], text: str, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome[Any]:
    return guard.parse(text, metadata=metadata)


def aparsed(guard: Guard[Any], text: str, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome[Any]:
    return asyncio.run(guard.aparse(text, metadata=metadata))


def called(guard: Guard[Any], text: str, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome[Any]:
    return guard(ScriptedModel([text]), messages=USER, metadata=metadata, max_reasks=0)


def acalled(guard: Guard[Any], text: str, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome[Any]:
    return asyncio.run(guard.acall(ScriptedModel([text]), messages=USER, metadata=metadata, max_reasks=0))


def streamed(guard: Guard[Any], text: str, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome[Any]:
    events = list(guard.stream(ScriptedModel([text]), messages=USER, metadata=metadata, max_reasks=0))
    assert events[-1].outcome is not None
    return events[-1].outcome


Way = Callable[..., ValidationOutcome[Any]]
WAYS: list[Way] = [parsed, aparsed, called, acalled, streamed]
every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


def plain(tp: Any, text: str, context: Any = None) -> Any:
    return TypeAdapter(tp).validate_json(text, context=context)


def at(failures: Iterable[Failure]) -> list[tuple[str, str]]:
    return [(str(failure.path), failure.validator) for failure in failures]
