"""LangChain's chat models of other providers as the model of a runnable: the schema goes with the request, in their dialect."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("langchain_core")

from railguard import Guard

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
VALUE = {"name": "Ann", "age": 36}


@pytest.fixture
def guard() -> Guard:
    return Guard.from_json_schema(SCHEMA)


def test_anthropic_is_sent_the_schema_as_its_output_format(server, guard):
    chat = pytest.importorskip("langchain_anthropic").ChatAnthropic(
        model="claude-sonnet-4-5", base_url=server.url, api_key="k", max_retries=0
    )
    assert guard.to_runnable(chat).invoke([("system", "Be brief."), ("user", "Who?")]) == VALUE
    body: Any = server.bodies[0]
    assert "properties" in str(body.get("output_config") or body.get("output_format"))
    assert "Be brief." in str(body["system"])


def test_anthropics_older_models_are_sent_none(server, guard):
    chat = pytest.importorskip("langchain_anthropic").ChatAnthropic(
        model="claude-3-haiku-20240307", base_url=server.url, api_key="k", max_retries=0
    )
    assert guard.to_runnable(chat).invoke("Who?") == VALUE
    assert "output_config" not in server.bodies[0]


def test_anthropic_streams(server, guard):
    chat = pytest.importorskip("langchain_anthropic").ChatAnthropic(
        model="claude-sonnet-4-5", base_url=server.url, api_key="k", max_retries=0
    )
    chunks = list(guard.to_runnable(chat).stream("Who?"))
    assert chunks[0] == {"name": "Ann"}
    assert chunks[-1] == VALUE


def test_google_is_sent_the_schema(server, guard):
    chat = pytest.importorskip("langchain_google_genai").ChatGoogleGenerativeAI(
        model="gemini-2.5-flash", base_url=server.url, api_key="k", max_retries=1
    )
    assert guard.to_runnable(chat).invoke("Who?") == VALUE
    assert "name" in str(server.bodies[0]["generationConfig"])
