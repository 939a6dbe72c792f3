"""Streams of OpenAI's chat completions, over HTTP as it really comes: in pieces of any size, cut off, broken."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import sys
import threading
import time
from typing import Any

import pytest

from railguard.errors import InputError, ProviderError
from railguard.llm import Request, Retrying
from railguard.llm.http import HttpLimits
from railguard.llm.provider import HTTPProvider
from railguard.llm.services import SERVICES
from railguard.values import Completion, Usage
from tests.conftest import patiently

OPENAI = SERVICES["openai"]
KEY = "sk-canary-0123456789abcdefghij"
TEXT = '{"name": "Änn 😀", "age": 36}'
ERROR = {"error": {"message": f"overloaded, {KEY}", "code": 503}}


def provider(url: str, **limits: Any) -> HTTPProvider:
    return HTTPProvider(
        OPENAI, "gpt-5", api_key=KEY, base_url=url, limits=HttpLimits(**{"read": 10.0, "connect": 10.0, **limits})
    )


def question(timeout: float | None = 20.0, **given: Any) -> Request:
    return Request(({"role": "user", "content": "Who?"},), timeout=timeout, **given)


def sse(*events: Any, end: str = "\n\n") -> bytes:
    texts = (event if isinstance(event, str) else json.dumps(event, ensure_ascii=False) for event in events)
    return "".join(f"data: {text}{end}" for text in texts).encode()


def test_text_comes_in_pieces_and_its_completion_last(server, read):
    server.will(server.sse(*server.chunks("Hel", "lo")))
    pieces, error = read(provider(server.url), question(options={"temperature": 0}))
    assert error is None
    assert pieces == ["Hel", "lo", Completion("Hello", "stop", None, Usage(11, 5), "gpt-5-2026")]
    (received,) = server.received
    assert received.body == {
        "model": "gpt-5",
        "messages": [{"role": "user", "content": "Who?"}],
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert received.headers["accept"] == "text/event-stream"
    assert received.headers["accept-encoding"] == "identity"
    assert received.headers["authorization"] == f"Bearer {KEY}"


def test_a_strict_request_streams_with_its_schema(server, read):
    server.will(server.sse(*server.chunks("{}")))
    read(provider(server.url), question(schema={"type": "object"}, strict=True))
    assert server.received[0].body["response_format"]["json_schema"]["schema"] == {"type": "object"}


def test_stream_options_can_be_left_out_for_servers_that_do_not_take_them(server, read):
    server.will(server.sse(*server.chunks("x", usage=False)))
    pieces, _ = read(provider(server.url), question(options={"stream_options": None}))
    assert "stream_options" not in server.received[0].body
    assert pieces[-1] == Completion("x", "stop", None, None, "gpt-5-2026")


def test_a_server_that_takes_neither_schema_nor_stream_options_is_asked_without_them(server, read):
    server.will(
        server.reply(400, {"error": {"message": "stream_options: extra fields not permitted"}}),
        server.reply(422, {"detail": "json_schema is unknown"}),
        server.sse(*server.chunks("x", usage=False)),
    )
    pieces, error = read(provider(server.url), question(schema={"type": "object"}, strict=True))
    assert error is None
    assert pieces[0] == "x"
    assert pieces[-1].note == (
        "the server does not take stream_options (stream_options: extra fields not permitted); it was asked again "
        "without it; the server does not take response_format (json_schema is unknown); it was asked again without it"
    )
    assert {"stream_options", "response_format"}.isdisjoint(server.received[2].body)


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r", "\n: comment\n\n: another\n\n"])
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_bytes_may_come_in_any_pieces_with_any_line_ends(end, size, server, read):
    server.will(server.events(b"\xef\xbb\xbf" + sse(*server.chunks(*TEXT), end=end), size=size))
    pieces, error = read(provider(server.url), question())
    assert error is None
    assert "".join(pieces[:-1]) == TEXT == pieces[-1].text


def test_a_refusal_is_no_text(server, read):
    chunks = server.chunks("x")
    chunks[1]["choices"][0]["delta"] = {"refusal": "I will "}
    chunks.insert(2, {**chunks[1], "choices": [{"index": 0, "delta": {"refusal": "not"}}]})
    server.will(server.sse(*chunks))
    pieces, _ = read(provider(server.url), question())
    assert pieces == [Completion("", "refusal", "I will not", Usage(11, 5), "gpt-5-2026")]


def test_the_arguments_of_a_tool_call_are_streamed_and_those_of_two_are_a_list_in_the_end(server, read):
    def call(index: int, arguments: str) -> dict[str, Any]:
        delta = {"tool_calls": [{"index": index, "function": {"name": f"f{index}", "arguments": arguments}}]}
        return {**server.chunks()[0], "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}

    server.will(server.sse(call(0, '{"a"'), call(0, ": 1}"), *server.chunks(finish="tool_calls")))
    pieces, error = read(provider(server.url), question())
    assert [*pieces[:-1], pieces[-1].text, pieces[-1].finish_reason] == ['{"a"', ": 1}", '{"a": 1}', "tool_calls"]
    server.will(server.sse(call(0, "{}"), call(1, "{}"), *server.chunks()))
    pieces, error = read(provider(server.url), question())
    assert (error, pieces[0], pieces[-1].text, pieces[-1].calls) == (None, "{}", "[{}, {}]", ("{}", "{}"))


def test_content_may_be_parts_and_other_choices_are_not_the_answer(server, read):
    chunks = server.chunks("a", "b")
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    chunks[1]["choices"][0]["delta"] = {"content": [thinking, {"type": "text", "text": "a"}]}
    chunks.insert(2, {"choices": [{"index": 1, "delta": {"content": "never"}}]})
    server.will(server.sse(*chunks))
    pieces, _ = read(provider(server.url), question())
    assert pieces[:-1] == ["a", "b"]


def test_a_server_that_cannot_stream_gives_one_piece(server, read):
    server.will(server.chat("Hello"))
    pieces, _ = read(provider(server.url), question())
    assert pieces == ["Hello", Completion("Hello", "stop", None, Usage(11, 5, 4), "gpt-5-2026")]
    server.will(server.reply(200, b"<html>", content_type="text/html"))
    assert "is the base URL right" in str(read(provider(server.url), question())[1])


def test_a_compressed_stream_is_read_though_nobody_asked_for_it(server, read):
    body = gzip.compress(sse(*server.chunks(*TEXT)))
    server.will(server.reply(200, body, content_type="text/event-stream", content_encoding="gzip"))
    assert read(provider(server.url), question())[0][-1].text == TEXT


CELLS: dict[str, tuple[Any, str, bool]] = {
    # cell: (what comes after two pieces, what the error says, whether it may pass)
    "cut before its end": (lambda s: b"", "cut its stream off: .* without a finish reason and without", True),
    "cut in an event": (lambda s: b'data: {"choices', "cut its stream off", True),
    "reset": (lambda s: s.reset, "the connection to .* broke", True),
    "stalled": (lambda s: s.hang, "stopped sending for 0.5 s", True),
    "an error inside a 200": (lambda s: sse(ERROR), "answered 503: overloaded, .REDACTED:key.", True),
    "an event named error": (
        lambda s: b'event: error\ndata: {"message": "no"}\n\n',
        "answered 200: no",
        False,
    ),
    "an error that is a text": (lambda s: sse({"error": "no"}), "answered 200: no", False),
    "not JSON": (lambda s: b"data: {oops\n\n", "an event that cannot be read as JSON", False),
    "JSON without end": (lambda s: b"data: " + b"[" * 100_000 + b"\n\n", "cannot be read as JSON", False),
    "no blank line between events": (
        lambda s: b'data: {"choices": []}\ndata: {"choices": []}\n\n',
        "an event that cannot be read as JSON",
        False,
    ),
    "no object": (lambda s: b"data: 3\n\n", "no chat completion chunk", False),
    "choices that are none": (lambda s: b'data: {"choices": 3}\n\n', "no chat completion chunk", False),
    "not UTF-8": (lambda s: b"data: \xff\n\n", "not UTF-8", False),
    "a line without end": (lambda s: b"data: " + b"x" * 1_100_000, "a line of more than", False),
    "a stream without end": (lambda s: b": still here\n\n" * 10_000, "sent more than 100,000 bytes", False),
}
LIMITS = {"stalled": {"read": 0.5}, "a stream without end": {"stream": 100_000}}


@pytest.mark.parametrize("cell", CELLS)
def test_a_stream_that_breaks_is_a_provider_error_after_what_came(cell, server, read):
    make, says, retryable = CELLS[cell]
    rest = make(server)
    begun = sse(*server.chunks("Hel", "lo", finish=None, usage=False, done=False))
    server.will(server.events(begun + rest) if isinstance(rest, bytes) else server.events(begun, rest))
    model = provider(server.url, **LIMITS.get(cell, {}))
    began = time.monotonic()
    pieces, error = read(model, question())
    server.released.set()
    assert pieces == ["Hel", "lo"]
    assert isinstance(error, ProviderError)
    assert re.search(says, str(error)), str(error)
    assert error.retryable is retryable
    assert "canary" not in f"{error!r} {error} {vars(error)}"
    assert error.__context__ is None
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("end", ["nothing", "garbage", "a reset", "an error"])
def test_once_the_model_has_ended_its_answer_nothing_can_break_it(end, server, read):
    body = sse(*server.chunks("Hello", usage=False, done=False))
    behaviours = {
        "nothing": server.events(body),
        "garbage": server.events(body + b"data: {oops\n\n"),
        "a reset": server.events(body, server.reset),
        "an error": server.events(body + sse(ERROR)),
    }
    server.will(behaviours[end])
    pieces, error = read(provider(server.url), question())
    assert error is None
    assert pieces == ["Hello", Completion("Hello", "stop", None, None, "gpt-5-2026")]


def test_what_follows_the_end_is_not_read(server, read):
    server.will(server.events(sse(*server.chunks("a"), *server.chunks("b")), server.until_left))
    assert read(provider(server.url), question())[0][-1].text == "a"
    assert server.left.wait(60)


def test_done_without_a_finish_reason_is_an_end_of_unknown_reason(server, read):
    server.will(server.sse(*server.chunks("Hello", finish=None)))
    assert read(provider(server.url), question())[0][-1].finish_reason == "unknown"


@pytest.mark.parametrize("status", [401, 429, 500])
def test_an_error_status_is_worded_as_ever(status, server, read):
    server.will(server.reply(status, ERROR))
    pieces, error = read(provider(server.url), question())
    assert pieces == []
    assert f"answered {status}: overloaded, [REDACTED:key]" in str(error)


def test_a_model_may_think_as_long_as_there_is_time_but_not_pause_in_its_answer(server, read):
    begun, answer = sse(*server.chunks(finish=None, usage=False, done=False)), sse(*server.chunks("Hello"))

    def think(handler: Any) -> None:
        handler.wfile.write(begun)
        time.sleep(0.2)  # twice the read limit
        handler.wfile.write(b": still thinking\n\n" + answer)

    server.will(server.events(b"", think))
    assert read(provider(server.url, read=0.1), question())[0][-1].text == "Hello"


def test_a_stream_that_drips_for_ever_ends_with_the_deadline(server, read):
    def drip(handler: Any) -> None:
        while not server.released.wait(0.02):
            handler.wfile.write(sse(*server.chunks("x", finish=None, usage=False, done=False)))

    def once(patience: float) -> None:
        server.will(server.events(b"", drip))
        began = time.monotonic()
        pieces, error = read(provider(server.url), question(patience))
        assert time.monotonic() - began < patience + 10
        assert f"no whole answer in {patience} s" in str(error)
        assert set(pieces) == {"x"}

    patiently(once)


def test_no_key_no_stream(read):
    _, error = read(HTTPProvider(OPENAI, "gpt-5"), question())
    assert "set OPENAI_API_KEY" in str(error)
    _, error = read(HTTPProvider(OPENAI, "gpt-5", base_url="http://127.0.0.1:9/v1"), question(options={"stream": True}))
    assert isinstance(error, InputError)


def test_nothing_is_sent_before_the_first_piece_is_asked_for(server):
    server.will(server.sse(*server.chunks("x")))
    provider(server.url).stream(question())
    assert server.received == []


def test_closing_the_iterator_closes_the_connection(server, threads_end, tasks_end):
    begun = sse(*server.chunks("Hel", "lo", finish=None, usage=False, done=False))
    server.will(server.events(begun, server.until_left))
    pieces = provider(server.url).stream(question())
    assert next(pieces) == "Hel"
    pieces.close()
    assert server.left.wait(60)
    threads_end()

    async def main() -> None:
        pieces = provider(server.url).astream(question())
        assert await anext(pieces) == "Hel"
        await pieces.aclose()
        assert await asyncio.to_thread(server.left.wait, 60)
        await tasks_end()

    server.left.clear()
    asyncio.run(main())


@pytest.mark.parametrize("size", [5, 1 << 20])
def test_a_closed_stream_leaves_nothing_for_the_event_loop_to_finalise(size, server):
    begun = sse(*server.chunks("Hel", *"lo" * 100, finish=None, usage=False, done=False))

    async def main() -> None:
        finalised: list[Any] = []
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(hooks.firstiter, lambda generator: finalised.append(generator))
        try:
            pieces = provider(server.url).astream(question())
            assert await anext(pieces) == "Hel"
            await pieces.aclose()
        finally:
            sys.set_asyncgen_hooks(*hooks)
        assert finalised == []

    server.will(server.events(begun, server.until_left, size=size))
    asyncio.run(main())


def test_a_cancelled_stream_leaves_nothing_open(server, tasks_end):
    begun = sse(*server.chunks("Hel", finish=None, usage=False, done=False))

    async def main() -> None:
        server.will(server.events(begun, server.until_left))
        came = asyncio.Event()

        async def consume() -> None:
            async for _ in provider(server.url).astream(question()):
                came.set()

        task = asyncio.create_task(consume())
        await came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.left.wait, 60)
        await tasks_end()

    asyncio.run(main())


def test_a_sync_stream_works_inside_a_coroutine_and_across_threads(server):
    server.will(server.sse(*server.chunks("a", "b")))

    async def inside() -> list[Any]:
        return list(provider(server.url).stream(question()))

    assert asyncio.run(inside())[-1].text == "ab"
    pieces, seen = provider(server.url).stream(question()), []
    for _ in range(3):
        thread = threading.Thread(target=lambda: seen.append(next(pieces)))
        thread.start()
        thread.join()
    assert [*seen[:2], seen[2].text] == ["a", "b", "ab"]


def test_a_stream_is_asked_for_again_until_its_first_piece_and_not_after(server, read):
    begun = sse(*server.chunks("Hel", finish=None, usage=False, done=False))
    empty = sse(*server.chunks(finish=None, usage=False, done=False))
    server.will(
        server.reply(503, ERROR), server.events(empty), server.events(begun), server.sse(*server.chunks("never"))
    )
    pieces, error = read(Retrying(provider(server.url), first_wait=0.01), question())
    assert pieces == ["Hel"]
    assert "cut its stream off" in str(error)
    assert len(server.received) == 3
