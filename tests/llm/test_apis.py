"""Every HTTP API by name: where it is asked, with what, and what is read of its answers, at once and as a stream."""

from __future__ import annotations

from typing import Any

import pytest

from railguard import Guard
from railguard.errors import InputError, ProviderError
from railguard.llm import Request, model
from railguard.llm.modes import breaks
from railguard.llm.services import SERVICES
from railguard.values import Completion, Usage

KEY = "sk-canary-0123456789abcdefghij"
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
MESSAGES = (
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Wer? ä"},
    {"role": "assistant", "content": "Me."},
    {"role": "user", "content": "As JSON."},
)


def provider(api: Any, server: Any, **given: Any) -> Any:
    return model(f"{api.scheme}:a-model", **{"api_key": KEY, "base_url": api.base(server), **given})


def test_an_answer_is_read_with_its_usage_and_without_its_thoughts(api, server, ask):
    server.will(api.answers(server, '{"a": 1}'))
    found = ask(provider(api, server), Request(MESSAGES))
    assert found == Completion(
        '{"a": 1}', "stop", None, Usage(11, 5, 4 if api.scheme != "ollama" else 0), "a-model-2026"
    )
    (received,) = server.received
    assert received.path == api.path
    assert received.headers[api.header] == api.prefix + KEY
    assert KEY not in str(received.body) + received.path


def test_a_stream_comes_in_pieces_and_its_completion_last(api, server, read):
    server.will(api.answers(server, "Hello"))
    pieces, error = read(provider(api, server), Request(MESSAGES))
    assert error is None
    assert pieces[:-1] == ["He", "llo"]
    usage = Usage(11, 5, 4 if api.scheme != "ollama" else 0)
    assert pieces[-1] == Completion("Hello", "stop", None, usage, "a-model-2026")
    assert server.received[0].path == api.stream_path


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_why_an_answer_ended_is_told(finish, api, server, ask, read):
    if api.scheme == "ollama" and finish == "content_filter":
        pytest.skip("Ollama has no filter")
    server.will(api.answers(server, "Hel", finish))
    found = ask(provider(api, server), Request(MESSAGES))
    (*_, last), error = read(provider(api, server), Request(MESSAGES))
    wanted = "refusal" if api.scheme == "anthropic" and finish == "content_filter" else finish
    assert error is None
    assert (found.finish_reason, last.finish_reason) == (wanted, wanted)


SYSTEM: dict[str, Any] = {
    "anthropic": lambda body: (body["system"], len(body["messages"])),
    "gemini": lambda body: (body["systemInstruction"]["parts"][0]["text"], len(body["contents"])),
    "openai-responses": lambda body: (body["input"][0]["content"], len(body["input"]) - 1),
}


def test_a_system_message_goes_where_each_api_wants_it(api, server, ask):
    server.will(api.answers(server, "x"))
    ask(provider(api, server), Request(MESSAGES))
    body = server.received[0].body
    plain = SYSTEM.get(api.scheme, lambda body: (body["messages"][0]["content"], len(body["messages"]) - 1))
    assert plain(body) == ("Be brief.", 3)


def test_a_system_message_alone_is_asked_as_what_the_api_takes(api, server, ask):
    server.will(api.answers(server, "x"))
    ask(provider(api, server), Request(MESSAGES[:1]))
    body = server.received[0].body
    asked = body.get("messages") or body.get("contents") or body.get("input")
    assert len(asked) == 1
    assert "Be brief." in str(asked)


SENT: dict[str, Any] = {
    "openai": lambda body: body["response_format"]["json_schema"]["schema"],
    "azure": lambda body: body["response_format"]["json_schema"]["schema"],
    "openai-responses": lambda body: body["text"]["format"]["schema"],
    "anthropic": lambda body: body["output_config"]["format"]["schema"],
    "gemini": lambda body: body["generationConfig"]["responseJsonSchema"],
    "ollama": lambda body: body["format"],
}


def test_a_strict_request_sends_its_schema(api, server, ask, read):
    server.will(api.answers(server, '{"a": 1}'))
    found = ask(provider(api, server), Request(MESSAGES, schema=SCHEMA, strict=True))
    read(provider(api, server), Request(MESSAGES, schema=SCHEMA, strict=True))
    assert [SENT[api.scheme](received.body) for received in server.received] == [SCHEMA, SCHEMA]
    assert found.note is None


def test_a_schema_that_was_not_enforced_is_told(api, server, ask, read):
    for text, says in (
        ("I am sorry", "it is not JSON"),
        ('{"a": "1"}', "$.a is not of type integer"),
        ('{"b": 1}', "$ has no 'a'"),
        ('{"a": 1, "b": 2}', "$ has a key that is not allowed"),
        ("[1]", "$ is not of type object"),
    ):
        server.will(api.answers(server, text))
        found = ask(provider(api, server), Request(MESSAGES, schema=SCHEMA, strict=True))
        assert found.text == text
        assert found.note == f"the server did not enforce the schema that it was sent: {says}"
        (*_, last), _ = read(provider(api, server), Request(MESSAGES, schema=SCHEMA, strict=True))
        assert last.note == found.note


def test_a_schema_of_unions_in_unions_is_compared_in_linear_time():
    def one(operator: str) -> Any:
        properties = {"of": {"$ref": "#/$defs/E"}, "op": {"const": operator}}
        return {"type": "object", "properties": properties, "required": ["of", "op"]}

    schema = {"$defs": {"E": {"anyOf": [one("+"), one("-"), {"type": "integer"}]}}, "$ref": "#/$defs/E"}

    def nested(depth: int) -> str:
        return '{"of":' * depth + "null" + ',"op":"+"}' * depth

    assert breaks(schema, nested(40)) == "$ is not one of the allowed forms"
    assert breaks(schema, nested(40).replace("null", "1")) is None


REFUSALS: dict[str, tuple[int, Any]] = {
    "openai": (400, {"error": {"message": "'response_format' of type 'json_schema' is not supported"}}),
    "azure": (400, {"error": {"message": "response_format value as json_schema is enabled only for api versions …"}}),
    "openai-responses": (400, {"error": {"message": "Unsupported parameter: 'text.format'"}}),
    "anthropic": (
        400,
        {"type": "error", "error": {"type": "invalid_request_error", "message": "output_config: Extra inputs"}},
    ),
    "gemini": (
        400,
        {"error": {"code": 400, "message": "Unknown name response_json_schema", "status": "INVALID_ARGUMENT"}},
    ),
    "ollama": (400, {"error": 'invalid format: expected "json" or a JSON schema'}),
}


def test_a_server_that_refuses_the_schema_is_asked_in_json_mode_then_in_words_and_never_so_again(api, server, ask):
    status, body = REFUSALS[api.scheme]
    refusal = server.reply(status, body)
    one = provider(api, server)
    json_mode = "json_object" in SERVICES[api.scheme].modes
    server.will(refusal, *([refusal] if json_mode else []), api.answers(server, '{"a": 1}'))
    found = ask(one, Request(MESSAGES, schema=SCHEMA, strict=True))
    assert found.text == '{"a": 1}'
    assert f"the server does not take {SERVICES[api.scheme].format.schema_member}" in found.note
    assert found.note.endswith("it was asked again without it")
    assert len(server.received) == 2 + json_mode
    assert str(SCHEMA) not in str(server.received[-1].body)
    assert not one.carries_schemas
    again = ask(one, Request(MESSAGES, schema={**SCHEMA, "title": "another"}, strict=True))
    assert len(server.received) == 3 + json_mode
    assert "has refused" in again.note
    assert provider(api, server).carries_schemas == (api.scheme not in GRAMMARS)
    server.will(api.answers(server, '{"a": 1}'))
    assert ask(provider(api, server), Request(MESSAGES, schema=SCHEMA, strict=True)).note is None


def test_one_schema_that_is_refused_does_not_speak_for_others(server, ask):
    invalid = server.reply(400, {"error": {"message": "Invalid schema for response_format 'answer': nope"}})
    one = model("openai:m", base_url=server.url)
    server.will(invalid, server.chat('{"a": 1}'), server.chat('{"a": 1}'), server.chat('{"a": 1}'))
    words = ({"role": "user", "content": "?"},)  # no word of JSON, so that there is no JSON mode
    other = {**SCHEMA, "title": "another"}
    notes = [ask(one, Request(words, schema=schema, strict=True)).note for schema in (SCHEMA, SCHEMA, other)]
    sent = ["response_format" in received.body for received in server.received]
    assert sent == [True, False, False, True]
    assert [note and note.split("(")[0] for note in notes] == [
        "the server does not take response_format ",
        "the server has refused response_format before; it was asked without it",
        None,
    ]


def test_json_mode_is_not_given_up_for_messages_that_do_not_say_json(server, ask):
    said = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    server.will(server.reply(400, {"error": {"message": said}}), server.chat('{"a": 1}'))
    one = model("deepseek:m", base_url=server.url, api_key=KEY)
    for _ in range(2):
        ask(one, Request(MESSAGES, schema=SCHEMA, strict=True))
        server.behaviours = server.behaviours[1:] or [server.chat('{"a": 1}')]
    formats = [received.body.get("response_format") for received in server.received]
    assert formats == [{"type": "json_object"}, None, {"type": "json_object"}]


OPTIONS: dict[str, dict[str, Any]] = {
    "openai": {"max_tokens": 9, "temperature": 0, "stop": "x"},
    "azure": {"max_tokens": 9, "temperature": 0, "stop": "x"},
    "openai-responses": {"max_output_tokens": 9, "temperature": 0, "stop": "x"},
    "anthropic": {"max_tokens": 9, "temperature": 0, "stop_sequences": ["x"]},
    "gemini": {"generationConfig": {"maxOutputTokens": 9, "temperature": 0, "stopSequences": ["x"]}},
    "ollama": {"options": {"num_predict": 9, "temperature": 0, "stop": "x"}},
}


def test_the_usual_options_go_where_each_api_has_them(api, server, ask):
    server.will(api.answers(server, "x"))
    ask(provider(api, server), Request(MESSAGES, options={"max_tokens": 9, "temperature": 0, "stop": "x"}))
    body = server.received[0].body
    assert {name: body[name] for name in OPTIONS[api.scheme]} == OPTIONS[api.scheme]


@pytest.mark.parametrize("option", ["messages", "model", "stream", "api_key", "base_url"])
def test_what_is_no_option_is_refused_before_anything_is_sent(option, api, server, ask):
    with pytest.raises(InputError, match=f"{option} is not an option of a model"):
        ask(provider(api, server), Request(MESSAGES, options={option: KEY}))
    assert server.received == []


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0K"}}
IMAGES: dict[str, Any] = {
    "anthropic": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0K"}},
    "gemini": {"inlineData": {"mimeType": "image/png", "data": "iVBORw0K"}},
    "openai-responses": {"type": "input_image", "image_url": "data:image/png;base64,iVBORw0K"},
    "ollama": ["iVBORw0K"],
}


def test_parts_of_a_message_are_sent_in_each_apis_form(api, server, ask):
    server.will(api.answers(server, "x"))
    parts = [{"type": "text", "text": "See"}, IMAGE]
    ask(provider(api, server), Request(({"role": "user", "content": parts},)))
    (message,) = next(
        server.received[0].body[name] for name in ("messages", "contents", "input") if name in server.received[0].body
    )
    found = message.get("content") or message.get("parts")
    if api.scheme == "ollama":
        assert (found, message["images"]) == ("See", IMAGES["ollama"])
    else:
        assert found[1] == IMAGES.get(api.scheme, IMAGE)
        assert found[0]["text"] == "See"


def test_tool_calls_in_the_conversation_are_sent_in_each_apis_form(api, server, ask):
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at": "x"}'}}
    messages = (
        {"role": "user", "content": "Look."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "found"},
    )
    server.will(api.answers(server, "x"))
    ask(provider(api, server), Request(messages))
    body = server.received[0].body
    match api.scheme:
        case "anthropic":
            use = {"type": "tool_use", "id": "c1", "name": "look", "input": {"at": "x"}}
            assert [m["content"] for m in body["messages"]] == [
                "Look.",
                [use],
                [{"type": "tool_result", "tool_use_id": "c1", "content": "found"}],
            ]
        case "gemini":
            assert [c["parts"] for c in body["contents"]] == [
                [{"text": "Look."}],
                [{"functionCall": {"name": "look", "args": {"at": "x"}}}],
                [{"functionResponse": {"name": "look", "response": {"result": "found"}}}],
            ]
        case "openai-responses":
            assert body["input"][1:] == [
                {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"at": "x"}'},
                {"type": "function_call_output", "call_id": "c1", "output": "found"},
            ]
        case "ollama":
            assert body["messages"][1]["tool_calls"] == [{"function": {"name": "look", "arguments": {"at": "x"}}}]
            assert body["messages"][2] == {"role": "tool", "tool_name": "look", "content": "found"}
        case _:
            assert body["messages"] == list(messages)


CALLS: dict[str, Any] = {
    "anthropic": {"content": [{"type": "tool_use", "id": "t", "name": "answer", "input": {"a": 1}}]},
    "gemini": {
        "candidates": [
            {"content": {"parts": [{"functionCall": {"name": "answer", "args": {"a": 1}}}]}, "finishReason": "STOP"}
        ]
    },
    "ollama": {
        "message": {"role": "assistant", "tool_calls": [{"function": {"name": "answer", "arguments": {"a": 1}}}]}
    },
    "openai-responses": {
        "output": [{"type": "function_call", "id": "f", "call_id": "c", "name": "answer", "arguments": '{"a": 1}'}]
    },
}


def test_the_tool_call_of_an_answer_is_its_text(api, server, ask):
    call = {"id": "1", "type": "function", "function": {"name": "answer", "arguments": '{"a": 1}'}}
    chat = {"choices": [{"finish_reason": "tool_calls", "message": {"content": None, "tool_calls": [call]}}]}
    server.will(server.reply(200, api.whole("", **CALLS.get(api.scheme, chat))))
    assert ask(provider(api, server), Request(MESSAGES)).text == '{"a": 1}'


@pytest.mark.parametrize(
    "message", [{"role": "robot", "content": "x"}, {"content": "x"}, {"role": "user", "content": 3}]
)
def test_a_message_that_no_api_knows_is_refused(message, server, ask):
    for scheme in ("anthropic", "gemini", "ollama", "openai-responses"):
        with pytest.raises(InputError, match=r"role|content"):
            ask(model(f"{scheme}:m", base_url=server.url, api_key=KEY), Request((message,)))


def test_a_part_that_an_api_cannot_be_sent_is_refused_with_its_type(server, ask):
    audio = ({"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]},)
    by_url = ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]},)
    for scheme, messages, says in (
        ("gemini", audio, "'input_audio', which Gemini"),
        ("ollama", audio, "'input_audio', which Ollama"),
        ("ollama", by_url, "not by their URL"),
    ):
        with pytest.raises(InputError, match=says):
            ask(model(f"{scheme}:m", base_url=server.url, api_key=KEY), Request(messages))


def test_no_key_no_request(ask):
    for scheme, service in SERVICES.items():
        if service.needs_key and service.base_url:
            with pytest.raises(ProviderError, match=f"no key for {service.label}: set {service.key_variables[0]}"):
                ask(model(f"{scheme}:m"), Request(MESSAGES))


@pytest.mark.parametrize("scheme", [s for s, row in SERVICES.items() if row.key_variables])
def test_the_key_comes_from_the_usual_variable(scheme, server, ask, monkeypatch):
    service = SERVICES[scheme]
    monkeypatch.setenv(service.key_variables[0], KEY)
    server.will(server.reply(503, {"error": "busy"}))
    with pytest.raises(ProviderError, match="503"):
        ask(model(f"{scheme}:m", base_url=server.url, attempts=1), Request(MESSAGES))
    assert server.received[0].headers[service.key_header.lower()] == service.key_prefix + KEY


def test_azure_needs_an_endpoint_and_knows_both_of_its_apis(server, ask, monkeypatch):
    with pytest.raises(InputError, match="azure: needs the URL of your server: set AZURE_OPENAI_ENDPOINT"):
        model("azure:m")
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", server.url.removesuffix("/v1"))
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", KEY)
    server.will(server.chat("x"))
    ask(model("azure:my deployment"), Request(MESSAGES))
    monkeypatch.setenv("OPENAI_API_VERSION", "2024-10-21")
    ask(model("azure:my deployment"), Request(MESSAGES))
    assert [received.path for received in server.received] == [
        "/openai/v1/chat/completions",
        "/openai/deployments/my%20deployment/chat/completions?api-version=2024-10-21",
    ]


def test_azures_filter_of_the_question_is_an_outcome_and_no_fault(server, ask, read):
    said = {"message": "The response was filtered", "code": "content_filter", "param": "prompt"}
    server.will(server.reply(400, {"error": said}))
    one = model("azure:m", base_url=server.url, api_key=KEY)
    found = ask(one, Request(MESSAGES))
    (last,), error = read(one, Request(MESSAGES))
    assert (found.finish_reason, found.text, error) == ("content_filter", "", None)
    assert last == found
    assert found.note == "the provider's filter: The response was filtered"


def test_an_answer_that_the_server_gives_as_an_error_is_an_answer(server):
    said = {"message": "Failed to generate JSON.", "code": "json_validate_failed", "failed_generation": '{"a": "1x"}'}
    server.will(server.reply(400, {"error": said}), server.chat('{"a": 1}'))
    guard = Guard.from_json_schema(SCHEMA, messages="Go")
    outcome = guard("groq:m", base_url=server.url, api_key=KEY)
    assert outcome.output == {"a": 1}
    first, second = outcome.iterations
    assert first.raw == '{"a": "1x"}'
    assert first.note == "the model did not follow the schema (Failed to generate JSON.); this is what it wrote"
    assert [str(path) for path in second.asked] == ["$.a"]


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "http://127.0.0.1:{port}"])
def test_ollamas_host_may_be_given_without_a_scheme(host, server, ask, monkeypatch):
    monkeypatch.setenv("OLLAMA_HOST", host.format(port=server.server_address[1]))
    server.will(server.reply(200, {"message": {"role": "assistant", "content": "x"}, "done": True}))
    assert ask(model("ollama:m"), Request(MESSAGES)).text == "x"


def test_a_gemini_question_that_is_blocked_is_filtered(server, ask, read):
    server.will(server.reply(200, {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "m"}))
    one = model("gemini:m", base_url=server.url.removesuffix("/v1"), api_key=KEY)
    assert ask(one, Request(MESSAGES)).finish_reason == "content_filter"


@pytest.mark.parametrize(
    ("name", "target"),
    [("vllm:m", "llguidance"), ("llamacpp:m", "llamacpp"), ("mistral:m", "mistral"), ("deepseek:m", "draft2020-12")],
)
def test_each_service_has_its_dialect_and_another_can_be_named(name, target, server):
    assert model(name).schema_target == target
    assert model(f"{name}?schema_target=gemini").schema_target == "gemini"
    assert model(name, schema_target="gemini").schema_target == "gemini"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("openai:m?schema_target=llguidence", "not 'llguidence'; did you mean llguidance?"),
        ("openai:m?target=x", "after the . of openai:m write schema_target=…, not 'target=x'"),
        ("openai:m?", "after the . of openai:m write schema_target"),
    ],
)
def test_a_wrong_setting_in_a_name_is_refused(name, says):
    with pytest.raises(InputError, match=says):
        model(name)


def test_a_provider_crosses_processes(api, server, ask):
    import pickle

    server.will(api.answers(server, "x"))
    one = provider(api, server)
    assert ask(one, Request(MESSAGES)).text == "x"
    assert ask(pickle.loads(pickle.dumps(one)), Request(MESSAGES)).text == "x"


GRAMMARS = ("ollama", "vllm", "sglang", "llamacpp", "lmstudio")
"""Servers that make a grammar of a schema, which their model does not see."""


@pytest.mark.parametrize("scheme", GRAMMARS)
def test_a_server_that_decodes_under_a_grammar_is_told_the_type_besides(scheme, server):
    one = model(f"{scheme}:m", base_url=server.url)
    assert one.cheap_schemas
    assert not one.carries_schemas
    answer = {"ollama": {"message": {"content": '{"a": 1}'}, "done": True, "done_reason": "stop"}}.get(scheme)
    server.will(server.chat('{"a": 1}') if answer is None else server.reply(200, answer))
    guard = Guard.from_json_schema({"type": "object", "properties": {"a": {"type": "integer"}}}, messages="Go")
    assert guard(one).passed
    body = server.received[-1].body
    assert "a?: integer" in str(body["messages"])
    assert "response_format" in body or "format" in body


def test_a_service_without_a_place_for_schemas_carries_none():
    assert not model("deepseek:m").carries_schemas
    assert not model(["openai:m", "deepseek:m"]).carries_schemas
    assert model(["openai:m", lambda messages, schema: ""]).carries_schemas
    assert not model(["openai:m", lambda messages: ""]).carries_schemas


def test_a_guarded_call_takes_the_dialect_among_its_options(server):
    server.will(server.chat('{"a": {"x": 1}}'))
    schema = {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": {"type": "integer"}}}}
    guard = Guard.from_json_schema({**schema, "additionalProperties": False}, messages="Go")
    for given in ({"schema_target": "llguidance"}, {}):
        assert guard("openai:m", base_url=server.url, **given).output == {"a": {"x": 1}}
    first, second = (SENT["openai"](received.body)["properties"]["a"] for received in server.received)
    assert first["additionalProperties"]["type"] == "integer"
    assert second["type"] == ["array", "null"]


def test_a_map_is_sent_as_pairs_and_comes_back_as_a_map_streamed_or_not(server):
    schema = {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": {"type": "integer"}}}}
    guard = Guard.from_json_schema({**schema, "required": ["a"], "additionalProperties": False}, messages="Go")
    answer = '{"a": [{"key": "x", "value": 1}, {"key": "y", "value": 2}]}'
    server.will(server.chat(answer))
    outcome = guard("openai:m", base_url=server.url)
    assert outcome.output == {"a": {"x": 1, "y": 2}}
    assert outcome.repairs == ()
    server.will(server.sse(*server.chunks(*answer)))
    events = list(guard.stream("openai:m", base_url=server.url))
    assert events[-1].outcome.output == outcome.output
    assert [str(event.path) for event in events if event.type == "field"] == ["$.a.x", "$.a.y", "$.a"]
    assert "restart" not in [event.type for event in events]
    doubled = '{"a": [{"key": "x", "value": 1}, {"key": "x", "value": 2}]}'
    server.will(server.chat(doubled))
    assert not guard("openai:m", base_url=server.url, max_reasks=0).passed


def test_a_callers_own_client_is_used_and_not_closed(server):
    import asyncio

    import httpx

    server.will(server.chat("x"))

    async def main() -> None:
        async with httpx.AsyncClient(headers={"x-mine": "1"}) as client:
            one = model("openai:m", base_url=server.url, client=client)
            assert (await one.acomplete(Request(MESSAGES))).text == "x"
            pieces = [piece async for piece in one.astream(Request(MESSAGES))]
            assert pieces[0] == "x"
            assert not client.is_closed

    asyncio.run(main())
    assert [received.headers["x-mine"] for received in server.received] == ["1", "1"]


def test_a_function_that_makes_a_client_serves_all_calls_and_each_client_is_closed(server, ask, read):
    import httpx

    made = []

    def make() -> httpx.AsyncClient:
        made.append(httpx.AsyncClient(headers={"x-mine": "1"}))
        return made[-1]

    server.will(server.chat("x"))
    one = model("openai:m", base_url=server.url, client=make)
    assert ask(one, Request(MESSAGES)).text == "x"
    read(one, Request(MESSAGES))
    assert [received.headers["x-mine"] for received in server.received] == ["1", "1"]
    assert all(client.is_closed for client in made)


def test_one_async_client_is_refused_in_sync_code_with_what_to_do(server):
    import httpx

    one = model("openai:m", base_url=server.url, client=httpx.AsyncClient())
    for ask in (one.complete, lambda request: list(one.stream(request))):
        with pytest.raises(InputError, match=r"give a function that makes one, as client=lambda: httpx.AsyncClient"):
            ask(Request(MESSAGES))
    with pytest.raises(InputError, match=r"client is an httpx.AsyncClient, or a function"):
        model("openai:m", client="http://proxy")


def test_a_proxy_that_is_given_is_used(server, ask):
    server.will(server.chat("by proxy"))
    one = model("openai:m", base_url="http://model.invalid/v1", proxy=server.url.removesuffix("/v1"))
    assert ask(one, Request(MESSAGES)).text == "by proxy"
    assert server.received[0].path == "http://model.invalid/v1/chat/completions"


def test_settings_that_a_scheme_does_not_take_are_refused():
    with pytest.raises(InputError, match="litellm: takes no attempts and no proxy"):
        model("litellm:x", attempts=2, proxy="http://x")
    with pytest.raises(InputError, match="replay: takes no schema_target"):
        model("replay:x", schema_target="gemini")
