"""An answer that is as a whole one JSON string, where the output is a text: a JSON Schema and a type of Python read it as
JSON; RAIL and `from_string` take every text as it is."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest
from pydantic import Field

from railguard import Guard
from railguard.testing import ScriptedModel
from railguard_validators.length import length

USER = [{"role": "user", "content": "x"}]
SHORT = {"type": "string", "maxLength": 3}
JSON_GUARDS = [
    Guard.from_json_schema(SHORT),
    Guard.from_json_schema({"$ref": "#/$defs/s", "$defs": {"s": SHORT}}),
    Guard.from_json_schema({"type": "string"}).using(length(max=3), on="$"),
    Guard.from_pydantic(Annotated[str, Field(max_length=3)]),
    Guard.from_pydantic(Annotated[str, length(max=3)]),
]
TEXT_GUARDS = [
    Guard.from_string([length(max=5)]),
    Guard.from_rail_string('<rail version="1.0"><output type="string" max-length="5"/></rail>'),
]


def parsed(guard: Guard[Any], text: str) -> Any:
    return guard.parse(text)


def called(guard: Guard[Any], text: str) -> Any:
    return guard(ScriptedModel([text]), messages=USER, max_reasks=0)


def streamed(guard: Guard[Any], text: str) -> Any:
    events = list(guard.stream(ScriptedModel([text]), messages=USER, max_reasks=0))
    told = "".join(event.text for event in events if event.type == "delta" and event.text)
    assert told in ("", text)
    return events[-1].outcome


def acalled(guard: Guard[Any], text: str) -> Any:
    return asyncio.run(guard.acall(ScriptedModel([text]), messages=USER, max_reasks=0))


EVERY = pytest.mark.parametrize("way", [parsed, called, streamed, acalled], ids=lambda way: way.__name__)


@EVERY
@pytest.mark.parametrize("guard", JSON_GUARDS, ids=range(len(JSON_GUARDS)))
@pytest.mark.parametrize(
    ("text", "output"),
    [
        ('"aaa"', "aaa"),
        (' "aaa"\n', "aaa"),
        ('"\\u00e9\\n"', "é\n"),
        ('"a\\"b"', 'a"b'),
        ("aaa", "aaa"),
        ('"a', '"a'),
        ('a"', 'a"'),
        ("12", "12"),
        ('"""', '"""'),
    ],
)
def test_a_json_string_is_read_as_json_by_who_has_a_schema_or_a_type(
    guard: Guard[Any], text: str, output: str, way: Any
) -> None:
    outcome = way(guard, text)
    assert outcome.passed, outcome.failures
    assert outcome.output == output
    assert not outcome.repairs


@EVERY
@pytest.mark.parametrize("guard", JSON_GUARDS, ids=range(len(JSON_GUARDS)))
@pytest.mark.parametrize("text", ['"aaaa"', '"\\ud800"', '"\\beta"'])
def test_what_is_wrong_with_a_json_string_is_said_of_what_it_holds(guard: Guard[Any], text: str, way: Any) -> None:
    outcome = way(guard, text)
    assert not outcome.passed
    assert str(outcome.failures[0].path) == "$"
    if text == '"aaaa"':
        assert outcome.failures[0].value == "aaaa"


@EVERY
@pytest.mark.parametrize("guard", TEXT_GUARDS, ids=["from_string", "rail"])
def test_where_a_text_is_wanted_quotes_are_part_of_it(guard: Guard[Any], way: Any) -> None:
    assert way(guard, '"aaa"').output == '"aaa"'


def test_a_reask_of_a_text_may_be_answered_by_a_json_string() -> None:
    guard = Guard.from_json_schema(SHORT)
    outcome = guard(ScriptedModel(['"aaaa"', '"bbb"']), messages=USER)
    assert outcome.output == "bbb"
