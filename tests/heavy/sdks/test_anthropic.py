"""Every shape that Anthropic's SDK returns, as a callable and under @guarded. Runs with whichever major is installed."""

from __future__ import annotations

from typing import Any

import pytest

anthropic = pytest.importorskip("anthropic")

OPTIONS: dict[str, Any] = {"model": "c", "max_tokens": 99}
NOT_YET = pytest.mark.xfail(strict=False, reason="this shape is not taken yet")


@pytest.fixture
def client(server: Any) -> Any:
    return anthropic.Anthropic(max_retries=0)


@pytest.fixture
def aclient(server: Any) -> Any:
    return lambda: anthropic.AsyncAnthropic(max_retries=0)


def test_messages(client, check):
    check(client.messages.create, **OPTIONS)


def test_a_system_message_goes_where_anthropic_wants_it(client, check, server):
    check(client.messages.create, system=True, **OPTIONS)
    assert [body["system"] for body in server.bodies] == ["Be brief."] * 2


def test_messages_streamed(client, check):
    check(client.messages.create, stream=True, **OPTIONS)


def test_the_streaming_helper(client, check):
    check(client.messages.stream, **OPTIONS)


def test_the_events_of_the_streaming_helper(client, check):
    def model(messages):
        with client.messages.stream(messages=messages, **OPTIONS) as stream:
            yield from stream

    check(model)


def test_the_texts_of_the_streaming_helper(client, check):
    def model(messages):
        with client.messages.stream(messages=messages, **OPTIONS) as stream:
            yield from stream.text_stream

    check(model)


def test_the_raw_response(client, check):
    check(client.messages.with_raw_response.create, **OPTIONS)


def test_the_streaming_response(client, check):
    check(client.messages.with_streaming_response.create, **OPTIONS)


def test_a_tool_call(client, check, server):
    server.tool = True
    check(client.messages.create, **OPTIONS)


def test_async_messages(aclient, check):
    async def model(messages, **options):
        async with aclient() as client:
            return await client.messages.create(messages=messages, **OPTIONS, **options)

    check(model)


def test_async_messages_streamed(aclient, check):
    async def model(messages, **options):
        async with aclient() as client:
            async for event in await client.messages.create(messages=messages, stream=True, **OPTIONS, **options):
                yield event

    check(model)


def test_the_async_streaming_helper(aclient, check):
    async def model(messages, **options):
        return aclient().messages.stream(messages=messages, **OPTIONS, **options)

    check(model)
