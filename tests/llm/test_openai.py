"""OpenAI's wire format: what is sent, and where the key goes."""

from __future__ import annotations

import gzip
import json
import logging
import time
from typing import Any

import pytest

from railguard import Guard
from railguard.errors import InputError, ProviderError
from railguard.llm import Request, model
from railguard.llm.provider import HTTPProvider
from railguard.llm.services import SERVICES
from railguard.values import Completion, Usage
from tests.llm.conftest import Clock

OPENAI = SERVICES["openai"]
KEY = "sk-canary-0123456789abcdef"
SCHEMA = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
MESSAGES = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Wer? ä\ud800"})


def test_a_request_is_a_chat_completion(server, ask):
    server.will(server.chat("hello"))
    provider = model("openai:gpt-5", api_key=KEY, base_url=server.url)
    options = {"temperature": 0, "seed": 7, "stop": ["x"]}
    assert ask(provider, Request(MESSAGES, schema=SCHEMA, options=options)) == Completion(
        "hello", "stop", None, Usage(11, 5, 4), "gpt-5-2026"
    )
    (received,) = server.received
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["content-type"] == "application/json"
    assert received.body == {"model": "gpt-5", "messages": list(MESSAGES), **options}


def test_a_strict_request_sends_its_schema(server, ask):
    server.will(server.chat("{}"))
    ask(model("openai:gpt-5", base_url=server.url), Request(MESSAGES, schema=SCHEMA, strict=True))
    assert server.received[0].body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True},
    }


def test_free_text_sends_no_schema_and_a_response_format_of_the_callers_own_is_kept(server, ask):
    server.will(server.chat("{}"))
    provider = model("openai:gpt-5", base_url=server.url)
    ask(provider, Request(MESSAGES, strict=True))
    own = {"type": "json_object"}
    ask(provider, Request(MESSAGES, schema=SCHEMA, strict=True, options={"response_format": own}))
    assert [received.body.get("response_format") for received in server.received] == [None, own]


@pytest.mark.parametrize("option", ["messages", "model", "stream", "api_key", "base_url"])
def test_an_option_that_is_not_the_callers_is_refused_before_anything_is_sent(option, server, ask):
    server.will(server.chat("never"))
    with pytest.raises(InputError, match=f"{option} is not an option of a model: ") as caught:
        ask(model("openai:gpt-5", base_url=server.url), Request(MESSAGES, options={option: KEY}))
    assert KEY not in str(caught.value)
    assert server.received == []


@pytest.mark.parametrize("value", [object(), float("nan")])
def test_an_option_that_is_no_json_is_refused(value, server, ask):
    with pytest.raises(InputError, match="cannot be written as JSON"):
        ask(model("openai:gpt-5", base_url=server.url), Request(MESSAGES, options={"x": value}))


def test_a_compressed_answer_is_read(server, ask):
    body = json.dumps({"choices": [{"message": {"content": "hello"}}]}).encode()
    server.will(server.reply(200, gzip.compress(body), content_encoding="gzip"))
    assert ask(model("openai:gpt-5", base_url=server.url), Request(MESSAGES)).text == "hello"
    assert server.received[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("said", "options", "says"),
    [
        ("unknown response format", {"response_format": {"type": "yaml"}}, "the option response_format is the caller"),
        ("This model's maximum context length is 8192 tokens", {}, "longer than the model can read"),
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_a_bad_request_says_what_to_do(said, options, says, status, server, ask):
    server.will(server.reply(status, {"error": {"message": said}}))
    with pytest.raises(ProviderError, match=says) as caught:
        ask(model("openai:gpt-5", base_url=server.url), Request(MESSAGES, schema=SCHEMA, strict=True, options=options))
    assert said in str(caught.value)
    assert caught.value.status == status
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(
    "said",
    [
        "'response_format' of type 'json_schema' is not supported with this model",
        "Invalid schema for response_format 'answer'",
        "JSON schema conversion failed: Pattern must start with '^' and end with '$'",
        "failed to parse grammar",
        "This server does no structured output",
    ],
)
def test_a_server_that_does_not_take_a_schema_is_asked_without_it_and_that_is_noted(said, status, server, ask):
    server.will(server.reply(status, {"error": {"message": said}}), server.chat("{}"))
    question = Request(MESSAGES, schema=SCHEMA, strict=True, options={"temperature": 0})
    completion = ask(model("openai:gpt-5", base_url=server.url), question)
    assert completion.text == "{}"
    assert completion.note == f"the server does not take response_format ({said}); it was asked again without it"
    first, second = (received.body for received in server.received)
    assert first.pop("response_format")["type"] == "json_schema"
    assert first == second


def test_it_is_asked_once_more_and_not_for_ever(server, ask):
    server.will(server.reply(400, {"error": {"message": "response_format: no"}}))
    with pytest.raises(ProviderError, match="answered 400: response_format: no"):
        ask(model("openai:gpt-5", base_url=server.url), Request(MESSAGES, schema=SCHEMA, strict=True))
    assert len(server.received) == 2
    with pytest.raises(ProviderError, match="answered 400"):
        ask(model("openai:gpt-5", base_url=server.url), Request(MESSAGES, schema=SCHEMA))
    assert len(server.received) == 3


def test_the_second_question_has_the_time_that_is_left(server, ask, monkeypatch):
    clock = Clock()
    monkeypatch.setattr("railguard.llm.provider.time", clock)

    def late(handler: Any) -> None:
        clock.ahead = 119.9
        server.reply(400, {"error": {"message": "response_format: no"}})(handler)

    server.will(late, server.hang)
    began = time.monotonic()
    with pytest.raises(ProviderError, match="no whole answer in"):
        ask(model("openai:gpt-5", base_url=server.url), Request(MESSAGES, schema=SCHEMA, strict=True, timeout=120))
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("streamed", [False, True])
def test_what_was_asked_otherwise_is_on_the_record_of_the_round(streamed, server):
    refusal = server.reply(400, {"error": {"message": f"response_format: no, {KEY}"}})
    schema = {**SCHEMA, "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    guard = Guard.from_json_schema(schema, messages="Go")
    if streamed:
        server.will(refusal, server.sse(*server.chunks('{"a"', ": 1}")))
        *_, last = guard.stream("openai:m", base_url=server.url, api_key=KEY)
        outcome = last.outcome
    else:
        server.will(refusal, server.chat('{"a": 1}'))
        outcome = guard("openai:m", base_url=server.url, api_key=KEY)
    assert outcome.output == {"a": 1}
    assert outcome.to_dict()["iterations"][0]["note"] == (
        "the server does not take response_format (response_format: no, [REDACTED:key]); it was asked again without it"
    )


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"error": {"message": "x" * 600}}, "x" * 499 + "…$"),
        ({"error": {"message": f"bad key {KEY}\x1b[31m\nnow"}}, r"bad key \[REDACTED:key\] \[31m now$"),
        ({"error": {}}, "answered 400$"),
        ({"error": 3}, "answered 400$"),
        ([1], "answered 400$"),
        ({"detail": [{"loc": ["body"], "msg": "no"}]}, r'\[\{"loc": \["body"\], "msg": "no"\}\]$'),
        (b"", "answered 400$"),
        (b"plain words", "400: plain words$"),
    ],
)
def test_a_providers_words_are_quoted_short_clean_and_without_the_key(body, says, server, ask):
    server.will(server.reply(400, body))
    with pytest.raises(ProviderError, match=says) as caught:
        ask(model("openai:gpt-5", api_key=KEY, base_url=server.url), Request(MESSAGES))
    assert KEY not in str(caught.value)


def test_openai_itself_needs_a_key_and_nothing_is_sent_without(ask):
    with pytest.raises(ProviderError, match="set OPENAI_API_KEY"):
        ask(model("openai:gpt-5"), Request(MESSAGES))


def test_key_and_base_url_come_from_the_environment(server, ask, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.url + "/")
    monkeypatch.setenv("OPENAI_API_KEY", KEY + "\n")
    server.will(server.chat("hello"))
    provider = model("openai:gpt-5")
    ask(provider, Request(MESSAGES))
    assert server.received[0].headers["authorization"] == f"Bearer {KEY}"
    ask(model("openai:gpt-5", api_key="sk-other"), Request(MESSAGES))
    assert server.received[1].headers["authorization"] == "Bearer sk-other"


def test_a_server_of_ones_own_needs_no_key(server, ask):
    server.will(server.chat("hello"))
    ask(model("openai:qwen3:8b", base_url=server.url), Request(MESSAGES))
    assert "authorization" not in server.received[0].headers
    assert server.received[0].body["model"] == "qwen3:8b"


@pytest.mark.parametrize("suffix", ["", "/", "/chat/completions", "/chat/completions/"])
def test_the_base_url_may_end_as_people_write_it(suffix, server, ask):
    server.will(server.chat("hello"))
    ask(model("openai:m", base_url=f"{server.url}{suffix}?api-version=2"), Request(MESSAGES))
    assert server.received[0].path == "/v1/chat/completions?api-version=2"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://host/v1", "must begin with https:// or http:// and a host, not 'ftp://host"),
        ("localhost:8000/v1", "must begin with https://"),
        ("http:///v1", "must begin with https://"),
        ("http://[::1/v1", "cannot be read"),
        ("http://host:port/v1", "cannot be read"),
        ("https://user:sk-canary@host/v1", "holds a user or a password; give the key as api_key"),
    ],
)
def test_a_base_url_that_cannot_be_used_is_refused_when_the_model_is_made(url, says):
    with pytest.raises(InputError, match=says) as caught:
        HTTPProvider(OPENAI, "gpt-5", base_url=url)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("key", ["", " ", "sk-canary\nx", "sk canary", "sk-canäry", "sk-canary\x00"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_shown(key):
    with pytest.raises(InputError, match="it is not shown here") as caught:
        HTTPProvider(OPENAI, "gpt-5", api_key=key)
    assert "canary" not in str(caught.value)
    assert caught.value.__context__ is None


def test_no_repr_and_no_log_holds_the_key_or_a_message(server, ask, caplog):
    caplog.set_level(logging.DEBUG)
    server.will(server.chat("secret answer"))
    provider = model("openai:gpt-5", api_key=KEY, base_url=server.url + "?key=secret-query")
    request = Request(({"role": "user", "content": "secret question"},), options={"user": "secret user"})
    completion = ask(provider, request)
    assert completion.text == "secret answer"
    shown = repr(provider) + provider.name + repr(request)
    assert "canary" not in shown + caplog.text
    assert "secret" not in shown
    assert "secret answer" not in caplog.text
    assert "secret question" not in caplog.text
    assert "with key" in repr(provider)


def test_a_proxy_of_the_environment_is_not_used_for_loopback(server, ask, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.will(server.chat("direct"))
    assert ask(model("openai:m", base_url=server.url), Request(MESSAGES)).text == "direct"
    localhost = server.url.replace("127.0.0.1", "localhost")
    assert ask(model("openai:m", base_url=localhost), Request(MESSAGES)).text == "direct"


def test_a_server_elsewhere_is_reached_through_the_proxy_of_the_environment(server, ask, monkeypatch):
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.url.removesuffix("/v1"))
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/v1"))
    server.will(server.chat("by proxy"))
    assert ask(model("openai:m", base_url="http://model.invalid/v1"), Request(MESSAGES)).text == "by proxy"
    assert server.received[0].path == "http://model.invalid/v1/chat/completions"


def test_the_tool_call_of_an_answer_is_its_text_and_two_are_a_list_that_says_so(server, ask):
    def call(name: str) -> dict[str, Any]:
        return {"type": "function", "id": name, "function": {"name": name, "arguments": '{"a": 1}'}}

    server.will(server.chat(None, tool_calls=[call("f")]), server.chat(None, tool_calls=[call("f"), call(KEY)]))
    provider = model("openai:m", api_key=KEY, base_url=server.url)
    assert ask(provider, Request(MESSAGES)).text == '{"a": 1}'
    several = ask(provider, Request(MESSAGES))
    assert (several.text, several.calls) == ('[{"a": 1}, {"a": 1}]', ('{"a": 1}', '{"a": 1}'))
