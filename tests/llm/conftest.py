"""A provider on loopback that speaks HTTP as real ones do, and breaks it as real ones do."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: Any


class Server(ThreadingHTTPServer):
    """Answers the nth request with the nth behaviour, and further ones with the last."""

    daemon_threads = False
    request_queue_size = 128  # many connect at once; a dropped SYN is sent again after a whole second

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviours: list[Behaviour] = []
        self.received: list[Received] = []
        self.released = threading.Event()
        self.left = threading.Event()
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def will(self, *behaviours: Behaviour) -> None:
        self.behaviours = list(behaviours)
        self.received.clear()

    def take(self, received: Received) -> Behaviour:
        with self._lock:
            self.received.append(received)
            return self.behaviours[min(len(self.received), len(self.behaviours)) - 1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""

    # What it may do.

    def reply(self, status: int, body: Any, /, **headers: str) -> Behaviour:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()

        def behave(handler: BaseHTTPRequestHandler) -> None:
            sent = {"content_type": "application/json", "content_length": str(len(content)), **headers}
            _head(handler, status, sent)
            handler.wfile.write(content)

        return behave

    def chat(self, text: str | None, **message: Any) -> Behaviour:
        finish = message.pop("finish_reason", "stop")
        return self.reply(
            200,
            {
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "created": 1,
                "model": "gpt-5-2026",
                "choices": [
                    {
                        "index": 0,
                        "finish_reason": finish,
                        "message": {"role": "assistant", "content": text, **message},
                    }
                ],
                "usage": {
                    "prompt_tokens": 11,
                    "completion_tokens": 5,
                    "total_tokens": 16,
                    "prompt_tokens_details": {"cached_tokens": 4},
                },
            },
        )

    def kept(self, text: str) -> Behaviour:
        """An answer after which the connection stays open, for the client to use again."""

        def behave(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = False
            handler.connection.settimeout(5)
            content = json.dumps({"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": text}}]})
            _head(
                handler,
                200,
                {"connection": "keep-alive", "content_type": "application/json", "content_length": str(len(content))},
            )
            handler.wfile.write(content.encode())

        return behave

    def sse(self, *events: Any, names: bool = False) -> Behaviour:
        return self.reply(200, sse_bytes(*events, names=names), content_type="text/event-stream")

    def chunks(self, *texts: str, finish: str | None = "stop", usage: bool = True, done: bool = True) -> list[Any]:
        """The events of a streamed answer."""
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}, *({"content": text} for text in texts)]
        events: list[Any] = [_chunk([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
        if finish is not None:
            events.append(_chunk([{"index": 0, "delta": {}, "finish_reason": finish}]))
        if usage:
            events.append(_chunk([], usage={"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}))
        return [*events, "[DONE]"] if done else events

    def events(self, body: bytes, then: Behaviour | None = None, size: int = 1 << 20) -> Behaviour:
        """An event stream without a length, in writes of `size` bytes; the connection is closed after `then`."""

        def behave(handler: BaseHTTPRequestHandler) -> None:
            handler.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _head(handler, 200, {"content_type": "text/event-stream"})
            for start in range(0, len(body), size):
                handler.wfile.write(body[start : start + size])
            if then is not None:
                then(handler)

        return behave

    def until_left(self, handler: BaseHTTPRequestHandler) -> None:
        """Send nothing more, and note when the client closes the connection."""
        handler.connection.settimeout(10)
        with contextlib.suppress(ConnectionError):
            assert handler.connection.recv(1) == b""
        self.left.set()

    def echo(self, handler: Any) -> None:
        self.chat(handler.body["messages"][-1]["content"])(handler)

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        self.released.wait(10)

    def drip_body(self, handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200, {"content_type": "application/json", "content_length": "1000"})
        while not self.released.wait(0.05):
            handler.wfile.write(b" ")

    def drip_header(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
        while not self.released.wait(0.05):
            handler.wfile.write(b"x")

    def stall_body(self, handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200, {"content_type": "application/json", "content_length": "1000"})
        handler.wfile.write(b"{")
        self.released.wait(10)

    def endless(self, handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200, {"content_type": "application/json", "connection": "close"})
        while not self.released.is_set():
            handler.wfile.write(b" " * 65536)

    def reset(self, handler: BaseHTTPRequestHandler) -> None:
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        handler.connection.close()

    def reset_body(self, handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200, {"content_type": "application/json", "content_length": "1000"})
        handler.wfile.write(b'{"choices": [')
        self.reset(handler)

    def cut_body(self, handler: BaseHTTPRequestHandler) -> None:
        _head(handler, 200, {"content_type": "application/json", "content_length": "1000"})
        handler.wfile.write(b'{"choices": [')


def sse_bytes(*events: Any, names: bool = False) -> bytes:
    return "".join(
        (f"event: {event['type']}\n" if names else "")
        + f"data: {event if isinstance(event, str) else json.dumps(event, ensure_ascii=False)}\n\n"
        for event in events
    ).encode()


def _chunk(choices: list[Any], **given: Any) -> dict[str, Any]:
    head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5-2026"}
    return {**head, "choices": choices, **given}


def _head(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str]) -> None:
    handler.send_response(status)
    for name, value in {"connection": "close", **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.flush()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.body = json.loads(content)
        behave = self.server.take(Received(self.path, headers, self.body))
        self.close_connection = True
        behave(self)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002})
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture(params=["sync", "async"])
def ask(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Asks a provider the sync or the async way: every test that takes it runs twice."""
    import asyncio

    def ask(provider: Any, question: Any) -> Any:
        if request.param == "sync":
            return provider.complete(question)
        return asyncio.run(provider.acomplete(question))

    return ask


@pytest.fixture(params=["sync", "async"])
def read(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Streams the sync or the async way: the pieces, and what the stream ended in (None if in good order)."""
    import asyncio

    def read(provider: Any, question: Any) -> tuple[list[Any], Exception | None]:
        pieces: list[Any] = []

        async def main() -> None:
            async for piece in provider.astream(question):
                pieces.append(piece)  # noqa: PERF401 - what came before an error counts

        try:
            if request.param == "sync":
                for piece in provider.stream(question):
                    pieces.append(piece)  # noqa: PERF402 - what came before an error counts
            else:
                asyncio.run(main())
        except Exception as error:
            return pieces, error
        return pieces, None

    return read
