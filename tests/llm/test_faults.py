"""The fault matrix: whatever a provider does, the call ends in time, in a ProviderError, and without the key in it."""

from __future__ import annotations

import email.utils
import gzip
import logging
import re
import socket
import threading
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

OPENAI = SERVICES["openai"]
KEY = "sk-canary-0123456789abcdefghij"
MIB = 1024 * 1024
DEADLINE = 20.0


def provider(url: str, attempts: int = 3, *, connect: float = 10.0, read: float = 10.0) -> Retrying:
    limits = HttpLimits(connect=connect, read=read, body=2 * MIB)
    return Retrying(
        HTTPProvider(OPENAI, "gpt-5", api_key=KEY, base_url=url, limits=limits), attempts=attempts, first_wait=0.01
    )


def question(timeout: float = DEADLINE) -> Request:
    return Request(({"role": "user", "content": "Who?"},), timeout=timeout)


def everything_said(error: BaseException, caplog: pytest.LogCaptureFixture) -> str:
    """All that a program could print of an error, its causes and contexts included, and all that was logged."""
    parts, todo = [caplog.text], [error]
    while todo:
        here = todo.pop()
        parts += [repr(here), str(here), "".join(traceback.format_exception(here)), repr(vars(here))]
        todo += [cause for cause in (here.__cause__, here.__context__) if cause is not None]
    return "\n".join(parts)


def fails(
    ask: Callable[..., Any], provider: Any, caplog: pytest.LogCaptureFixture, timeout: float = DEADLINE
) -> ProviderError:
    caplog.set_level(logging.DEBUG)
    began = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        ask(provider, question(timeout))
    assert time.monotonic() - began < timeout + 10
    assert "canary" not in everything_said(caught.value, caplog)
    assert "canary" not in repr(provider)
    assert caught.value.__context__ is None  # httpx's error would hold its request, and that the key
    return caught.value


ERROR = {"error": {"message": "no luck today", "type": "server_error", "code": None}}

CELLS: dict[str, tuple[Callable[[Any], Any], str, int]] = {
    # cell: (what the server does, what the error says, how often it was asked)
    "5 nothing before the deadline": (lambda s: s.hang, "no whole answer in 0.1 s", 1),
    "6 a dripping body": (lambda s: s.drip_body, "no whole answer in 0.1 s", 1),
    "6 a dripping header": (lambda s: s.drip_header, "no whole answer in 0.1 s", 1),
    "6 a body that stalls": (lambda s: s.stall_body, "stopped sending for 0.1 s", 3),
    "7 a reset in the body": (lambda s: s.reset_body, "the connection to .* broke", 3),
    "7 a body that is cut off": (lambda s: s.cut_body, "the connection to .* broke", 3),
    "8 a reset before the header": (lambda s: s.reset, "the connection to .* broke", 3),
    "9 429": (lambda s: s.reply(429, ERROR), "answered 429: no luck today .too many requests", 3),
    "9 429, wait 0.05 s": (lambda s: s.reply(429, ERROR, retry_after="0.05"), "answered 429", 3),
    "9 429, quota used up": (
        lambda s: s.reply(429, {"error": {"message": "pay", "code": "insufficient_quota"}}),
        "answered 429: pay .the account's quota is used up",
        1,
    ),
    "10 429, wait longer than there is time": (lambda s: s.reply(429, ERROR, retry_after="30"), "answered 429", 1),
    "10 429, absurd wait": (lambda s: s.reply(429, ERROR, retry_after="9" * 30), "answered 429", 3),
    "10 429, wait for a date": (
        lambda s: s.reply(429, ERROR, retry_after=email.utils.formatdate(time.time() + 40, usegmt=True)),
        "answered 429",
        1,
    ),
    "11 500": (lambda s: s.reply(500, ERROR), "answered 500: no luck today .the provider is at fault", 3),
    "11 502 in HTML": (lambda s: s.reply(502, b"<html>nginx</html>"), "answered 502: an HTML page", 3),
    "11 503": (lambda s: s.reply(503, {"error": "busy"}), "answered 503: busy", 3),
    "11 529": (lambda s: s.reply(529, {"message": "overloaded"}), "answered 529: overloaded", 3),
    "12 401": (
        lambda s: s.reply(401, {"error": {"message": f"Incorrect API key provided: {KEY}."}}),
        "answered 401: Incorrect API key provided: .REDACTED:key.. .is the key right",
        1,
    ),
    "12 403": (lambda s: s.reply(403, {"detail": "no"}), "answered 403: no .is the key right", 1),
    "404": (lambda s: s.reply(404, {"error": {"message": "?"}}), "answered 404: .* .is there a model 'gpt-5'", 1),
    "13 400, context length": (
        lambda s: s.reply(400, {"error": {"message": "too long", "code": "context_length_exceeded"}}),
        "answered 400: too long .the conversation is longer than the model can read",
        1,
    ),
    "14 HTML": (
        lambda s: s.reply(200, b"<html>Welcome</html>", content_type="text/html"),
        "answered with text/html that cannot be read as JSON; is the base URL right",
        1,
    ),
    "15 truncated JSON": (lambda s: s.reply(200, b'{"choices": [{'), "cannot be read as JSON", 1),
    "15 JSON without end": (lambda s: s.reply(200, b"[" * MIB), "cannot be read as JSON", 1),
    "16 no choice": (lambda s: s.reply(200, {"choices": []}), "no chat completion: the answer has no choice", 1),
    "16 no choices": (lambda s: s.reply(200, {"object": "list"}), "no chat completion: there are no choices", 1),
    "16 no message": (lambda s: s.reply(200, {"choices": [{}]}), "first choice has no message", 1),
    "16 no object": (lambda s: s.reply(200, ["choices"]), "there are no choices in it", 1),
    "20 not UTF-8": (lambda s: s.reply(200, b'{"choices": "\xff"}'), "not UTF-8, from byte 13 on", 1),
    "21 an error inside a 200": (lambda s: s.reply(200, {"error": {"message": "oops", "code": 503}}), "503: oops", 3),
    "21 a text inside a 200": (lambda s: s.reply(200, {"error": f"bad {KEY}"}), "answered 200: bad .REDACTED:key", 1),
    "22 a gzip bomb": (
        lambda s: s.reply(200, gzip.compress(b" " * (24 * MIB), 1), content_encoding="gzip"),
        "more than 2,097,152 bytes",
        1,
    ),
    "22 endless": (lambda s: s.endless, "more than 2,097,152 bytes", 1),
    "22 an encoding nobody asked for": (
        lambda s: s.reply(200, b"x", content_encoding="br"),
        "encoded as 'br', which was not asked for",
        1,
    ),
    "22 broken gzip": (lambda s: s.reply(200, b"nonsense", content_encoding="gzip"), "compression is broken", 3),
    "22 gzip cut off": (
        lambda s: s.reply(200, gzip.compress(b'{"choices": []}')[:-9], content_encoding="gzip"),
        "compressed answer that is cut off",
        3,
    ),
    "22 a header without end": (lambda s: s.reply(200, b"", x_long="x" * 300_000), "the connection to .* broke", 3),
    "22 an endless error": (lambda s: s.reply(500, b"x" * MIB), "answered 500: x{499}…", 3),
}


@pytest.mark.parametrize("cell", CELLS)
def test_a_fault_ends_in_time_in_a_provider_error_without_the_key(cell, server, ask, caplog):
    behaviour, says, calls = CELLS[cell]

    def once(patience: float) -> None:
        server.will(behaviour(server))
        model = provider(server.url, read=patience if "stopped sending" in says else DEADLINE)
        error = fails(ask, model, caplog, patience if "no whole answer" in says else DEADLINE)
        assert re.search(says.replace("0.1 s", f"{patience:g} s"), str(error)), str(error)
        assert len(server.received) == calls
        assert all(received.headers["authorization"] == f"Bearer {KEY}" for received in server.received)
        server.will(server.chat("fine"))
        assert ask(model, question()).text == "fine"

    if "0.1 s" in says:
        patiently(once)
    else:
        once(DEADLINE)


def test_a_name_that_is_not_found_is_an_error_at_once(ask, caplog, monkeypatch):
    looked_up = []

    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        looked_up.append(args)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    error = fails(ask, provider("https://nowhere.invalid/v1"), caplog)
    assert "the host nowhere.invalid is not found" in str(error)
    assert len(looked_up) == 1


def test_a_name_server_that_is_away_for_a_moment_is_asked_again(ask, caplog, monkeypatch):
    looked_up = []

    def getaddrinfo(*args: Any, **kwargs: Any) -> Any:
        looked_up.append(args)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    fails(ask, provider("https://nowhere.invalid/v1"), caplog)
    assert len(looked_up) == 3


def test_a_look_up_that_hangs_ends_with_the_deadline_in_sync_code(caplog, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: released.wait(60) and [])
    try:
        began = time.monotonic()
        with pytest.raises(ProviderError):
            provider("https://nowhere.invalid/v1").complete(question(0.2))
        assert time.monotonic() - began < 10
    finally:
        released.set()


def test_a_refused_connection_is_tried_again_and_named(ask, caplog):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = fails(ask, provider(f"http://127.0.0.1:{port}/v1"), caplog)
    assert f"no connection to http://127.0.0.1:{port}/v1/chat/completions" in str(error)
    assert error.retryable


def test_a_connection_that_is_never_accepted_ends_with_the_connect_limit(ask, caplog):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        try:
            for one in waiting:
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            error = fails(
                ask, provider(f"http://127.0.0.1:{full.getsockname()[1]}/v1", attempts=1, connect=0.1), caplog
            )
        finally:
            for one in waiting:
                one.close()
    assert "in 0.1 s" in str(error)


def test_a_host_that_cannot_be_written_in_a_request_is_not_asked_again(ask, caplog):
    error = fails(ask, provider("http://127.0.0.1\x7f/v1"), caplog)
    assert "cannot be sent" in str(error)
    assert not error.retryable


def test_a_server_without_tls_is_not_trusted_and_not_asked_again(server, ask, caplog):
    server.will(server.chat("never"))
    error = fails(ask, provider(server.url.replace("http:", "https:")), caplog)
    assert "no trusted connection" in str(error)
    assert not error.retryable
    assert server.received == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed_and_its_target_never_sees_the_key(status, server, ask, caplog):
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.05)
        target = f"http://127.0.0.1:{other.getsockname()[1]}/v1/chat/completions?token=abc"
        server.will(server.reply(status, b"", location=target))
        error = fails(ask, provider(server.url), caplog)
        with pytest.raises(TimeoutError):
            other.accept()
    assert f"answered {status} (redirects are not followed" in str(error)
    assert "token" not in str(error)
    assert len(server.received) == 1


def test_what_ends_a_good_answer_is_no_fault(server, ask):
    cells = {
        "17 refusal": (server.chat(None, refusal="I will not"), ("", "refusal", "I will not")),
        "18 filtered": (server.chat("", finish_reason="content_filter"), ("", "content_filter", None)),
        "19 cut off": (server.chat('{"a": [1', finish_reason="length"), ('{"a": [1', "length", None)),
        "16 nothing": (server.chat(None), ("", "stop", None)),
    }
    for behaviour, wanted in cells.values():
        server.will(behaviour)
        completion = ask(provider(server.url), question())
        assert (completion.text, completion.finish_reason, completion.refusal) == wanted
        assert len(server.received) == 1


def test_a_model_may_think_longer_than_the_pause_between_bytes(server, ask):
    def slowly(handler: Any) -> None:
        time.sleep(0.2)  # twice the read limit
        server.chat("at last")(handler)

    server.will(slowly)
    assert ask(provider(server.url, read=0.1), question()).text == "at last"


def test_after_a_fault_that_passes_the_answer_comes(server, ask):
    server.will(server.reset, server.reply(503, ERROR), server.chat("there"))
    assert ask(provider(server.url), question()).text == "there"
    assert len(server.received) == 3


def test_a_cancelled_task_ends_and_leaves_nothing_open(server, tasks_end):
    import asyncio

    async def main() -> None:
        server.will(server.hang)
        task = asyncio.create_task(provider(server.url).acomplete(question()))
        while not server.received:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await tasks_end()

    asyncio.run(main())


def test_calls_side_by_side_do_not_mix_their_answers(server):
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    server.will(server.echo)
    model = provider(server.url)
    tags = [f"tag {n}" for n in range(40)]

    def tagged(tag: str) -> Request:
        return Request(({"role": "user", "content": tag},), timeout=60)

    async def many() -> list[str]:
        return [c.text for c in await asyncio.gather(*(model.acomplete(tagged(tag)) for tag in tags))]

    assert asyncio.run(many()) == tags
    with ThreadPoolExecutor(8) as pool:
        assert [c.text for c in pool.map(lambda tag: model.complete(tagged(tag)), tags)] == tags
