"""Ollama's own chat API. It has settings that its OpenAI-compatible API lacks: thinking, and the size of the context
window.

Reference: https://docs.ollama.com/api/chat
"""

from __future__ import annotations

import json
from typing import Any

from railguard.errors import InputError, ProviderError
from railguard.llm.formats.contents import Image, Text, ToolCall, ToolResult, Turn, turns
from railguard.llm.request import Request
from railguard.llm.responses import completion_of
from railguard.llm.wire import Mode, WireFormat, refuse_own_options
from railguard.values import Completion

__all__ = ["FORMAT", "body", "completion", "text", "url"]

_PATH = "/api/chat"
_TOP = frozenset({"tools", "format", "think", "keep_alive", "options", "logprobs", "top_logprobs"})
_NAMES = {"max_tokens": "num_predict", "max_completion_tokens": "num_predict"}


def url(base_url: str, model: str, events: bool) -> str:
    """Return the base URL plus the path of the chat; the /v1 of the OpenAI-compatible API is removed."""
    base, question, query = base_url.partition("?")
    base = base.rstrip("/").removesuffix(_PATH).removesuffix("/api").removesuffix("/v1")
    return f"{base}{_PATH}{question}{query}"


def body(model: str, request: Request, mode: Mode, events: bool) -> dict[str, Any]:
    """Return the JSON body of a request: options that are not members of the body go into `options`, where the server
    reads them.
    """
    refuse_own_options(request)
    options = dict(request.options.get("options") or {})
    options |= {_NAMES.get(name, name): value for name, value in request.options.items() if name not in _TOP}
    body: dict[str, Any] = {
        "model": model,
        "messages": [message for turn in turns(request.messages) for message in _messages(turn)],
        "stream": events,
    }
    if mode == "strict":
        body["format"] = request.schema
    elif mode == "json_object":
        body["format"] = "json"
    body |= {name: value for name, value in request.options.items() if name in _TOP}
    return body | ({"options": options} if options else {})


def completion(reply: Any) -> Completion:
    """Read the message of an answer; its thinking is not part of the answer."""
    chunk = text(reply)
    if chunk is None:
        raise ProviderError("there is no message in it")
    choice = chunk["choices"][0]
    found = completion_of({**chunk, "choices": [{**choice, "message": choice["delta"]}]})
    assert found is not None, "it has choices"
    return found


def text(event: Any) -> Any:
    """Convert an answer, whole or part of a stream, to a chat completion chunk."""
    message = event.get("message") if isinstance(event, dict) else None
    if not isinstance(message, dict):
        return None
    delta: dict[str, Any] = {"content": message.get("content") or ""}
    calls = message.get("tool_calls")
    if isinstance(calls, list) and calls:
        delta["tool_calls"] = [_call(call) for call in calls if isinstance(call, dict)]
    reason = (event.get("done_reason") or "unknown") if event.get("done") is True else None
    chunk = {"model": event.get("model"), "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    if event.get("done") is True and "eval_count" in event:
        counts = {"prompt_tokens": event.get("prompt_eval_count") or 0, "completion_tokens": event["eval_count"]}
        chunk["usage"] = counts
    return chunk


def _ends(event: Any) -> bool:
    return isinstance(event, dict) and event.get("done") is True


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = call.get("function")
    function = function if isinstance(function, dict) else {}
    arguments = json.dumps(function.get("arguments", {}), ensure_ascii=False)
    key = call.get("id") or f"{function.get('name')} {arguments}"
    return {"index": key, "function": {"name": function.get("name"), "arguments": arguments}}


def _messages(turn: Turn) -> list[dict[str, Any]]:
    results = [part for part in turn.parts if isinstance(part, ToolResult)]
    if results:
        return [{"role": "tool", "tool_name": one.name, "content": one.text} for one in results]
    message: dict[str, Any] = {"role": turn.role, "content": ""}
    for part in turn.parts:
        match part:
            case Text(text):
                message["content"] += text
            case Image(_, data, _):
                if data is None:
                    raise InputError("Ollama is sent images as data (data:image/png;base64,…), not by their URL")
                message.setdefault("images", []).append(data)
            case ToolCall(_, name, arguments):
                call = {"function": {"name": name, "arguments": arguments}}
                message.setdefault("tool_calls", []).append(call)
            case dict():
                if not isinstance(part.get("text"), str):
                    kind = str(part.get("type"))[:40]
                    raise InputError(f"a part of a message is of type {kind!r}, which Ollama's API cannot be sent")
                message["content"] += part["text"]
    return [message]


FORMAT = WireFormat(
    what="chat message",
    url=url,
    body=body,
    completion=completion,
    text=text,
    ends=_ends,
    lines=True,
    schema_member="format",
    schema_options=("format",),
    schema_refusals=("format", "grammar", "schema"),
)
"""Ollama's own chat API."""
