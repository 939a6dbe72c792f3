"""A text of a subclass of str, as libraries give it (the text of a LangChain message, a StrEnum, Markup), is a text:
every rule on texts runs on it, wherever it comes from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest

from railguard import Completion, FailResult, Guard, Rule, ValidationFailed, validator
from railguard.testing import ScriptedModel


class Text(str):
    """Of a library."""


class Kind(StrEnum):
    BAD = "bad"


@validator("t-plain", replace=True)
def plain(value: str) -> str | None:
    return "it is bad" if value == "bad" else None


@validator("t-context", replace=True)
def with_context(value: str, ctx: Any = None) -> str | None:
    return "it is bad" if value == "bad" else None


@validator("t-async", replace=True)
async def awaited(value: str) -> str | None:
    return "it is bad" if value == "bad" else None


@validator("t-fixing", replace=True)
def fixing(value: str) -> FailResult | None:
    return None if value == "bad" else FailResult("it must be bad", fix=Text("bad"))


class OfLibrary:
    """A Provider that passes a library's text on."""

    name = "library"

    def complete(self, request: Any) -> Completion:
        return Completion(Text("bad"))

    async def acomplete(self, request: Any) -> Completion:
        return self.complete(request)

    def stream(self, request: Any) -> Iterator[Any]:
        yield Text("ba")
        yield Text("d")


RULES = [plain(), with_context(), awaited()]
MESSAGES = [{"role": "user", "content": "?"}]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


@each_rule
@pytest.mark.parametrize("text", [Text("bad"), Kind.BAD])
def test_a_parsed_text_is_checked(rule: Rule, text: str) -> None:
    guard = Guard.from_string([rule])
    for outcome in (guard.parse(text), asyncio.run(guard.aparse(text))):
        assert [failure.validator for failure in outcome.failures] == [rule.name]
        assert type(outcome.raw_output) is str


@each_rule
def test_a_providers_text_is_checked(rule: Rule) -> None:
    guard = Guard.from_string([rule])
    assert not guard(OfLibrary(), messages=MESSAGES, max_reasks=0).passed
    assert not asyncio.run(guard.acall(OfLibrary(), messages=MESSAGES, max_reasks=0)).passed
    *_, last = guard.stream(OfLibrary(), messages=MESSAGES, max_reasks=0)
    assert last.outcome is not None
    assert not last.outcome.passed


@each_rule
def test_a_fix_is_checked_by_the_rules_behind_it(rule: Rule) -> None:
    assert not Guard.from_string([fixing(on_fail="fix"), rule]).parse("good").passed
    guard = Guard.from_json_schema({"type": "object", "properties": {"a": {"type": "string"}}})
    outcome = guard.using(fixing(on_fail="fix"), rule, on="$.a").parse('{"a": "good"}')
    assert [failure.validator for failure in outcome.failures] == [rule.name]


@pytest.mark.parametrize("rule", [plain(on_fail="exception"), with_context(on_fail="exception")])
def test_a_message_is_checked(rule: Rule) -> None:
    guard = Guard.from_string().using(rule, on="messages.user")
    with pytest.raises(ValidationFailed):
        guard(ScriptedModel(["fine"]), messages=[{"role": "user", "content": Text("bad")}])
