"""A provider on loopback that speaks HTTP as real ones do, and breaks it as real ones do."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from railguard.llm.services import SERVICES

Behaviour = Callable[[BaseHTTPRequestHandler], None]


class Clock:
    """A monotonic clock that a test can put forward. It stands in for `time` in the module that measures."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.ahead


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
            handler.connection.settimeout(60)
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

    def events(
        self, body: bytes, then: Behaviour | None = None, size: int = 1 << 20, content_type: str = "text/event-stream"
    ) -> Behaviour:
        """An event stream without a length, in writes of `size` bytes; the connection is closed after `then`."""

        def behave(handler: BaseHTTPRequestHandler) -> None:
            handler.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _head(handler, 200, {"content_type": content_type})
            for start in range(0, len(body), size):
                handler.wfile.write(body[start : start + size])
            if then is not None:
                then(handler)

        return behave

    def until_left(self, handler: BaseHTTPRequestHandler) -> None:
        """Send nothing more, and note when the client closes the connection."""
        handler.connection.settimeout(60)
        with contextlib.suppress(ConnectionError):
            assert handler.connection.recv(1) == b""
        self.left.set()

    def echo(self, handler: Any) -> None:
        self.chat(handler.body["messages"][-1]["content"])(handler)

    def hang(self, handler: BaseHTTPRequestHandler) -> None:
        self.released.wait(60)

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
        self.released.wait(60)

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


class Api:
    """One HTTP API as its documentation has it: where it is asked, what an answer looks like, at once and as a stream.

    The real SDKs talk to the same bodies (test_sdks.py), so that a slip here is not repeated there.
    """

    def __init__(self, scheme: str, path: str, stream_path: str, header: str, prefix: str = "") -> None:
        self.scheme, self.path, self.stream_path = scheme, path, stream_path
        self.header, self.prefix = header, prefix

    def __repr__(self) -> str:
        return self.scheme

    def base(self, server: Server) -> str:
        """The base URL to give a provider."""
        return server.url if self.path.startswith("/v1/") else server.url.removesuffix("/v1")

    def stream_type(self) -> str:
        return "application/x-ndjson" if self.scheme == "ollama" else "text/event-stream"

    def whole(self, text: str, finish: str = "stop", **given: Any) -> dict[str, Any]:
        """An answer. finish: "stop", "length", "content_filter" or "refusal", in the API's own words."""
        match self.scheme:
            case "anthropic":
                reasons = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
                body = {
                    "id": "msg_1",
                    "type": "message",
                    "role": "assistant",
                    "model": "a-model-2026",
                    "content": [
                        {"type": "thinking", "thinking": "hm", "signature": "s"},
                        {"type": "text", "text": text, "citations": None},
                    ],
                    "stop_reason": reasons.get(finish, finish),
                    "stop_sequence": None,
                    "usage": {"input_tokens": 7, "output_tokens": 5, "cache_read_input_tokens": 4},
                }
                return body | given
            case "gemini":
                reasons = {"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
                parts = [{"text": "hm", "thought": True}, {"text": text}]
                usage = {
                    "promptTokenCount": 11,
                    "candidatesTokenCount": 3,
                    "thoughtsTokenCount": 2,
                    "cachedContentTokenCount": 4,
                    "totalTokenCount": 16,
                }
                candidate = {"content": {"role": "model", "parts": parts}, "finishReason": reasons[finish], "index": 0}
                return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "a-model-2026"} | given
            case "ollama":
                message = {"role": "assistant", "content": text, "thinking": "hm"}
                counts = {"prompt_eval_count": 11, "eval_count": 5, "total_duration": 1}
                head = {"model": "a-model-2026", "created_at": "2026-11-29T00:00:00Z"}
                return head | {"message": message, "done": True, "done_reason": finish} | counts | given
            case "openai-responses":
                item = {"type": "message", "id": "m", "role": "assistant", "status": "completed"}
                item["content"] = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
                reasons = {"length": "max_output_tokens", "content_filter": "content_filter"}
                body = {
                    "id": "resp_1",
                    "object": "response",
                    "created_at": 1,
                    "model": "a-model-2026",
                    "status": "incomplete" if finish in reasons else "completed",
                    "error": None,
                    "incomplete_details": {"reason": reasons[finish]} if finish in reasons else None,
                    "output": [{"type": "reasoning", "id": "t", "summary": []}, item],
                    "usage": {
                        "input_tokens": 11,
                        "output_tokens": 5,
                        "total_tokens": 16,
                        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
                        "output_tokens_details": {"reasoning_tokens": 2},
                    },
                    "parallel_tool_calls": False,
                    "tool_choice": "auto",
                    "tools": [],
                }
                return body | given
        choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16}
        usage["prompt_tokens_details"] = {"cached_tokens": 4}
        head = {"id": "1", "object": "chat.completion", "created": 1, "model": "a-model-2026"}
        return head | {"choices": [choice], "usage": usage} | given

    def events(self, *texts: str, finish: str = "stop") -> list[Any]:
        """The events of a streamed answer; the last or the last but one ends it."""
        whole = self.whole("".join(texts), finish)
        match self.scheme:
            case "anthropic":
                deltas = [{"type": "text_delta", "text": text} for text in texts]
                usage = whole["usage"]
                start = whole | {"content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
                return [
                    {"type": "message_start", "message": start},
                    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                    {"type": "ping"},
                    *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
                    {"type": "content_block_stop", "index": 0},
                    {
                        "type": "message_delta",
                        "delta": {"stop_reason": whole["stop_reason"], "stop_sequence": None},
                        "usage": {"output_tokens": 5},
                    },
                    {"type": "message_stop"},
                ]
            case "gemini":
                bare = [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0} for text in texts]
                last = {"content": {"role": "model", "parts": [{"text": ""}]}, "index": 0}
                last["finishReason"] = whole["candidates"][0]["finishReason"]
                return [*({**whole, "candidates": [one]} for one in bare), {**whole, "candidates": [last]}]
            case "ollama":
                pieces = [{"role": "assistant", "content": text} for text in texts]
                end = whole | {"message": {"role": "assistant", "content": ""}}
                return [*({"model": whole["model"], "message": one, "done": False} for one in pieces), end]
            case "openai-responses":
                place = {"item_id": "m", "output_index": 1, "content_index": 0, "logprobs": []}
                begun = {**whole, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
                events = [
                    {"type": "response.created", "response": begun},
                    *({"type": "response.output_text.delta", "delta": text, **place} for text in texts),
                    {"type": f"response.{whole['status']}", "response": whole},
                ]
                return [{**event, "sequence_number": number} for number, event in enumerate(events)]
        deltas = [{"role": "assistant", "content": ""}, *({"content": text} for text in texts)]
        events = [_chunk([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
        events.append(_chunk([{"index": 0, "delta": {}, "finish_reason": finish}]))
        usage = {**whole["usage"]}
        return [{**event, "model": "a-model-2026"} for event in [*events, _chunk([], usage=usage)]] + ["[DONE]"]

    def written(self, events: list[Any]) -> bytes:
        """Events as bytes of the API's stream."""
        if self.scheme == "ollama":
            return b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in events)
        return sse_bytes(*events, names=self.scheme in ("anthropic", "openai-responses"))

    def begun(self, *texts: str) -> bytes:
        """The beginning of a stream: these pieces, and no end."""
        ends = {"anthropic": 3, "openai-responses": 1, "gemini": 1, "ollama": 1}
        return self.written(self.events(*texts)[: -ends.get(self.scheme, 3)])

    def answers(self, server: Server, text: str, finish: str = "stop") -> Behaviour:
        """Answer as it is asked: at once, or as a stream."""

        def behave(handler: Any) -> None:
            if handler.path.split("?")[0] == self.stream_path.split("?")[0] != self.path or handler.body.get("stream"):
                half = len(text) // 2
                body = self.written(self.events(text[:half], text[half:], finish=finish))
                server.reply(200, body, content_type=self.stream_type())(handler)
            else:
                server.reply(200, self.whole(text, finish))(handler)

        return behave


APIS = [
    Api("openai", "/v1/chat/completions", "/v1/chat/completions", "authorization", "Bearer "),
    Api("azure", "/openai/v1/chat/completions", "/openai/v1/chat/completions", "api-key"),
    Api("openai-responses", "/v1/responses", "/v1/responses", "authorization", "Bearer "),
    Api("anthropic", "/v1/messages", "/v1/messages", "x-api-key"),
    Api(
        "gemini",
        "/v1beta/models/a-model:generateContent",
        "/v1beta/models/a-model:streamGenerateContent?alt=sse",
        "x-goog-api-key",
    ),
    Api("ollama", "/api/chat", "/api/chat", "authorization", "Bearer "),
]


@pytest.fixture(params=APIS, ids=repr)
def api(request: pytest.FixtureRequest) -> Api:
    """Every HTTP API that railguard speaks: a test that takes it runs once for each."""
    return request.param


@pytest.fixture
def apis() -> dict[str, Api]:
    """The APIs by their scheme."""
    return {api.scheme: api for api in APIS}


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
    for service in SERVICES.values():
        for name in (*service.key_variables, *service.url_variables, *sum(service.query_variables.values(), ())):
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


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a real Redis server of the tests' own."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed (Debian's package redis-server)")
    pytest.importorskip("redis")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("redis")
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, "redis-server has ended"
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}"
        server.terminate()


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
