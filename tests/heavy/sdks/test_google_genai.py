"""What google-genai returns, as a callable and under @guarded."""

from __future__ import annotations

from typing import Any

import pytest

genai = pytest.importorskip("google.genai")


@pytest.fixture
def client(server: Any) -> Any:
    return genai.Client(api_key="a-key-for-the-tests", http_options=genai.types.HttpOptions(base_url=server.url))


def contents(messages: Any) -> Any:
    return [
        {"role": "model" if message["role"] == "assistant" else "user", "parts": [{"text": message["content"]}]}
        for message in messages
    ]


def test_generate_content(client, check):
    check(lambda messages: client.models.generate_content(model="g", contents=contents(messages)))


def test_generate_content_streamed(client, check):
    check(lambda messages: client.models.generate_content_stream(model="g", contents=contents(messages)))


def test_async_generate_content(client, check):
    async def model(messages):
        return await client.aio.models.generate_content(model="g", contents=contents(messages))

    check(model)


def test_async_generate_content_streamed(client, check):
    async def model(messages):
        async for chunk in await client.aio.models.generate_content_stream(model="g", contents=contents(messages)):
            yield chunk

    check(model)


def test_async_streams_that_are_awaited_first(client, check):
    check(lambda messages: client.aio.models.generate_content_stream(model="g", contents=contents(messages)))


def test_chats(client, check):
    check(lambda messages: client.chats.create(model="g").send_message(messages[-1]["content"]))
