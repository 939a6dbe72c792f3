"""A server on loopback that speaks OpenAI's chat completions, for the real clients of LangChain and of OpenAI."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Answer = str | dict[str, Any] | int | Callable[[dict[str, Any]], Any]
"""Text; a tool call as {"name", "arguments"}; an HTTP status; or a function of the request's body that gives one."""


class OpenAIServer(ThreadingHTTPServer):
    """Gives its answers in order, streamed if it is asked to, and keeps the bodies of the requests."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, Any]] = []
        self._answers: list[Answer] = []
        self._lock = threading.Lock()

    def will(self, *answers: Answer) -> None:
        """Give these answers, in order; the last one again and again."""
        self._answers = list(answers)
        self.requests.clear()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def taken(self, body: dict[str, Any]) -> Any:
        with self._lock:
            self.requests.append(body)
            answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        return answer(body) if callable(answer) else answer


class _Handler(BaseHTTPRequestHandler):
    server: OpenAIServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = self.server.taken(body)
        if isinstance(answer, int):
            self._reply(answer, "application/json", json.dumps({"error": {"message": "busy", "type": "x"}}))
            return
        message: dict[str, Any] = {"role": "assistant", "content": answer, "refusal": None}
        finish = "stop"
        if isinstance(answer, dict):
            function = {"name": answer["name"], "arguments": json.dumps(answer["arguments"])}
            call = {"id": f"call_{len(self.server.requests)}", "type": "function", "function": function}
            message, finish = {**message, "content": None, "tool_calls": [call]}, "tool_calls"
        if body.get("stream"):
            events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in _chunks(body, message, finish))
            self._reply(200, "text/event-stream", events + "data: [DONE]\n\n")
            return
        choice = {"index": 0, "finish_reason": finish, "message": message}
        head = {"id": "c1", "object": "chat.completion", "created": 1, "model": body["model"]}
        self._reply(200, "application/json", json.dumps({**head, "choices": [choice], "usage": _USAGE}))

    def _reply(self, status: int, kind: str, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        pass


_USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


def _chunks(body: dict[str, Any], message: dict[str, Any], finish: str) -> Iterator[dict[str, Any]]:
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
    text = message["content"] or ""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": text[at : at + 3]} for at in range(0, len(text), 3)]
    deltas += [{"tool_calls": [{"index": 0, **call}]} for call in message.get("tool_calls", ())]
    for delta in deltas:
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    yield {**head, "choices": [], "usage": _USAGE}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    """The server, and the environment of somebody who has a key."""
    with OpenAIServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "a-key-for-the-tests")
        monkeypatch.setenv("LANGSMITH_TRACING", "false")
        yield server
        server.shutdown()
        thread.join()
