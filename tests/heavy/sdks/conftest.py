"""A server on loopback that answers as OpenAI, Anthropic and Google do, whole and streamed, for their real SDKs."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

ANSWERS = ['{"name": "Ann", "age": "old"}', '{"age": 36}']
"""What is answered: the first question, then the reask."""
VALUE = {"name": "Ann", "age": 36}


class Server(ThreadingHTTPServer):
    """Gives ANSWERS in order and keeps the bodies of the requests. tool: whether as a tool call's arguments."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, Any]] = []
        self.tool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        text = ANSWERS[min(len(self.server.bodies), len(ANSWERS) - 1)]
        self.server.bodies.append(body)
        path, _, _ = self.path.partition("?")
        if path.endswith("/messages") and any(message["role"] == "system" for message in body["messages"]):
            self._send(400, json.dumps({"type": "error", "error": {"type": "invalid", "message": "no role system"}}))
        elif path.endswith("/chat/completions"):
            self._answer(
                body.get("stream"), _chat(text, tool=self.server.tool), _chat_chunks(text), end="data: [DONE]\n\n"
            )
        elif path.endswith("/responses"):
            self._answer(body.get("stream"), _response(text), _response_events(text), names=True)
        elif path.endswith("/messages"):
            tool = self.server.tool
            self._answer(body.get("stream"), _message(text, tool=tool), _message_events(text), names=True)
        elif "enerateContent" in path:
            self._answer("stream" in path, _gemini(text), [_gemini(text[:9]), _gemini(text[9:])])
        else:
            self._send(404, "{}")

    def _answer(self, stream: Any, whole: Any, events: list[Any], *, names: bool = False, end: str = "") -> None:
        if not stream:
            self._send(200, json.dumps(whole))
            return
        lines = [(f"event: {event['type']}\n" if names else "") + f"data: {json.dumps(event)}\n\n" for event in events]
        self._send(200, "".join(lines) + end, "text/event-stream")

    def _send(self, status: int, text: str, kind: str = "application/json") -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        pass


def _chat(text: str, *, tool: bool = False) -> Any:
    message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
    if tool:
        call = {"id": "c1", "type": "function", "function": {"name": "answer", "arguments": text}}
        message = {**message, "content": None, "tool_calls": [call]}
    choice = {"index": 0, "finish_reason": "tool_calls" if tool else "stop", "message": message}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def _chat_chunks(text: str) -> list[Any]:
    head = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas = [{"role": "assistant", "content": ""}, {"content": text[:9]}, {"content": text[9:]}]
    chunks: list[Any] = [{**head, "choices": [{"index": 0, "delta": d, "finish_reason": None}]} for d in deltas]
    return [*chunks, {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]


def _response(text: str, status: str = "completed") -> Any:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    item = {"type": "message", "id": "m1", "status": status, "role": "assistant", "content": [part]}
    usage = {
        "input_tokens": 10,
        "output_tokens": 5,
        "total_tokens": 15,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    return {
        "id": "r1",
        "object": "response",
        "created_at": 1,
        "model": "m",
        "status": status,
        "output": [item] if status == "completed" else [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }


def _response_events(text: str) -> list[Any]:
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    at = {"item_id": "m1", "output_index": 0, "content_index": 0}
    item = {"type": "message", "id": "m1", "status": "in_progress", "role": "assistant", "content": []}
    whole = _response(text)
    events = [
        {"type": "response.created", "response": _response("", "in_progress")},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **at, "part": part},
        {"type": "response.output_text.delta", **at, "delta": text[:9], "logprobs": []},
        {"type": "response.output_text.delta", **at, "delta": text[9:], "logprobs": []},
        {"type": "response.output_text.done", **at, "text": text, "logprobs": []},
        {"type": "response.content_part.done", **at, "part": {**part, "text": text}},
        {"type": "response.output_item.done", "output_index": 0, "item": whole["output"][0]},
        {"type": "response.completed", "response": whole},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def _message(text: str, *, tool: bool = False) -> Any:
    block: dict[str, Any] = {"type": "text", "text": text}
    if tool:
        block = {"type": "tool_use", "id": "t1", "name": "answer", "input": json.loads(text)}
    return {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": [block],
        "stop_reason": "tool_use" if tool else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }


def _message_events(text: str) -> list[Any]:
    begun = {**_message(""), "content": [], "stop_reason": None}
    return [
        {"type": "message_start", "message": begun},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text[:9]}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text[9:]}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]


def _gemini(text: str) -> Any:
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": "STOP", "index": 0}
    usage = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "g"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005})
        thread.start()
        for name in ("OPENAI", "ANTHROPIC", "GEMINI", "GOOGLE"):
            monkeypatch.setenv(f"{name}_API_KEY", "a-key-for-the-tests")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        yield server
        server.shutdown()
        thread.join()


SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
QUESTION = {"role": "user", "content": "Who? ${gr.complete_json_suffix}"}


@pytest.fixture(params=["call", "acall", "stream", "astream", "guarded"])
def check(request: pytest.FixtureRequest, server: Server) -> Any:
    """Put a callable in the place of a guard's model, in each way of calling; the answer must be asked for again and be right.

    system: whether the guard's messages begin with one of the system.
    """
    import asyncio

    from railguard import Guard, guarded

    def check(model: Any, /, *, system: bool = False, **options: Any) -> None:
        messages = [{"role": "system", "content": "Be brief."}, QUESTION] if system else [QUESTION]
        guard = Guard.from_json_schema(SCHEMA, messages=messages)

        async def last() -> Any:
            return [event async for event in guard.astream(model, **options)][-1].outcome

        match request.param:
            case "call":
                output = guard(model, **options).output
            case "acall":
                output = asyncio.run(guard.acall(model, **options)).output
            case "stream":
                output = list(guard.stream(model, **options))[-1].outcome.output
            case "astream":
                output = asyncio.run(last()).output
            case _:
                output = guarded(guard)(model)(**options)
                if asyncio.iscoroutine(output):
                    output = asyncio.run(output)
        assert output == VALUE
        assert len(server.bodies) == 2

    return check
