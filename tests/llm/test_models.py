"""What a caller may name as a model."""

from __future__ import annotations

from typing import Any

import pytest

from railguard.errors import InputError
from railguard.llm import CallableModel, Request, Retrying, model
from railguard.testing import ScriptedModel
from railguard.values import Completion


def test_a_name_with_a_scheme_is_looked_up():
    provider = model("openai:gpt-5", attempts=2)
    assert isinstance(provider, Retrying)
    assert provider.name == "openai:gpt-5"
    assert "https://api.openai.com/v1/chat/completions" in repr(provider)


def test_a_provider_passes_as_it_is():
    class Mine:
        name = "mine"

        def complete(self, request: Request) -> Completion:
            return Completion("")

        async def acomplete(self, request: Request) -> Completion:
            return Completion("")

    mine = Mine()
    assert model(mine) is mine


def test_a_callable_is_wrapped():
    assert isinstance(model(lambda messages: ""), CallableModel)


class Half:
    def complete(self, request: Any) -> None: ...


class OtherHalf:
    async def acomplete(self, request: Any) -> None: ...


class Client:
    class chat:
        class completions:
            @staticmethod
            def create() -> None: ...


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("gpt-5", "unknown model 'gpt-5': a model is named scheme:name .*did you mean openai:gpt-5?"),
        ("o3-mini", "did you mean openai:o3-mini?"),
        ("opanai:gpt-5", "did you mean openai:gpt-5?"),
        ("OpenAI:gpt-5", "did you mean openai:gpt-5?"),
        ("opanai:", r"did you mean openai\?"),
        ("runs/first.jsonl", "did you mean replay:runs/first.jsonl?"),
        ("claude-5", "did you mean anthropic:claude-5?"),
        ("llama", r"a callable\. A server that speaks OpenAI's chat completions is openai:NAME with its base_url$"),
        ("", "unknown model ''"),
        ("openai:", "has no name after the colon"),
        ("replay:", "has no name after the colon"),
        (Half(), "has complete but no acomplete; a Provider has both"),
        (OtherHalf(), "has acomplete but no complete; a Provider has both"),
        (Client(), "is not callable; pass its method chat.completions.create"),
        (ScriptedModel, "is the class ScriptedModel; pass an instance"),
        (3, "a model is a string, a Provider or a callable that takes messages, not int"),
        (None, "not NoneType"),
    ],
)
def test_anything_else_is_refused_with_what_was_meant(given, says):
    with pytest.raises(InputError, match=says):
        model(given)


@pytest.mark.parametrize("given", [lambda messages: "", ScriptedModel([]), "replay:x"])
@pytest.mark.parametrize("setting", ["api_key", "base_url"])
def test_a_setting_that_would_be_ignored_is_refused_and_not_shown(given, setting):
    with pytest.raises(InputError, match=f"takes no {setting}$") as caught:
        model(given, **{setting: "sk-canary"})
    assert "canary" not in str(caught.value)


def test_the_schema_and_the_strictness_show_in_a_requests_repr():
    message = {"role": "user", "content": "?"}
    request = Request((message,), schema={}, strict=True, options={"b": 1, "a": 2}, purpose="reask", round=1)
    assert repr(request) == "<Request reask, round 1; 1 messages; strict schema; options a, b>"
    assert repr(Request((), schema={})) == "<Request ask, round 0; 0 messages; schema>"
