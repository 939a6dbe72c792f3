"""LangChain's chat models as callables: `llm.invoke`, `llm.ainvoke`, `llm.stream`."""

from __future__ import annotations

from typing import Any

import pytest

from railguard.errors import InputError
from railguard.llm import CallableModel, Request, model
from railguard.values import Usage

pytest.importorskip("langchain_core")

from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel, GenericFakeChatModel
from langchain_core.messages import AIMessage

QUESTION = Request(({"role": "user", "content": "Who?"},))


def replies(*messages: AIMessage) -> Any:
    return FakeMessagesListChatModel(responses=list(messages))


@pytest.mark.parametrize(
    ("message", "text", "finish", "refusal", "usage"),
    [
        (AIMessage("hello"), "hello", "unknown", None, None),
        (
            AIMessage(
                "hello",
                response_metadata={"finish_reason": "length", "model_name": "gpt-5"},
                usage_metadata={
                    "input_tokens": 11,
                    "output_tokens": 5,
                    "total_tokens": 16,
                    "input_token_details": {"cache_read": 4},
                },
            ),
            "hello",
            "length",
            None,
            Usage(11, 5, 4),
        ),
        (
            AIMessage(
                [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "hel"}, "lo"],
                response_metadata={"stop_reason": "end_turn"},
            ),
            "hello",
            "stop",
            None,
            None,
        ),
        (
            AIMessage("", tool_calls=[{"name": "answer", "args": {"a": 1}, "id": "1"}]),
            '{"a": 1}',
            "unknown",
            None,
            None,
        ),
        (AIMessage("", additional_kwargs={"refusal": "no"}), "", "refusal", "no", None),
        (
            AIMessage("", response_metadata={"stop_reason": "refusal"}),
            "",
            "refusal",
            "the model refused without giving a reason",
            None,
        ),
        (AIMessage("hello", response_metadata={"done_reason": "stop"}), "hello", "stop", None, None),
        (AIMessage("hello", response_metadata={"finish_reason": "SAFETY"}), "hello", "content_filter", None, None),
    ],
)
def test_a_message_of_langchain_is_read(message, text, finish, refusal, usage, ask):
    completion = ask(CallableModel(replies(message).invoke), QUESTION)
    assert (completion.text, completion.finish_reason, completion.refusal, completion.usage) == (
        text,
        finish,
        refusal,
        usage,
    )


def test_ainvoke_stream_and_astream(ask):
    assert ask(CallableModel(replies(AIMessage("hello")).ainvoke), QUESTION).text == "hello"
    assert ask(CallableModel(lambda messages: words().stream(messages)), QUESTION).text == "a b c"
    assert ask(CallableModel(lambda messages: words().astream(messages)), QUESTION).text == "a b c"


def test_chunks_are_handed_on_as_they_come(read):
    for ask in (lambda messages: words().stream(messages), lambda messages: words().astream(messages)):
        pieces, error = read(CallableModel(ask), QUESTION)
        assert error is None
        assert [*pieces[:-1], pieces[-1].text] == ["a", " ", "b", " ", "c", "a b c"]


def words() -> Any:
    return GenericFakeChatModel(messages=iter([AIMessage("a b c")]))


def test_a_chat_model_itself_is_refused_with_the_method_to_pass():
    with pytest.raises(InputError, match="pass its method invoke"):
        model(replies(AIMessage("hello")))


def test_chatopenai_against_a_server(server, ask):
    langchain_openai = pytest.importorskip("langchain_openai")
    llm = langchain_openai.ChatOpenAI(
        model="gpt-5", base_url=server.url, api_key="sk-canary-1", max_retries=0, stream_usage=False
    )
    server.will(server.chat("hello"))
    completion = ask(CallableModel(llm.invoke), QUESTION)
    assert (completion.text, completion.finish_reason, completion.usage) == ("hello", "stop", Usage(11, 5, 4))
    assert completion.model == "gpt-5-2026"
    server.will(server.chat(None, refusal="no"))
    assert ask(CallableModel(llm.invoke), QUESTION).refusal == "no"


def test_chatopenais_stream_against_a_server(server, read):
    langchain_openai = pytest.importorskip("langchain_openai")
    llm = langchain_openai.ChatOpenAI(
        model="gpt-5", base_url=server.url, api_key="sk-canary-1", max_retries=0, stream_usage=True
    )
    server.will(server.sse(*server.chunks("hel", "lo")))
    pieces, error = read(CallableModel(llm.stream), QUESTION)
    assert error is None
    assert pieces[:-1] == ["hel", "lo"]
    assert (pieces[-1].text, pieces[-1].finish_reason, pieces[-1].usage) == ("hello", "stop", Usage(11, 5))
