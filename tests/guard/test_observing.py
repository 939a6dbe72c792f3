"""`guard.on`: callbacks that look on. And the log "railguard": silent by default, without content."""

from __future__ import annotations

import asyncio
import logging
import pickle
import subprocess
import sys
from typing import Any

import pytest

from railguard import CallEvent, Guard, InputError, ProviderError, ValidationFailed, ValidatorError, validator
from railguard.testing import ScriptedModel
from railguard_validators.length import length
from railguard_validators.lower_case import lower_case

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
EVENTS = ("start", "ask", "answer", "outcome", "error", "closed")
ANSWERS = ['{"name": "ann", "age": "old"}', '{"age": 36}']


def watching(guard: Guard, seen: list[CallEvent]) -> Guard:
    for event in EVENTS:
        guard = guard.on(event, seen.append)
    return guard


@pytest.fixture
def seen() -> list[CallEvent]:
    return []


@pytest.fixture
def guard(seen: list[CallEvent]) -> Guard:
    return watching(Guard.from_json_schema(SCHEMA, messages="Who?"), seen)


@pytest.fixture(params=["call", "acall", "stream", "astream"])
def run(request: pytest.FixtureRequest) -> Any:
    """A guarded call in each of its ways, to its end."""

    async def drain(guard: Guard, model: Any) -> None:
        async for _ in guard.astream(model):
            pass

    def run(guard: Guard, model: Any) -> None:
        match request.param:
            case "call":
                guard(model)
            case "acall":
                asyncio.run(guard.acall(model))
            case "stream":
                list(guard.stream(model))
            case "astream":
                asyncio.run(drain(guard, model))

    return run


def test_every_way_of_calling_tells_the_same_events(guard, seen, run):
    run(guard, ScriptedModel(ANSWERS, name="openai:m"))
    assert [(event.type, event.round) for event in seen] == [
        ("start", None),
        ("ask", 0),
        ("answer", 0),
        ("ask", 1),
        ("answer", 1),
        ("outcome", None),
    ]
    assert {(event.call, event.model) for event in seen} == {(seen[0].call, "openai:m")}
    assert [str(path) for path in seen[3].asked] == ["$.age"]
    assert seen[2].completion.text == ANSWERS[0]
    assert seen[-1].outcome.output == {"name": "ann", "age": 36}


def test_a_model_that_fails_is_told_and_so_is_the_error(guard, seen, run):
    with pytest.raises(ProviderError):
        run(guard, ScriptedModel([ProviderError("down")]))
    assert [event.type for event in seen] == ["start", "ask", "answer", "error"]
    assert [str(event.error) for event in seen[2:]] == ["down", "down"]


def test_a_rule_that_raises_is_an_error_with_its_outcome(guard, seen, run):
    guard = guard.using(length(max=1, on_fail="exception"), on="$.name")
    with pytest.raises(ValidationFailed):
        run(guard, ScriptedModel(ANSWERS))
    assert seen[-1].type == "error"
    assert seen[-1].error.outcome.failures


def test_a_stream_that_is_left_is_closed(guard, seen):
    stream = guard.stream(ScriptedModel(ANSWERS))
    next(stream)
    stream.close()
    assert seen[-1].type == "closed"


@pytest.mark.parametrize("text", ['{"name": "ann", "age": 36}', "no JSON"])
def test_a_parse_tells_its_outcome(guard, seen, text):
    guard.parse(text)
    asyncio.run(guard.aparse(text))
    assert [event.type for event in seen] == ["start", "outcome"] * 2
    assert seen[0].model is None


def test_a_parse_whose_rule_is_broken_tells_its_error(guard, seen):
    @validator("broken-in-a-parse")
    def broken(value):
        raise ZeroDivisionError

    guard = guard.using(broken(), on="$.name")
    with pytest.raises(ValidatorError, match="broken"):
        guard.parse('{"name": "ann", "age": "x"}')
    assert [event.type for event in seen] == ["start", "error"]


def test_a_resumed_call_tells_its_events(guard, seen):
    outcome = guard(ScriptedModel(ANSWERS), max_reasks=0)
    seen.clear()
    assert guard.resume(outcome, ScriptedModel(ANSWERS[1:])).passed
    assert [event.type for event in seen] == ["start", "ask", "answer", "outcome"]


def test_only_the_new_guard_has_the_callback(seen):
    plain = Guard.from_json_schema(SCHEMA, messages="Who?")
    told = plain.on("outcome", seen.append)
    plain.parse("7")
    assert seen == []
    assert plain.subscriptions == ()
    told.using(lower_case(), on="$.name").parse("7")
    assert [event.type for event in seen] == ["outcome"]
    assert pickle.loads(pickle.dumps(plain)).parse("{}").stopped == "no_model"


def test_a_callback_that_raises_is_logged_and_the_call_goes_on(seen, run, caplog):
    def broken(event: CallEvent) -> None:
        raise RuntimeError("mine")

    guard = Guard.from_json_schema(SCHEMA, messages="Who?")
    for event in EVENTS:
        guard = guard.on(event, broken)
    run(watching(guard, seen), ScriptedModel(ANSWERS))
    assert seen[-1].outcome.passed
    assert {record.name for record in caplog.records} == {"railguard"}
    assert "'outcome' of call" in caplog.text
    assert "RuntimeError: mine" in caplog.text


@pytest.mark.parametrize(
    ("event", "callback", "words"),
    [
        ("begin", print, "an event of a call is start, ask, answer, outcome, error, closed, not 'begin'"),
        ("ask", 7, "a callback is a function"),
        ("ask", asyncio.sleep, "not awaited"),
    ],
)
def test_what_is_no_event_or_callback_is_refused(event, callback, words):
    with pytest.raises(InputError, match=words):
        Guard.from_string().on(event, callback)


def test_an_event_shows_no_content():
    event = CallEvent("ask", 7, round=1, messages=({"role": "user", "content": "secret"},))
    assert repr(event) == "<CallEvent ask of call 7, round 1>"


def test_the_log_names_paths_rules_and_counts_and_no_content(run, caplog):
    guard = Guard.from_json_schema(SCHEMA, messages="Who is Canary?").using(length(max=5), on="$.name")
    model = ScriptedModel(['{"name": "Canary", "age": 36}', '{"name": "Canary2"}', '{"name": "Canary3"}'])
    with caplog.at_level(logging.DEBUG, logger="railguard"):
        run(guard, model)
    assert "round 1, for $.name" in caplog.text
    assert "failed after 3 answers: 1 unresolved" in caplog.text
    assert "$.name fails length" in caplog.text
    assert "anary" not in caplog.text


def test_the_log_is_silent_by_default():
    code = (
        "from railguard import Guard\nfrom railguard.testing import ScriptedModel\n"
        "def broken(event): raise RuntimeError('mine')\n"
        "guard = Guard.from_json_schema({'type': 'integer'}, messages='?').on('outcome', broken)\n"
        "print(guard(ScriptedModel(['7'])).output)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("7\n", "")
