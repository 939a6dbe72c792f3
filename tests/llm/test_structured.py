"""Guarded calls of a real provider: which schema goes to it, and how what comes back under it is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from railguard import Guard
from railguard.llm import RecordingModel, Retrying, model
from railguard.llm.provider import HTTPProvider
from railguard.llm.services import SERVICES

OPENAI = SERVICES["openai"]
FEES = {
    "type": "object",
    "properties": {
        "bank": {"type": "string"},
        "note": {"type": "string"},
        "fees": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "percent": {"type": "number", "maximum": 100}},
                "required": ["name", "percent"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["bank", "fees"],
    "additionalProperties": False,
}
FIRST = {"bank": "Bank", "note": None, "fees": [{"name": "a", "percent": 1}, {"name": "b", "percent": 700}]}
FIXED = {"fees.1.percent": 7}
MESSAGES = [{"role": "user", "content": "Which fees?"}]
HOSTED = "http://api.openai.com/v1"


@pytest.fixture
def proxied(server, monkeypatch):
    """OpenAI's own host, reached through the server."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, server.url.removesuffix("/v1"))
    return server


def called(guard: Guard, url: str, **options: Any) -> Any:
    return guard("openai:gpt-5", messages=MESSAGES, base_url=url, api_key="sk-canary-1", **options)


def sent(server: Any) -> list[dict[str, Any] | None]:
    """The schema of each request that had one as response_format."""
    formats = [received.body.get("response_format") for received in server.received]
    assert all(
        form is None or (form["type"], form["json_schema"]["strict"]) == ("json_schema", True) for form in formats
    )
    return [None if form is None else form["json_schema"]["schema"] for form in formats]


def is_strict(schema: Any) -> bool:
    """OpenAI's law: every object is closed, and requires all it has."""
    assert schema is not None
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" and (
        schema.get("additionalProperties") is not False or sorted(schema["required"]) != sorted(schema["properties"])
    ):
        return False
    return all(is_strict(value) for value in schema.values())


def test_a_hosted_model_is_sent_the_schema_once_and_reasked_in_words(proxied):
    server = proxied
    server.will(server.chat(json.dumps(FIRST)), server.chat(json.dumps(FIXED)))
    outcome = called(Guard.from_json_schema(FEES), HOSTED)
    assert outcome.passed
    assert outcome.output["fees"][1] == {"name": "b", "percent": 7}
    whole, reask = sent(server)
    assert is_strict(whole)
    assert list(whole["properties"]) == ["bank", "note", "fees"]
    assert reask is None
    assert server.received[0].path == "http://api.openai.com/v1/chat/completions"


def test_a_local_model_is_sent_the_schema_of_what_is_asked_again(server):
    server.will(server.chat(json.dumps(FIRST)), server.chat(json.dumps(FIXED)))
    outcome = called(Guard.from_json_schema(FEES), server.url)
    assert outcome.passed
    whole, reask = sent(server)
    assert is_strict(whole)
    assert is_strict(reask)
    assert list(reask["properties"]) == ["fees.1.percent"]


@pytest.mark.parametrize("mode", ["strict", "prompt"])
def test_the_reask_mode_decides_wherever_the_model_is(mode, proxied):
    server = proxied
    for url in (HOSTED, server.url):
        server.will(server.chat(json.dumps(FIRST)), server.chat(json.dumps(FIXED)))
        assert called(Guard.from_json_schema(FEES), url, reask_mode=mode).passed
        whole, reask = sent(server)
        assert is_strict(whole)
        assert (reask is not None) is (mode == "strict")


def test_a_streamed_call_sends_the_same_schemas(server):
    server.will(server.sse(*server.chunks(*json.dumps(FIRST))), server.sse(*server.chunks(json.dumps(FIXED))))
    events = list(Guard.from_json_schema(FEES).stream("openai:m", messages=MESSAGES, base_url=server.url))
    assert events[-1].outcome.passed
    assert [event.type for event in events].count("reask") == 1
    whole, reask = sent(server)
    assert is_strict(whole)
    assert list(reask["properties"]) == ["fees.1.percent"]


def test_null_for_an_optional_field_is_left_out_and_on_record(server):
    server.will(server.chat(json.dumps({**FIRST, "fees": []})))
    outcome = called(Guard.from_json_schema(FEES), server.url)
    assert outcome.passed
    assert outcome.output == {"bank": "Bank", "fees": []}
    (repair,) = outcome.repairs
    assert (str(repair.path), repair.before) == ("$.note", None)
    assert len(server.received) == 1


ITEM = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
LIST = {"type": "array", "items": ITEM}


def wrapped(server: Any, value: Any) -> Any:
    """An answer in the object that the schema of the request makes of its list."""

    def behave(handler: Any) -> None:
        (key,) = handler.body["response_format"]["json_schema"]["schema"]["properties"]
        body = json.dumps({key: value})
        if handler.body.get("stream"):
            server.sse(*server.chunks(*body))(handler)
        else:
            server.chat(body)(handler)

    return behave


def test_a_list_at_the_root_is_wrapped_for_the_model_and_unwrapped_again(server):
    server.will(wrapped(server, [{"n": 1}, {"n": 2}]))
    outcome = called(Guard.from_json_schema(LIST), server.url)
    assert outcome.output == [{"n": 1}, {"n": 2}]
    assert outcome.repairs == ()
    (whole,) = sent(server)
    assert whole["type"] == "object"
    assert is_strict(whole)


def test_a_wrapped_list_is_streamed_item_by_item(server):
    server.will(wrapped(server, [{"n": 1}, {"n": 2}]))
    events = list(Guard.from_json_schema(LIST).stream("openai:m", messages=MESSAGES, base_url=server.url))
    assert [str(event.path) for event in events if event.type == "field"] == ["$[0].n", "$[0]", "$[1].n", "$[1]"]
    assert "restart" not in [event.type for event in events]
    assert events[-1].outcome.output == [{"n": 1}, {"n": 2}]


@pytest.mark.parametrize(
    ("url", "cheap"),
    [
        (None, False),
        ("https://api.openai.com/v1", False),
        ("https://API.OpenAI.com./v1", False),
        ("https://eu.api.openai.com/v1", False),
        ("https://name.openai.azure.com/openai/v1", False),
        ("https://api.anthropic.com/v1", False),
        ("https://generativelanguage.googleapis.com/v1beta/openai", False),
        ("https://openrouter.ai/api/v1", False),
        ("http://localhost:8000/v1", True),
        ("http://192.168.1.7:11434/v1", True),
        ("https://llm.example.org/v1", True),
        ("https://notopenai.com/v1", True),
    ],
)
def test_new_schemas_are_cheap_where_nobody_compiles_and_caches_them(url, cheap, tmp_path):
    provider = HTTPProvider(OPENAI, "m", base_url=url)
    assert (provider.cheap_schemas, provider.schema_target) == (cheap, "openai-strict")
    for outer in (Retrying(provider), RecordingModel(model("openai:m", base_url=url), tmp_path / "r.jsonl")):
        assert (outer.cheap_schemas, outer.schema_target) == (cheap, "openai-strict")


def test_a_schema_that_openai_cannot_enforce_is_told_in_words(server):
    server.will(server.chat('{"a": 1}'))
    assert called(Guard.from_json_schema({"type": "object", "properties": {"a": {}}}), server.url).passed
    assert sent(server) == [None]


def test_a_schema_that_allows_other_keys_is_sent_with_its_named_keys_alone_and_other_keys_are_accepted(server):
    server.will(server.chat('{"a": 1, "b": 2, "c": null}'))
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "c": {"type": "string"}}, "required": ["a"]}
    outcome = called(Guard.from_json_schema(schema), server.url)
    assert outcome.passed
    assert outcome.output == {"a": 1, "b": 2}
    (asked,) = sent(server)
    assert asked["additionalProperties"] is False
    assert asked["required"] == ["a", "c"]
