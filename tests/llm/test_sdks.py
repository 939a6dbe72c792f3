"""The real SDKs, against a provider on loopback: what they return and raise is read as users will hand it to us."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import warnings
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from railguard.errors import ProviderError
from railguard.llm import CallableModel, Request
from railguard.values import Usage

openai = pytest.importorskip("openai")
anthropic = pytest.importorskip("anthropic")

QUESTION = Request(({"role": "user", "content": "Who?"},), options={"model": "gpt-5"})
USAGE = Usage(11, 5, 4)


@pytest.fixture
def client(server):
    with openai.OpenAI(base_url=server.url, api_key="sk-canary-1", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(server):
    with anthropic.Anthropic(
        base_url=server.url.removesuffix("/v1"), api_key="sk-ant-canary-1", max_retries=0
    ) as client:
        yield client


def test_openais_create_is_a_model_as_it_is(server, client, ask):
    server.will(server.chat('{"name": "Ann"}'))
    completion = ask(CallableModel(client.chat.completions.create), QUESTION)
    assert (completion.text, completion.finish_reason, completion.usage) == ('{"name": "Ann"}', "stop", USAGE)
    assert completion.model == "gpt-5-2026"
    assert server.received[0].body["messages"] == list(QUESTION.messages)


def test_openais_refusal_cut_off_and_filtered_answers(server, client, ask):
    model = CallableModel(client.chat.completions.create)
    server.will(
        server.chat(None, refusal="I will not"),
        server.chat('{"a": ', finish_reason="length"),
        server.chat("", finish_reason="content_filter"),
    )
    seen = [(c.text, c.finish_reason, c.refusal) for c in (ask(model, QUESTION) for _ in range(3))]
    assert seen == [("", "refusal", "I will not"), ('{"a": ', "length", None), ("", "content_filter", None)]


def test_openais_tool_call_is_the_answer(server, client, ask):
    call = {"id": "1", "type": "function", "function": {"name": "answer", "arguments": '{"a": 1}'}}
    server.will(server.chat(None, tool_calls=[call], finish_reason="tool_calls"))
    completion = ask(CallableModel(client.chat.completions.create), QUESTION)
    assert (completion.text, completion.finish_reason) == ('{"a": 1}', "tool_calls")


def test_openais_raw_response_is_parsed(server, client, ask):
    server.will(server.chat("raw"))
    assert ask(CallableModel(client.chat.completions.with_raw_response.create), QUESTION).text == "raw"


def test_openais_parsed_completion_is_read_as_text(server, client, ask):
    from pydantic import BaseModel

    class Person(BaseModel):
        name: str

    def parse(messages: Any, **options: Any) -> Any:
        return client.chat.completions.parse(messages=messages, response_format=Person, **options)

    server.will(server.chat('{"name": "Ann"}'))
    assert ask(CallableModel(parse), QUESTION).text == '{"name": "Ann"}'


def chunk(delta: dict[str, Any] | None, finish: str | None = None, usage: Any = None) -> dict[str, Any]:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-5-2026",
        "choices": choices,
        "usage": usage,
    }


STREAM = [
    chunk({"role": "assistant", "content": ""}),
    chunk({"content": '{"n"'}),
    chunk({"content": ": 1}"}),
    chunk({}, "stop"),
    chunk(None, usage={"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}),
    "[DONE]",
]


def test_openais_stream_is_joined(server, client, ask):
    server.will(server.sse(*STREAM))
    model = CallableModel(lambda messages, **o: client.chat.completions.create(messages=messages, stream=True, **o))
    completion = ask(model, QUESTION)
    assert (completion.text, completion.finish_reason, completion.usage) == ('{"n": 1}', "stop", Usage(11, 5))


def test_openais_async_client_and_its_stream(server):
    async def main() -> None:
        async with openai.AsyncOpenAI(base_url=server.url, api_key="sk-canary-1", max_retries=0) as client:
            create = client.chat.completions.create
            server.will(server.chat("async"))
            assert (await CallableModel(create).acomplete(QUESTION)).text == "async"
            raw = client.chat.completions.with_raw_response.create
            assert (await CallableModel(raw).acomplete(QUESTION)).text == "async"
            server.will(server.sse(*STREAM))
            stream = CallableModel(lambda messages, **o: create(messages=messages, stream=True, **o))
            assert (await stream.acomplete(QUESTION)).text == '{"n": 1}'

    asyncio.run(main())


def test_an_async_client_can_be_asked_from_sync_code_again_and_again(server):
    async def create(messages: Any, **options: Any) -> Any:
        async with openai.AsyncOpenAI(base_url=server.url, api_key="sk-canary-1", max_retries=0) as client:
            return await client.chat.completions.create(messages=messages, **options)

    server.will(server.chat("again"))
    model = CallableModel(create)
    assert [model.complete(QUESTION).text for _ in range(3)] == ["again"] * 3


def test_an_async_client_serves_all_rounds_of_a_sync_call_on_one_loop(server):
    from railguard import Guard

    client = openai.AsyncOpenAI(base_url=server.url, api_key="sk-canary-1", max_retries=0)
    rounds = []

    async def create(messages: Any) -> Any:
        rounds.append(asyncio.get_running_loop())
        try:
            return await client.chat.completions.create(model="gpt-5", messages=messages)
        finally:
            if len(rounds) == 3:
                await client.close()

    server.will(server.kept('{"a": 700}'), server.kept('{"a": 800}'), server.kept('{"a": 7}'))
    guard = Guard.from_json_schema(
        {"type": "object", "properties": {"a": {"type": "integer", "maximum": 9}}, "required": ["a"]}
    )
    outcome = guard(create, messages=list(QUESTION.messages))
    assert outcome.output == {"a": 7}
    assert rounds == [rounds[0]] * 3
    assert rounds[0].is_closed()


def streaming(client: Any, **options: Any) -> CallableModel:
    return CallableModel(
        lambda messages, **given: client.chat.completions.create(messages=messages, stream=True, **given, **options)
    )


def test_openais_stream_is_handed_on_piece_by_piece(server, client, read):
    server.will(server.sse(*STREAM))
    pieces, error = read(streaming(client), QUESTION)
    assert error is None
    assert pieces[:-1] == ['{"n"', ": 1}"]
    assert (pieces[-1].text, pieces[-1].finish_reason, pieces[-1].usage) == ('{"n": 1}', "stop", Usage(11, 5))


def test_openais_async_stream_is_handed_on_piece_by_piece(server, read):
    async def create(messages: Any, **options: Any) -> Any:
        async with openai.AsyncOpenAI(base_url=server.url, api_key="sk-canary-1", max_retries=0) as client:
            async for piece in await client.chat.completions.create(messages=messages, stream=True, **options):
                yield piece

    server.will(server.sse(*STREAM))
    pieces, error = read(CallableModel(create), QUESTION)
    assert error is None
    assert [*pieces[:-1], pieces[-1].text] == ['{"n"', ": 1}", '{"n": 1}']


def test_openais_stream_that_is_left_early_closes_its_connection(server, client):
    begun = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in STREAM[:2])
    server.will(server.events(begun, server.until_left))
    pieces = streaming(client).stream(QUESTION)
    assert next(pieces) == '{"n"'
    pieces.close()
    assert server.left.wait(60)


def test_openais_stream_that_is_cut_off_is_a_provider_error_after_what_came(server, client, read):
    begun = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in STREAM[:2])
    server.will(server.events(begun, server.reset))
    pieces, error = read(streaming(client), QUESTION)
    assert pieces == ['{"n"']
    assert isinstance(error, ProviderError), repr(error)


class Answer(BaseModel):
    n: int


def test_openais_stream_helper_is_entered_and_its_events_are_read_once(server, client, ask, read):
    def helper(messages: Any, **options: Any) -> Any:
        return client.chat.completions.stream(messages=messages, response_format=Answer, **options)

    def events(messages: Any, **options: Any) -> Any:
        with helper(messages, **options) as stream:
            yield from stream

    def only_deltas(messages: Any, **options: Any) -> Any:
        with helper(messages, **options) as stream:
            yield from (event for event in stream if event.type == "content.delta")

    server.will(server.sse(*STREAM))
    for function in (helper, events, only_deltas):
        assert ask(CallableModel(function), QUESTION).text == '{"n": 1}'
        pieces, error = read(CallableModel(function), QUESTION)
        assert (error, pieces[:-1]) == (None, ['{"n"', ": 1}"])
        known = function is not only_deltas
        assert pieces[-1].finish_reason == ("stop" if known else "unknown")
        assert pieces[-1].usage == (Usage(11, 5) if known else None)


def test_openais_async_stream_helper_is_entered(server):
    async def main() -> None:
        async with openai.AsyncOpenAI(base_url=server.url, api_key="sk-canary-1", max_retries=0) as client:
            model = CallableModel(lambda messages, **o: client.chat.completions.stream(messages=messages, **o))
            assert (await model.acomplete(QUESTION)).text == '{"n": 1}'
            assert [piece async for piece in model.astream(QUESTION)][:-1] == ['{"n"', ": 1}"]

    server.will(server.sse(*STREAM))
    asyncio.run(main())


def test_openais_streaming_response_is_entered_and_parsed(server, client, ask):
    server.will(server.chat("streaming"))
    create = client.chat.completions.with_streaming_response.create
    assert ask(CallableModel(lambda messages, **o: create(messages=messages, **o)), QUESTION).text == "streaming"


def test_openais_error_on_entering_its_stream_helper_is_a_provider_error(server, client, ask):
    server.will(server.reply(429, {"error": {"message": "slow down"}}))
    model = CallableModel(lambda messages, **o: client.chat.completions.stream(messages=messages, **o))
    with pytest.raises(ProviderError, match=r"\(429\).*slow down"):
        ask(model, QUESTION)


def test_a_guarded_function_may_return_openais_stream_helper(server, client):
    from railguard import guarded

    @guarded(Answer)
    def answer(messages: Any) -> Any:
        return client.chat.completions.stream(model="gpt-5", messages=messages)

    server.will(server.sse(*STREAM))
    assert answer([{"role": "user", "content": "How many?"}]).n == 1


def test_openais_responses_stream_helper(server, client, ask, read):
    text = {"type": "output_text", "text": '{"n": 1}', "annotations": []}
    item = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [text]}
    response: dict[str, Any] = {
        "id": "r",
        "object": "response",
        "created_at": 1,
        "model": "gpt-5-2026",
        "status": "completed",
        "output": [item],
        "usage": {
            "input_tokens": 11,
            "output_tokens": 5,
            "total_tokens": 16,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
    }
    place = {"item_id": "m", "output_index": 0, "content_index": 0}
    begun = {**item, "status": "in_progress", "content": []}
    events = [
        {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": begun},
        {"type": "response.content_part.added", **place, "part": {**text, "text": ""}},
        {"type": "response.output_text.delta", **place, "delta": '{"n"', "logprobs": []},
        {"type": "response.output_text.delta", **place, "delta": ": 1}", "logprobs": []},
        {"type": "response.output_text.done", **place, "text": '{"n": 1}', "logprobs": []},
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": response},
    ]
    server.will(server.sse(*({**event, "sequence_number": at} for at, event in enumerate(events)), names=True))

    def helper(messages: Any, **options: Any) -> Any:
        return client.responses.stream(input=messages, **options)

    assert ask(CallableModel(helper), QUESTION).text == '{"n": 1}'
    pieces, error = read(CallableModel(helper), QUESTION)
    assert (error, pieces[:-1]) == (None, ['{"n"', ": 1}"])
    assert (pieces[-1].text, pieces[-1].finish_reason, pieces[-1].usage) == ('{"n": 1}', "stop", Usage(11, 5))


def test_two_tool_calls_of_openai_are_a_list_that_says_so(server, client, ask):
    calls = [
        {"id": str(n), "type": "function", "function": {"name": "answer", "arguments": f'{{"a": {n}}}'}} for n in (1, 2)
    ]
    server.will(server.chat(None, tool_calls=calls, finish_reason="tool_calls"))
    completion = ask(CallableModel(client.chat.completions.create), QUESTION)
    assert (completion.text, completion.calls) == ('[{"a": 1}, {"a": 2}]', ('{"a": 1}', '{"a": 2}'))


def test_openais_responses_api(server, client, ask):
    def response(**given: Any) -> dict[str, Any]:
        message = {
            "type": "message",
            "id": "m",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": []} for text in ("hel", "lo")],
        }
        return {
            "id": "r",
            "object": "response",
            "created_at": 1,
            "model": "gpt-5-2026",
            "status": "completed",
            "error": None,
            "incomplete_details": None,
            "output": [{"type": "reasoning", "id": "t", "summary": []}, message],
            "usage": {
                "input_tokens": 11,
                "output_tokens": 5,
                "total_tokens": 16,
                "input_tokens_details": {"cached_tokens": 4},
                "output_tokens_details": {"reasoning_tokens": 0},
            },
            "parallel_tool_calls": False,
            "tool_choice": "auto",
            "tools": [],
            **given,
        }

    refused = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
    call = {"type": "function_call", "id": "f", "call_id": "c", "name": "answer", "arguments": "{}"}
    server.will(
        server.reply(200, response()),
        server.reply(200, response(status="incomplete", incomplete_details={"reason": "max_output_tokens"})),
        server.reply(200, response(output=[{**refused, "content": [{"type": "refusal", "refusal": "no"}]}])),
        server.reply(200, response(output=[call])),
    )
    model = CallableModel(lambda messages, **options: client.responses.create(input=messages, **options))
    seen = [ask(model, QUESTION) for _ in range(4)]
    assert [(c.text, c.finish_reason, c.refusal) for c in seen] == [
        ("hello", "stop", None),
        ("hello", "length", None),
        ("", "refusal", "no"),
        ("{}", "stop", None),
    ]
    assert seen[0].usage == USAGE


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [(429, "RateLimitError", True), (401, "AuthenticationError", False), (500, "InternalServerError", True)],
)
def test_openais_errors_are_provider_errors_and_asked_once(status, kind, retryable, server, client, ask):
    server.will(server.reply(status, {"error": {"message": "no luck"}}, retry_after="3"))
    with pytest.raises(ProviderError, match=rf"raised {kind} \({status}\).*no luck") as caught:
        ask(CallableModel(client.chat.completions.create), QUESTION)
    assert (caught.value.status, caught.value.retry_after, caught.value.retryable) == (status, 3.0, retryable)
    assert isinstance(caught.value.__cause__, openai.APIStatusError)
    assert "canary" not in str(caught.value)
    assert len(server.received) == 1


def test_openais_connection_error_is_a_provider_error(server, client, ask):
    server.will(server.reset)
    with pytest.raises(ProviderError, match="raised APIConnectionError: Connection error"):
        ask(CallableModel(client.chat.completions.create), QUESTION)


def test_openais_stream_that_breaks_is_a_provider_error(server, client, ask):
    server.will(server.sse(STREAM[1], {"error": {"message": "the model fell over", "code": "x"}}))
    model = CallableModel(lambda messages, **o: client.chat.completions.create(messages=messages, stream=True, **o))
    with pytest.raises(ProviderError, match="the model fell over"):
        ask(model, QUESTION)


def test_a_broken_connection_of_httpx_is_a_provider_error(server, ask):
    import httpx

    def post(messages: Any, **options: Any) -> Any:
        with httpx.Client() as client:
            return client.post(server.url, json={"messages": messages}).json()

    server.will(server.reset)
    with pytest.raises(ProviderError, match=r"raised (ReadError|RemoteProtocolError)"):
        ask(CallableModel(post), QUESTION)


def message(*content: Any, **given: Any) -> dict[str, Any]:
    return {
        "id": "m",
        "type": "message",
        "role": "assistant",
        "model": "claude-5",
        "content": list(content),
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 7,
            "output_tokens": 5,
            "cache_read_input_tokens": 4,
            "cache_creation_input_tokens": 2,
        },
        **given,
    }


TEXT = {"type": "text", "text": "hello"}
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "s"}
TOOL = {"type": "tool_use", "id": "t", "name": "answer", "input": {"name": "Änn"}}


def test_anthropics_messages(server, claude, ask):
    details = {"type": "refusal", "category": "cyber", "explanation": "not this"}
    server.will(
        server.reply(200, message(THOUGHT, TEXT)),
        server.reply(200, message(TEXT, stop_reason="max_tokens")),
        server.reply(200, message(TEXT, TOOL, stop_reason="tool_use")),
        server.reply(200, message(stop_reason="refusal", stop_details=details)),
        server.reply(200, message(TEXT, stop_reason="refusal", stop_details=None)),
    )
    model = CallableModel(lambda messages, **o: claude.messages.create(messages=messages, max_tokens=9, **o))
    seen = [ask(model, QUESTION) for _ in range(5)]
    assert [(c.text, c.finish_reason, c.refusal) for c in seen] == [
        ("hello", "stop", None),
        ("hello", "length", None),
        ('{"name": "Änn"}', "tool_calls", None),
        ("", "refusal", "not this"),
        ("hello", "refusal", "hello"),
    ]
    assert seen[0].usage == Usage(13, 5, 4)
    assert seen[0].model == "claude-5"


def test_anthropics_stream_is_joined(server, claude, ask, read):
    def events(block: dict[str, Any], *deltas: dict[str, Any], reason: str) -> list[dict[str, Any]]:
        return [
            {"type": "message_start", "message": message(stop_reason=None)},
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "ping"},
            *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 9}},
            {"type": "message_stop"},
        ]

    text = [{"type": "text_delta", "text": "he"}, {"type": "text_delta", "text": "llo"}]
    tool = [{"type": "input_json_delta", "partial_json": '{"a"'}, {"type": "input_json_delta", "partial_json": ": 1}"}]
    server.will(
        server.sse(*events({"type": "text", "text": ""}, *text, reason="end_turn"), names=True),
        server.sse(*events({**TOOL, "input": {}}, *tool, reason="tool_use"), names=True),
        server.sse({"type": "error", "error": {"type": "overloaded_error", "message": "overloaded"}}, names=True),
    )
    model = CallableModel(
        lambda messages, **o: claude.messages.create(messages=messages, max_tokens=9, stream=True, **o)
    )
    behaviours = server.behaviours
    assert [read(model, QUESTION)[0][:-1] for _ in range(2)] == [["he", "llo"], ['{"a"', ": 1}"]]
    server.will(*behaviours)
    seen = [ask(model, QUESTION) for _ in range(2)]
    assert [(c.text, c.finish_reason) for c in seen] == [("hello", "stop"), ('{"a": 1}', "tool_calls")]
    assert seen[0].usage == Usage(13, 9, 4)
    with pytest.raises(ProviderError, match="overloaded"):
        ask(model, QUESTION)


def test_anthropics_stream_helper_is_entered_and_its_events_are_read_once(server, claude, ask, read):
    events = [
        {"type": "message_start", "message": message(stop_reason=None)},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "he"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "llo"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    server.will(server.sse(*events, names=True))

    def helper(messages: Any, **options: Any) -> Any:
        return claude.messages.stream(messages=messages, max_tokens=9, **options)

    def only_text(messages: Any, **options: Any) -> Any:
        with helper(messages, **options) as stream:
            yield from (event for event in stream if event.type == "text")

    def text_stream(messages: Any, **options: Any) -> Any:
        with helper(messages, **options) as stream:
            yield from stream.text_stream

    for function in (helper, only_text, text_stream):
        assert ask(CallableModel(function), QUESTION).text == "hello"
        pieces, error = read(CallableModel(function), QUESTION)
        assert (error, pieces[:-1]) == (None, ["he", "llo"])
        assert pieces[-1].finish_reason == ("stop" if function is helper else "unknown")


def test_anthropics_async_stream_helper_is_entered(server):
    events = [
        {"type": "message_start", "message": message(stop_reason=None)},
        {"type": "content_block_start", "index": 0, "content_block": {**TOOL, "input": {}}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"a": 1}'}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
    ]
    server.will(server.sse(*events, names=True))

    async def main() -> None:
        url = server.url.removesuffix("/v1")
        async with anthropic.AsyncAnthropic(base_url=url, api_key="sk-ant-canary-1", max_retries=0) as client:
            model = CallableModel(lambda messages, **o: client.messages.stream(messages=messages, max_tokens=9, **o))
            completion = await model.acomplete(QUESTION)
            assert (completion.text, completion.finish_reason) == ('{"a": 1}', "tool_calls")
            pieces = [piece async for piece in model.astream(QUESTION)]
            assert pieces == ['{"a": 1}', completion]

    asyncio.run(main())


def test_anthropics_raw_response_and_errors(server, claude, ask):
    raw = claude.messages.with_raw_response.create
    server.will(server.reply(200, message(TEXT)), server.reply(529, {"error": {"message": "overloaded"}}))
    model = CallableModel(lambda messages, **o: raw(messages=messages, max_tokens=9, **o))
    assert ask(model, QUESTION).text == "hello"
    with pytest.raises(ProviderError, match=r"\(529\)") as caught:
        ask(model, QUESTION)
    assert caught.value.status == 529


# The other way round: the SDKs read what the loopback server says to our own providers, so that it is no dialect of ours.


def stream_text(chunks: Any, text: Any) -> str:
    return "".join(text(chunk) or "" for chunk in chunks)


def test_the_sdks_read_what_our_own_providers_are_answered(apis, server):
    asked = [{"role": "user", "content": "Who?"}]
    openai_client = openai.OpenAI(base_url=server.url, api_key="k", max_retries=0)
    azure = openai.AzureOpenAI(
        azure_endpoint=server.url.removesuffix("/v1"), api_key="k", api_version="2024-10-21", max_retries=0
    )
    claude = anthropic.Anthropic(base_url=server.url.removesuffix("/v1"), api_key="k", max_retries=0)
    with openai_client, azure, claude:
        server.will(apis["openai"].answers(server, "hello"))
        for client in (openai_client, azure):
            create = client.chat.completions.create
            assert create(model="m", messages=asked).choices[0].message.content == "hello"
            streamed = create(model="m", messages=asked, stream=True)
            assert stream_text(streamed, lambda c: c.choices and c.choices[0].delta.content) == "hello"
        server.will(apis["openai-responses"].answers(server, "hello"))
        assert openai_client.responses.create(model="m", input="Who?").output_text == "hello"
        events = openai_client.responses.create(model="m", input="Who?", stream=True)
        assert stream_text(events, lambda e: getattr(e, "delta", "")) == "hello"
        server.will(apis["anthropic"].answers(server, "hello"))
        answer = claude.messages.create(model="m", messages=asked, max_tokens=9)
        assert [block.text for block in answer.content if block.type == "text"] == ["hello"]
        with claude.messages.stream(model="m", messages=asked, max_tokens=9) as text_stream:
            assert "".join(text_stream.text_stream) == "hello"


def test_googles_sdk_asks_and_reads_as_our_own_provider_does(apis, server):
    genai = pytest.importorskip("google.genai", reason="google-genai is not installed")
    from railguard.llm import model

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its own imports
        options = genai.types.HttpOptions(base_url=server.url.removesuffix("/v1"))
        client = genai.Client(api_key="k", vertexai=False, http_options=options)
    server.will(apis["gemini"].answers(server, "hello"))
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    config = {"response_mime_type": "application/json", "response_json_schema": schema, "max_output_tokens": 9}
    answer = client.models.generate_content(model="a-model", contents="Who?", config=config)
    assert answer.text == "hello"
    assert (
        stream_text(client.models.generate_content_stream(model="a-model", contents="Who?"), lambda c: c.text)
        == "hello"
    )
    client.close()
    question = Request(({"role": "user", "content": "Who?"},), schema, True, {"max_tokens": 9})
    ours = model("gemini:a-model", api_key="k", base_url=server.url.removesuffix("/v1"))
    assert ours.complete(question).text == "hello"
    list(ours.stream(question))
    theirs, their_stream, mine, my_stream = server.received
    for one, other in ((mine, theirs), (my_stream, their_stream)):  # major versions of theirs differ in v1 and v1beta
        assert one.path.removeprefix("/v1beta/") == other.path.removeprefix("/v1/").removeprefix("/v1beta/")
    assert mine.body == theirs.body
    assert mine.headers["x-goog-api-key"] == theirs.headers["x-goog-api-key"] == "k"


def test_anthropics_sdk_asks_as_our_own_provider_does(apis, server, claude):
    from railguard.llm import model

    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    server.will(apis["anthropic"].answers(server, "{}"))
    claude.messages.create(
        model="m",
        max_tokens=9,
        system="Be brief.",
        messages=[{"role": "user", "content": "Who?"}],
        output_config={"format": {"type": "json_schema", "schema": schema}},
    )
    messages = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who?"})
    ours = model("anthropic:m", api_key="sk-ant-canary-1", base_url=server.url.removesuffix("/v1"))
    ours.complete(Request(messages, schema, True, {"max_tokens": 9}))
    theirs, mine = server.received
    assert (mine.path, mine.body) == (theirs.path, theirs.body)
    assert mine.headers["anthropic-version"] <= theirs.headers["anthropic-version"]  # a date; older ones stay served
    keys = (theirs.headers.get("x-api-key"), theirs.headers.get("authorization", "").removeprefix("Bearer "))
    assert mine.headers["x-api-key"] in keys  # its major versions differ in the header; the API takes both


def test_openais_sdk_asks_its_responses_api_as_our_own_provider_does(apis, server, client):
    from railguard.llm import model

    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    server.will(apis["openai-responses"].answers(server, "{}"))
    form = {"type": "json_schema", "name": "answer", "schema": schema, "strict": True}
    client.responses.create(
        model="m", input=[{"role": "user", "content": "Who?"}], store=False, text={"format": form}, temperature=0
    )
    ours = model("openai-responses:m", api_key="sk-canary-1", base_url=server.url)
    ours.complete(Request(({"role": "user", "content": "Who?"},), schema, True, {"temperature": 0}))
    theirs, mine = server.received
    assert (mine.path, mine.body) == (theirs.path, theirs.body)


@pytest.mark.filterwarnings("ignore::UserWarning:pydantic")  # of LiteLLM's own types
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_litellm_reaches_a_model_by_name(server, ask, read, monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else importing it asks a server for prices
    pytest.importorskip("litellm", reason="litellm is not installed")
    from railguard.llm import model

    one = model("litellm:openai/gpt-4o", api_key="k", base_url=server.url)
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    server.will(server.chat("{}"))
    assert ask(one, Request(QUESTION.messages, schema, True)).text == "{}"
    assert server.received[0].body["response_format"]["json_schema"]["schema"] == schema
    server.will(server.sse(*server.chunks("he", "llo")))
    pieces, error = read(one, Request(QUESTION.messages))
    assert error is None
    assert ("".join(pieces[:-1]), pieces[-1].text) == ("hello", "hello")
    server.will(server.reply(401, {"error": {"message": "bad key sk-canary-0123456789"}}))
    with pytest.raises(ProviderError, match="401") as caught:
        ask(one, Request(QUESTION.messages))
    assert "canary" not in str(caught.value)


def test_litellm_is_imported_so_that_it_asks_no_server_for_a_list_of_models(monkeypatch):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "")  # so that it is restored
    monkeypatch.delenv("LITELLM_LOCAL_MODEL_COST_MAP")
    monkeypatch.setitem(sys.modules, "litellm", ModuleType("litellm"))
    from railguard.llm import model

    model("litellm:openai/gpt-4o")
    assert os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "True"
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "False")
    model("litellm:openai/gpt-4o")
    assert os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] == "False"


@pytest.mark.filterwarnings("ignore::UserWarning:pydantic")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # LiteLLM's own, when it is cancelled
@pytest.mark.parametrize("name", ["litellm:openai/gpt-4o", "langchain:openai:gpt-4o"])
def test_a_library_that_waits_for_its_server_ends_with_the_deadline(name, server, ask, read, monkeypatch, capfd):
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    pytest.importorskip(name.partition(":")[0], reason=f"{name} is not installed")
    from railguard.llm import model

    one = model(name, api_key="k", base_url=server.url)
    for _ in range(2):
        server.will(server.hang)
    with pytest.raises(ProviderError, match=f"{name} gave no answer in"):
        ask(one, Request(QUESTION.messages, timeout=1.0))
    pieces, error = read(one, Request(QUESTION.messages, timeout=1.0))
    assert (pieces, type(error)) == ([], ProviderError)
    assert "gave no answer in" in str(error)
    assert capfd.readouterr().out == ""


def test_langchain_reaches_a_model_by_name(server, ask, read):
    pytest.importorskip("langchain", reason="langchain is not installed")
    from railguard.errors import InputError
    from railguard.llm import model

    one = model("langchain:openai:gpt-5", api_key="k", base_url=server.url)
    server.will(server.chat("hello"))
    found = ask(one, Request(QUESTION.messages))
    assert (found.text, found.usage) == ("hello", USAGE)
    server.will(server.sse(*server.chunks("he", "llo")))
    pieces, error = read(one, Request(QUESTION.messages))
    assert error is None
    assert ("".join(pieces[:-1]), pieces[-1].text) == ("hello", "hello")
    with pytest.raises(InputError, match="LangChain has no model for 'nobody:x'"):
        model("langchain:nobody:x")
