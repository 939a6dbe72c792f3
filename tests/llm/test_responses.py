"""What an answer is recognised by, where no SDK is at hand: dicts, bytes, and what is close but no answer."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace as Object
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

from railguard.errors import InputError, ProviderError
from railguard.llm.chunks import MAX_TEXT, Pieces
from railguard.llm.google import google_completion
from railguard.llm.responses import completion_of, finish_reason_of, parsed, usage_of
from railguard.values import Completion, Usage


def chat(message: Any, **given: Any) -> dict[str, Any]:
    return {"choices": [{"message": message, "finish_reason": "stop"}], **given}


def call(name: str, arguments: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}}


class Text(str):
    """A str subclass, as some frameworks return."""


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("hello", Completion("hello")),
        (Text("hello"), Completion("hello")),
        ("hellö".encode(), Completion("hellö")),
        (bytearray(b"\xef\xbb\xbfhello"), Completion("hello")),
        (Completion("hello", "length"), Completion("hello", "length")),
        (chat({"content": "hello"}, model="m"), Completion("hello", "stop", model="m")),
        (
            chat({"content": [{"type": "text", "text": "hel"}, {"type": "text", "text": "lo"}]}),
            Completion("hello", "stop"),
        ),
        (chat({"content": [{"type": "refusal", "refusal": "no"}]}), Completion("", "refusal", "no")),
        (chat({"content": None, "tool_calls": [call("f", "{}")]}), Completion("{}", "stop")),
        (chat({"content": "thinking aloud", "tool_calls": [call("f", {"a": 1})]}), Completion('{"a": 1}', "stop")),
        (chat({"content": None, "function_call": {"name": "f", "arguments": "{}"}}), Completion("{}", "stop")),
        (chat({"content": "x", "tool_calls": None, "refusal": ""}), Completion("x", "stop")),
        ({"choices": [{"text": "old", "finish_reason": "length"}]}, Completion("old", "length")),
        ({"role": "assistant", "content": "hello"}, Completion("hello")),
        (Object(role="assistant", content="hello", refusal=None, tool_calls=None), Completion("hello")),
        (
            Object(choices=[Object(message=Object(content="hello"), finish_reason="eos")], usage=None, model=3),
            Completion("hello", "stop"),
        ),
    ],
)
def test_an_answer_is_read(answer, wanted):
    assert completion_of(answer) == wanted


@pytest.mark.parametrize(
    "answer",
    [
        None,
        3,
        3.5,
        True,
        [],
        ["a"],
        ("a",),
        {},
        {"name": "Ann"},
        {"choices": "a"},
        object(),
        {"role": "user", "content": "a"},
    ],
)
def test_what_is_no_answer_is_not_recognised(answer):
    assert completion_of(answer) is None


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"ab\xff", "not UTF-8: invalid start byte at byte 2 of 3"),
        ({"choices": []}, "has no choice in it$"),
        ({"choices": [], "error": {"message": "filtered"}}, "has no choice in it: filtered"),
        ({"choices": [{}]}, "first choice has no message"),
        (chat({"content": 5}), "content is int, which is neither text nor a list of parts"),
        ({"object": "response", "output": [], "status": "failed", "error": {"message": "oops"}}, "failed: oops"),
        ({"object": "response", "output": [], "status": "in_progress"}, "is still in_progress"),
    ],
)
def test_a_known_shape_without_an_answer_is_the_providers_fault(answer, says):
    with pytest.raises(ProviderError, match=says):
        completion_of(answer)


def test_tool_arguments_that_are_no_json_are_the_callers_fault():
    with pytest.raises(InputError, match="tool call 'f' are not JSON"):
        completion_of(chat({"tool_calls": [call("f", {"a": object()})]}))


@pytest.mark.parametrize(
    ("reason", "wanted"),
    [("stop", "stop"), ("MAX_TOKENS", "length"), ("novel", "unknown"), (None, "unknown"), (3, "unknown")],
)
def test_a_finish_reason_is_put_into_one_vocabulary(reason, wanted):
    assert finish_reason_of(reason) == wanted


@pytest.mark.parametrize(
    ("usage", "wanted"),
    [
        (None, None),
        ({}, None),
        ({"prompt_tokens": 3}, Usage(3, 0)),
        ({"input_tokens": 3, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 1}}, Usage(3, 2, 1)),
        ({"input_tokens": 3, "output_tokens": 2, "input_token_details": {"cache_read": 1}}, Usage(3, 2, 1)),
        ({"input_tokens": 3, "output_tokens": 2, "cache_read_input_tokens": 5}, Usage(8, 2, 5)),
        ({"prompt_tokens": "many", "completion_tokens": -1}, Usage(0, 0)),
    ],
)
def test_tokens_are_read_in_everybodys_names(usage, wanted):
    assert usage_of(usage) == wanted


def joined(*pieces: Any) -> tuple[Completion, list[str]]:
    reader = Pieces()
    added = [reader.feed(piece) for piece in pieces]
    return reader.completion(), added


def delta(index: int = 0, finish: str | None = None, **given: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": given, "finish_reason": finish}]}


def test_chunks_say_what_they_added():
    completion, added = joined(
        delta(role="assistant"), delta(content="a"), delta(1, content="other"), delta(content="b")
    )
    assert added == ["", "a", "", "b"]
    assert completion.text == "ab"


def test_a_streamed_refusal_and_a_streamed_tool_call():
    refused, _ = joined(delta(refusal="I "), delta(refusal="will not"), delta(finish="stop"))
    assert (refused.finish_reason, refused.refusal) == ("refusal", "I will not")
    first = {"index": 0, "function": {"name": "f", "arguments": ""}}
    called, _ = joined(
        delta(tool_calls=[first]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": '{"a"'}}]),
        delta(tool_calls=[{"index": 0, "function": {"arguments": ": 1}"}}], finish="tool_calls"),
    )
    assert (called.text, called.finish_reason) == ('{"a": 1}', "tool_calls")
    several, _ = joined(delta(tool_calls=[first, {"index": 1, "function": {"name": "g"}}]))
    assert (several.text, several.calls) == ("[{}, {}]", ("", ""))


SEVERAL = {
    "chat completions": chat({"tool_calls": [call("f", '{"a": 1}'), call("g", '{"a": 2}')]}),
    "responses": {
        "object": "response",
        "output": [
            {"type": "function_call", "name": "f", "arguments": '{"a": 1}'},
            {"type": "function_call", "name": "f", "arguments": '{"a": 2}'},
        ],
    },
    "messages": {
        "type": "message",
        "content": [
            {"type": "text", "text": "Both:"},
            {"type": "tool_use", "name": "f", "input": {"a": 1}},
            {"type": "tool_use", "name": "f", "input": {"a": 2}},
        ],
    },
    "a message alone": {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Both:"},
            {"type": "tool_use", "name": "f", "input": {"a": 1}},
            {"type": "tool_use", "name": "f", "input": {"a": 2}},
        ],
    },
    "langchain": {
        "content": "",
        "response_metadata": {},
        "tool_calls": [{"name": "f", "args": {"a": 1}}, {"name": "f", "args": {"a": 2}}],
    },
    "stream": [
        delta(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": '{"a": 1}'}}]),
        delta(tool_calls=[{"index": 1, "function": {"name": "f", "arguments": '{"a": '}}]),
        delta(tool_calls=[{"index": 1, "function": {"arguments": "2}"}}], finish="tool_calls"),
    ],
    "event stream": [
        {"type": "response.function_call_arguments.delta", "output_index": 0, "delta": '{"a": 1}'},
        {"type": "response.function_call_arguments.delta", "output_index": 1, "delta": '{"a": 2}'},
    ],
}


@pytest.mark.parametrize("answer", SEVERAL.values(), ids=SEVERAL)
def test_several_tool_calls_are_a_list_that_says_so(answer):
    completion = joined(*answer)[0] if isinstance(answer, list) else completion_of(answer)
    assert completion.text == '[{"a": 1}, {"a": 2}]'
    assert completion.calls == ('{"a": 1}', '{"a": 2}')


def test_several_tool_calls_beside_a_refusal_are_no_answer():
    completion = completion_of(chat({"refusal": "no", "tool_calls": [call("f", "{}"), call("g", "{}")]}))
    assert (completion.refusal, completion.text, completion.calls) == ("no", "", ())


def mock(**given: Any) -> Any:
    return MagicMock(**given)


def test_a_mock_is_read_by_what_it_was_given_and_by_nothing_else():
    message = mock(content='{"a": 1}')
    completion = completion_of(mock(choices=[mock(message=message, finish_reason="stop")]))
    assert completion == Completion('{"a": 1}', "stop")
    called = mock(content=None, tool_calls=[mock(function=mock(arguments="{}"))])
    assert completion_of(mock(choices=[mock(message=called)])) == Completion("{}")
    anthropic = mock(type="message", content=[mock(type="text", text="hi")], stop_reason="end_turn")
    assert completion_of(anthropic) == Completion("hi", "stop")
    langchain = mock(content="hi", response_metadata={"finish_reason": "stop"})
    assert completion_of(langchain) == Completion("hi", "stop")
    usage = mock(prompt_tokens=3, completion_tokens=4)
    assert completion_of(mock(choices=[mock(message=message)], usage=usage)).usage == Usage(3, 4)


@pytest.mark.parametrize("kind", [MagicMock, AsyncMock, Mock])
def test_a_mock_that_was_given_nothing_is_no_answer(kind):
    assert completion_of(kind()) is None
    assert parsed(unread := kind()) is unread
    assert completion_of(kind(content="text")) is None
    with pytest.raises(ProviderError, match=r"content is .*Mock, which is neither text"):
        completion_of(kind(choices=[kind()]))


def test_events_of_the_responses_api_are_joined_or_replaced_by_the_whole():
    whole = {
        "object": "response",
        "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "hello"}]}],
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    events = [
        {"type": "response.created"},
        {"type": "response.output_text.delta", "delta": "hel"},
        {"type": "response.output_text.delta", "delta": "lo"},
    ]
    assert joined(*events)[0] == Completion("hello")
    completion, added = joined(*events, {"type": "response.completed", "response": whole})
    assert completion == Completion("hello", "stop", None, Usage(1, 1))
    assert added == ["", "hel", "lo", ""]
    with pytest.raises(ProviderError, match="failed: oops"):
        joined({"type": "response.failed", "response": {**whole, "status": "failed", "error": {"message": "oops"}}})


def test_a_streamed_refusal_of_anthropic():
    def end(**given: Any) -> dict[str, Any]:
        return {"type": "message_delta", "delta": {"stop_reason": "refusal", **given}, "usage": {"output_tokens": 2}}

    explained, _ = joined(end(stop_details={"explanation": "not this"}))
    assert (explained.refusal, explained.usage) == ("not this", Usage(0, 2, known=False))
    text = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "sorry"}}
    other = {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}}
    bare, _ = joined(text, other, {"type": "message_delta", "delta": {"stop_reason": "refusal"}, "usage": None})
    assert bare.refusal == "sorry"


def test_langchain_chunks_with_tool_calls_and_usage():
    def chunk(content: Any, **given: Any) -> Any:
        return Object(content=content, response_metadata=given.pop("metadata", {}), **given)

    usage = {"input_tokens": 3, "output_tokens": 1}
    completion, _ = joined(
        chunk("", tool_call_chunks=[{"index": 0, "name": "f", "args": '{"a"'}], usage_metadata=usage),
        chunk("", tool_call_chunks=[{"index": 0, "name": None, "args": ": 1}"}], usage_metadata={"output_tokens": 2}),
        chunk("", metadata={"finish_reason": "tool_calls"}),
    )
    assert (completion.text, completion.usage, completion.finish_reason) == ('{"a": 1}', Usage(3, 3), "tool_calls")
    with pytest.raises(InputError, match="without content"):
        joined(chunk(None))


@pytest.mark.parametrize("piece", [None, 3, b"a", {"text": "a"}, object()])
def test_a_piece_of_no_known_shape_is_named(piece):
    with pytest.raises(InputError, match=f"gave a {type(piece).__name__}; accepted are"):
        joined(piece)


@pytest.mark.parametrize(
    "piece", [{"type": "error", "error": {"message": "oops"}}, {"type": "error", "message": "oops"}]
)
def test_an_error_inside_a_stream_is_a_provider_error(piece):
    with pytest.raises(ProviderError, match="ended in an error: oops"):
        joined("a", piece)


def test_a_stream_without_end_is_given_up():
    reader, piece, fed = Pieces(), "x" * (1024 * 1024), 0
    while fed < MAX_TEXT:
        fed += len(reader.feed(piece))
    with pytest.raises(ProviderError, match="longer than 16,777,216 characters"):
        reader.feed("x")


def test_reading_answers_imports_no_sdk():
    code = (
        "import sys; from railguard.llm import *; m = model(lambda messages: {'choices': [{'message': {'content': 'x'}}]});"
        "assert m.complete(Request(({'role': 'user', 'content': ''},))).text == 'x';"
        "bad = {'openai', 'anthropic', 'litellm', 'langchain_core', 'httpx', 'tenacity', 'asyncio', 'email', 'http', 'ssl'};"
        "print(sorted(bad & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


GOOGLE: dict[str, Any] = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "he"}, {"text": "llo"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 2},
    "modelVersion": "g",
}


class Google:
    """A response as Google's SDK gives it: an object that dumps to the JSON of its API."""

    prompt_feedback = usage_metadata = model_version = candidates = None

    def __init__(self, reply: dict[str, Any]) -> None:
        self._reply = reply

    def model_dump(self, **how: Any) -> dict[str, Any]:
        assert how == {"mode": "json", "by_alias": True, "exclude_none": True}
        return self._reply


@pytest.mark.parametrize("made", [dict, Google])
def test_a_response_of_google_is_read_whole_and_in_pieces(made: Any) -> None:
    wanted = Completion("hello", "stop", usage=Usage(7, 2), model="g")
    assert google_completion(made(GOOGLE)) == wanted
    pieces = Pieces()
    parts = [{"candidates": [{"content": {"parts": [{"text": text}]}}]} for text in ("he", "llo")]
    ending = {**GOOGLE, "candidates": [{"content": {"parts": []}, "finishReason": "STOP"}]}
    assert [pieces.feed(made(piece)) for piece in (*parts, ending)] == ["he", "llo", ""]
    assert pieces.completion() == wanted


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"promptFeedback": {"blockReason": "SAFETY"}, "candidates": []}, "content_filter"),
        ({"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "MAX_TOKENS"}]}, "length"),
    ],
)
def test_a_response_of_google_says_why_it_ended(reply: Any, reason: str) -> None:
    found = google_completion(Google(reply))
    assert found is not None
    assert found.finish_reason == reason
