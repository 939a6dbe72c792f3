"""Every shape that OpenAI's SDK returns, as a callable and under @guarded. Runs with whichever major is installed."""

from __future__ import annotations

import functools
from typing import Any

import pytest

openai = pytest.importorskip("openai")
NOT_YET = pytest.mark.xfail(strict=False, reason="this shape is not taken yet")


@pytest.fixture
def client(server: Any) -> Any:
    return openai.OpenAI(max_retries=0)


@pytest.fixture
def aclient(server: Any) -> Any:
    return functools.partial(openai.AsyncOpenAI, max_retries=0)


def test_chat_completions(client, check):
    check(client.chat.completions.create, model="m", system=True)


def test_chat_completions_streamed(client, check):
    check(client.chat.completions.create, model="m", stream=True)


def test_chat_completions_parsed(client, check):
    check(client.chat.completions.parse, model="m")


def test_the_streaming_helper_of_chat_completions(client, check):
    check(client.chat.completions.stream, model="m")


def test_the_events_of_the_streaming_helper_of_chat_completions(client, check):
    def model(messages):
        with client.chat.completions.stream(model="m", messages=messages) as stream:
            yield from stream

    check(model)


def test_the_raw_response_of_chat_completions(client, check):
    check(client.chat.completions.with_raw_response.create, model="m")


def test_the_streaming_response_of_chat_completions(client, check):
    check(client.chat.completions.with_streaming_response.create, model="m")


def test_a_tool_call(client, check, server):
    server.tool = True
    check(client.chat.completions.create, model="m")


def test_responses(client, check):
    check(lambda messages, **options: client.responses.create(model="m", input=messages, **options))


def test_responses_streamed(client, check):
    check(lambda messages, **options: client.responses.create(model="m", input=messages, stream=True, **options))


def test_responses_parsed(client, check):
    check(lambda messages, **options: client.responses.parse(model="m", input=messages, **options))


def test_the_streaming_helper_of_responses(client, check):
    check(lambda messages, **options: client.responses.stream(model="m", input=messages, **options))


def test_the_events_of_the_streaming_helper_of_responses(client, check):
    def model(messages):
        with client.responses.stream(model="m", input=messages) as stream:
            yield from stream

    check(model)


def test_async_chat_completions(aclient, check):
    async def model(messages, **options):
        async with aclient() as client:
            return await client.chat.completions.create(model="m", messages=messages, **options)

    check(model)


def test_async_chat_completions_without_awaiting(aclient, check):
    clients: list[Any] = []

    async def model(messages, **options):
        clients.append(aclient())
        return clients[-1].chat.completions.create(model="m", messages=messages, **options)

    check(model)


def test_async_chat_completions_streamed(aclient, check):
    async def model(messages, **options):
        async with aclient() as client:
            async for chunk in await client.chat.completions.create(
                model="m", messages=messages, stream=True, **options
            ):
                yield chunk

    check(model)


def test_the_async_streaming_helper_of_chat_completions(aclient, check):
    async def model(messages, **options):
        return aclient().chat.completions.stream(model="m", messages=messages, **options)

    check(model)


def test_async_responses(aclient, check):
    async def model(messages, **options):
        async with aclient() as client:
            return await client.responses.create(model="m", input=messages, **options)

    check(model)
