"""The faults of a provider × every HTTP API × at once and streamed × sync and async: typed, in time, the documented number
of calls, no key in any text, and the next call works."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import re
import time
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from railguard.errors import ProviderError
from railguard.llm import Request, Retrying
from railguard.llm.http import HttpLimits
from railguard.llm.provider import HTTPProvider
from railguard.llm.services import SERVICES
from tests.conftest import patiently

KEY = "sk-canary-0123456789abcdefghij"
KIB = 1024
DEADLINE = 20.0
TRIES = 2
WAYS = ("sync", "async", "stream", "astream")


def provider(api: Any, server: Any, read: float = 10.0) -> Retrying:
    limits = HttpLimits(connect=1.0, read=read, body=64 * KIB, stream=64 * KIB)
    inner = HTTPProvider(SERVICES[api.scheme], "a-model", api_key=KEY, base_url=api.base(server), limits=limits)
    return Retrying(inner, attempts=TRIES, first_wait=0.001)


def put(provider: Any, way: str, timeout: float = DEADLINE) -> tuple[list[str], Any]:
    """The pieces that came, and the Completion or the error that they ended in."""
    question = Request(({"role": "user", "content": "Who?"},), timeout=timeout)
    pieces: list[Any] = []

    async def main() -> None:
        if way == "async":
            pieces.append(await provider.acomplete(question))
            return
        async for piece in provider.astream(question):
            pieces.append(piece)  # noqa: PERF401 - what came before an error counts

    try:
        if way == "sync":
            pieces.append(provider.complete(question))
        elif way == "stream":
            for piece in provider.stream(question):
                pieces.append(piece)  # noqa: PERF402 - what came before an error counts
        else:
            asyncio.run(main())
    except ProviderError as error:
        return pieces, error
    return pieces[:-1], pieces[-1]


def everything_said(error: BaseException) -> str:
    """All that a program could print of an error, its causes and contexts included."""
    parts, todo = [], [error]
    while todo:
        here = todo.pop()
        parts += [repr(here), str(here), "".join(traceback.format_exception(here)), repr(vars(here))]
        todo += [cause for cause in (here.__cause__, here.__context__) if cause is not None]
    return "\n".join(parts)


def error_body(api: Any, message: str, kind: str = "server_error") -> Any:
    """An error as the API words it."""
    match api.scheme:
        case "anthropic":
            return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "r"}
        case "gemini":
            return {"error": {"code": 0, "message": message, "status": kind.upper()}}
        case "ollama":
            return {"error": message}
    return {"error": {"message": message, "type": kind, "code": None}}


Cell = tuple[Callable[[Any, Any], Any], str, bool]
LUCK = "no luck today"

CELLS: dict[str, Cell] = {
    # cell: (what the server does, what the error says, whether it is asked again)
    "nothing before the deadline": (lambda s, api: s.hang, "no whole answer in 0.1 s", False),
    "a dripping header": (lambda s, api: s.drip_header, "no whole answer in 0.1 s", False),
    "a dripping body": (lambda s, api: s.drip_body, "no whole answer in 0.1 s", False),
    "a body that stalls": (lambda s, api: s.stall_body, "stopped sending for 0.1 s", True),
    "a reset in the body": (lambda s, api: s.reset_body, "the connection to .* broke", True),
    "a body that is cut off": (lambda s, api: s.cut_body, "the connection to .* broke", True),
    "a reset before the header": (lambda s, api: s.reset, "the connection to .* broke", True),
    **{
        str(status): (
            lambda s, api, status=status: s.reply(status, error_body(api, LUCK)),
            f"answered {status}: {LUCK}",
            True,
        )
        for status in (408, 409, 429, 500, 502, 503, 529)
    },
    "429, wait a moment": (
        lambda s, api: s.reply(429, error_body(api, LUCK), retry_after="0.01"),
        "answered 429",
        True,
    ),
    "429, wait longer than there is time": (
        lambda s, api: s.reply(429, error_body(api, LUCK), retry_after="30"),
        "answered 429",
        False,
    ),
    "429, absurd wait": (
        lambda s, api: s.reply(429, error_body(api, LUCK), retry_after="9" * 30),
        "answered 429",
        True,
    ),
    "502 in HTML": (lambda s, api: s.reply(502, b"<html>nginx</html>"), "answered 502: an HTML page", True),
    "an error without words": (lambda s, api: s.reply(500, b""), "answered 500 .the provider is at fault", True),
    "an endless error": (lambda s, api: s.reply(500, b"x" * 64 * KIB), "answered 500: x{499}…", True),
    "401 with the key": (
        lambda s, api: s.reply(401, error_body(api, f"bad key {KEY}")),
        "answered 401: bad key .REDACTED:key. .is the key right",
        False,
    ),
    "403": (lambda s, api: s.reply(403, error_body(api, LUCK)), "answered 403: .* .is the key right", False),
    "404": (lambda s, api: s.reply(404, error_body(api, LUCK)), "answered 404: .* .is there a model 'a-model'", False),
    "400, too long": (
        lambda s, api: s.reply(400, error_body(api, "prompt is too long: 210000 tokens")),
        "answered 400: .*the conversation is longer than the model can read",
        False,
    ),
    "422": (lambda s, api: s.reply(422, error_body(api, LUCK)), f"answered 422: {LUCK}", False),
    "a redirect": (
        lambda s, api: s.reply(307, b"", location="http://127.0.0.1:9/elsewhere?token=x"),
        "answered 307 .redirects are not followed.* is http://127.0.0.1:9/elsewhere the right base URL",
        False,
    ),
    "HTML": (
        lambda s, api: s.reply(200, b"<html>Welcome</html>", content_type="text/html"),
        "answered with text/html that cannot be read as JSON; is the ",
        False,
    ),
    "truncated JSON": (
        lambda s, api: s.reply(200, json.dumps(api.whole("x")).encode()[:-9]),
        "cannot be read as JSON",
        False,
    ),
    "JSON without end": (lambda s, api: s.reply(200, b"[" * 50 * KIB), "cannot be read as JSON", False),
    "an empty object": (lambda s, api: s.reply(200, {}), "sent no ", False),
    "a list": (lambda s, api: s.reply(200, ["x"]), "sent no ", False),
    "null": (lambda s, api: s.reply(200, None), "sent no ", False),
    "not UTF-8": (lambda s, api: s.reply(200, b'{"x": "\xff"}'), "not UTF-8, from byte 7 on", False),
    "an error inside a 200": (
        lambda s, api: s.reply(200, {"error": {"message": f"oops {KEY}", "code": 503}}),
        "answered 503: oops .REDACTED:key",
        True,
    ),
    "a gzip bomb": (
        lambda s, api: s.reply(200, gzip.compress(b" " * 4096 * KIB, 1), content_encoding="gzip"),
        "more than 65,536 bytes",
        False,
    ),
    "an endless body": (lambda s, api: s.endless, "more than 65,536 bytes", False),
    "an encoding nobody asked for": (
        lambda s, api: s.reply(200, b"x", content_encoding="br"),
        "encoded as 'br', which was not asked for",
        False,
    ),
    "broken gzip": (lambda s, api: s.reply(200, b"nonsense", content_encoding="gzip"), "compression is broken", True),
    "gzip cut off": (
        lambda s, api: s.reply(200, gzip.compress(json.dumps(api.whole("x")).encode())[:-9], content_encoding="gzip"),
        "compressed answer that is cut off",
        True,
    ),
    "a header without end": (
        lambda s, api: s.reply(200, b"", x_long="x" * 300_000),
        "the connection to .* broke",
        True,
    ),
}


def check(api: Any, server: Any, way: str, behaviour: Any, says: str, again: bool, came: list[str]) -> None:
    def once(patience: float) -> None:
        check_once(api, server, way, behaviour, says.replace("0.1 s", f"{patience:g} s"), again, came, patience)

    patiently(once)


def check_once(
    api: Any, server: Any, way: str, behaviour: Any, says: str, again: bool, came: list[str], patience: float
) -> None:
    server.released.clear()
    server.will(behaviour)
    model = provider(api, server, patience)
    seconds = patience if f"in {patience} s" in says else DEADLINE
    began = time.monotonic()
    pieces, error = put(model, way, seconds)
    assert time.monotonic() - began < seconds + 10
    server.released.set()
    assert pieces == came, way
    assert isinstance(error, ProviderError), (way, error)
    assert re.search(says, str(error)), (way, str(error))
    assert error.__context__ is None  # httpx's error would hold its request, and that the key
    assert "canary" not in everything_said(error) + repr(model)
    assert len(server.received) == (TRIES if again else 1), way
    assert all(received.headers[api.header] == api.prefix + KEY for received in server.received)
    server.will(api.answers(server, "fine"))
    assert put(model, way)[1].text == "fine"


def ways(cell: str, api: Any) -> tuple[str, ...]:
    """Two ways of asking, others for the next API and the next fault; RAILGUARD_FUZZ=1 takes all four everywhere."""
    if "RAILGUARD_FUZZ" in os.environ:
        return WAYS
    turn = (list(CELLS).index(cell) + list(SERVICES).index(api.scheme)) % 2
    return ("sync", "astream") if turn else ("async", "stream")


@pytest.mark.parametrize("cell", CELLS)
def test_a_fault_ends_in_time_in_a_provider_error_without_the_key(cell, api, server, caplog):
    caplog.set_level(logging.DEBUG)
    behaviour, says, again = CELLS[cell]
    for way in ways(cell, api):
        check(api, server, way, behaviour(server, api), says, again, [])
    assert "canary" not in caplog.text


def broken(event: bytes) -> Callable[[Any, Any], bytes]:
    """An event that is these bytes, in the framing of the API."""
    return lambda s, api: event + b"\n" if api.scheme == "ollama" else b"data: " + event + b"\n\n"


def error_event(api: Any, message: str) -> bytes:
    """The event by which the API's stream ends in an error."""
    if api.scheme == "openai-responses":
        return api.written([{"type": "error", "code": "server_error", "message": message, "param": None}])
    return api.written([error_body(api, message)])


STREAMS: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    # cell: (what comes after two pieces, what the error says)
    "cut before its end": (lambda s, api: b"", "cut its stream off"),
    "reset": (lambda s, api: s.reset, "the connection to .* broke"),
    "stalled": (lambda s, api: s.hang, "stopped sending for 0.1 s"),
    "an error": (lambda s, api: error_event(api, f"overloaded {KEY}"), "answered .*: overloaded .REDACTED:key"),
    "not JSON": (broken(b"{oops"), "an event that cannot be read as JSON"),
    "JSON without end": (broken(b"[" * 50 * KIB), "cannot be read as JSON"),
    "no object": (broken(b"3"), "an event that is no "),
    "not UTF-8": (broken(b"\xff"), "not UTF-8"),
    "a stream without end": (lambda s, api: b"\n" * 80 * KIB, "sent more than 65,536 bytes"),
}


@pytest.mark.parametrize("cell", STREAMS)
def test_a_stream_that_breaks_is_a_provider_error_after_what_came(cell, api, server):
    make, says = STREAMS[cell]
    for way in ("stream", "astream"):
        rest = make(server, api)
        begun = api.begun("Hel", "lo")
        bytes_, then = (begun + rest, None) if isinstance(rest, bytes) else (begun, rest)

        def behave(handler: Any, bytes_: bytes = bytes_, then: Any = then) -> None:
            server.events(bytes_, then, content_type=api.stream_type())(handler)

        check(api, server, way, behave, says, False, ["Hel", "lo"])


@pytest.mark.parametrize(
    ("scheme", "event"),
    [
        ("anthropic", {"type": "error", "error": {"type": "overloaded_error", "message": LUCK}}),
        ("gemini", {"error": {"code": 503, "message": LUCK, "status": "UNAVAILABLE"}}),
        ("openai-responses", {"type": "error", "code": "server_error", "message": LUCK}),
        (
            "openai-responses",
            {"type": "response.failed", "response": {"error": {"code": "server_error", "message": LUCK}}},
        ),
    ],
)
def test_a_stream_that_fails_before_its_first_piece_for_a_fault_that_passes_is_asked_again(scheme, event, apis, server):
    api = apis[scheme]
    for way in ("stream", "astream"):
        server.will(
            server.reply(200, api.written([event]), content_type=api.stream_type()), api.answers(server, "fine")
        )
        pieces, last = put(provider(api, server), way)
        assert (pieces, last.text) == (["fi", "ne"], "fine")
        assert len(server.received) == 2


def test_once_the_model_has_ended_its_answer_nothing_can_break_it(api, server):
    whole = api.written(api.events("Hello")).removesuffix(b"data: [DONE]\n\n")
    for rest, then in ((b"", server.reset), (b"data: {oops\n\n", None)):
        for way in ("stream", "astream"):

            def behave(handler: Any, rest: bytes = rest, then: Any = then) -> None:
                server.events(whole + rest, then, content_type=api.stream_type())(handler)

            server.will(behave)
            pieces, last = put(provider(api, server), way)
            assert (pieces, last.text, last.finish_reason) == (["Hello"], "Hello", "stop")


def test_calls_side_by_side_do_not_mix_their_answers(api, server):
    from concurrent.futures import ThreadPoolExecutor

    def echo(handler: Any) -> None:
        body = handler.body
        (message,) = body.get("messages") or body.get("input") or body.get("contents")
        content = message["content"] if "content" in message else message["parts"][0]["text"]
        api.answers(server, content)(handler)

    server.will(echo)
    model = provider(api, server)
    tags = [f"tag {number}" for number in range(40)]

    def asked(tag: str) -> Request:
        return Request(({"role": "user", "content": tag},), timeout=60)

    async def streamed(tag: str) -> str:
        return [piece async for piece in model.astream(asked(tag))][-1].text

    async def many() -> list[str]:
        return await asyncio.gather(*(streamed(tag) for tag in tags))

    assert asyncio.run(many()) == tags
    with ThreadPoolExecutor(8) as pool:
        assert [completion.text for completion in pool.map(lambda tag: model.complete(asked(tag)), tags)] == tags


def test_a_cancelled_call_leaves_nothing_open(api, server, tasks_end):
    async def main(streamed: bool) -> None:
        server.released.clear()
        server.will(server.hang)
        question = Request(({"role": "user", "content": "?"},), timeout=60)
        model = provider(api, server)
        task = asyncio.create_task(anext(model.astream(question)) if streamed else model.acomplete(question))
        while not server.received:
            await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        server.released.set()
        await tasks_end()

    for streamed in (False, True):
        asyncio.run(main(streamed))
