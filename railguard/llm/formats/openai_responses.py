"""OpenAI's Responses API.

Reference: https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

import json
from typing import Any

from railguard.errors import ProviderError
from railguard.llm.formats.contents import Image, Part, Text, ToolCall, ToolResult, Turn, turns
from railguard.llm.request import Request
from railguard.llm.responses import completion_of
from railguard.llm.wire import Mode, WireFormat, refuse_own_options
from railguard.values import Completion

__all__ = ["FORMAT", "body", "completion", "text", "url"]

_PATH = "/responses"
_LAST = ("response.completed", "response.incomplete", "response.failed")


def url(base_url: str, model: str, events: bool) -> str:
    """Return the base URL plus the path of responses, unless it has it already."""
    base, question, query = base_url.partition("?")
    base = base.rstrip("/").removesuffix(_PATH)
    return f"{base}{_PATH}{question}{query}"


def body(model: str, request: Request, mode: Mode, events: bool) -> dict[str, Any]:
    """Return the JSON body of a request: messages and tool calls are items of the input, the schema is in `text`.

    The answer is not stored by OpenAI, unless the option `store` says so.
    """
    refuse_own_options(request, "input")
    options = dict(request.options)
    for name in ("max_tokens", "max_completion_tokens"):
        if name in options:
            options["max_output_tokens"] = options.pop(name)
    body: dict[str, Any] = {
        "model": model,
        "input": [item for turn in turns(request.messages) for item in _items(turn)],
        "store": False,
    }
    form: dict[str, Any] | None = None
    if mode == "strict":
        form = {"type": "json_schema", "name": "answer", "schema": request.schema, "strict": True}
    elif mode == "json_object":
        form = {"type": "json_object"}
    if form is not None:
        own = options.pop("text", None)
        body["text"] = {"format": form, **(own if isinstance(own, dict) else {})}
    if events:
        body["stream"] = True
    return body | options


def completion(reply: Any) -> Completion:
    """Read the messages of a response, or its function call; reasoning is not part of the answer."""
    found = completion_of(reply) if isinstance(reply, dict) and reply.get("object") == "response" else None
    if found is None:
        raise ProviderError("it is not a response object with output")
    return found


def text(event: Any) -> Any:
    """Read an event of a response stream. Unknown types are ignored."""
    kind = event.get("type") if isinstance(event, dict) else None
    if not isinstance(kind, str):
        return None
    if kind == "response.failed":
        response = event.get("response")
        error = response.get("error") if isinstance(response, dict) else None
        return {"type": "error", "error": error or {"message": "the response failed"}}
    return event if kind.startswith("response.") else {"type": "ping"}


def _ends(event: Any) -> bool:
    return event == "[DONE]" or (isinstance(event, dict) and event.get("type") in _LAST)


def _items(turn: Turn) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    said: list[Part] = []
    for part in turn.parts:
        match part:
            case ToolCall(id, name, arguments):
                written = json.dumps(arguments, ensure_ascii=False)
                items.append({"type": "function_call", "call_id": id, "name": name, "arguments": written})
            case ToolResult(id, _, text):
                items.append({"type": "function_call_output", "call_id": id, "output": text})
            case _:
                said.append(part)
    if len(said) == 1 and isinstance(said[0], Text):
        return [{"role": turn.role, "content": said[0].text}, *items]
    content = [_part(part, "output_text" if turn.role == "assistant" else "input_text") for part in said]
    return [*([{"role": turn.role, "content": content}] if content else []), *items]


def _part(part: Part, kind: str) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"type": kind, "text": text}
        case Image(media_type, data, url):
            return {"type": "input_image", "image_url": url or f"data:{media_type};base64,{data}"}
        case dict() if part.get("type") == "text":
            return {**part, "type": kind}
        case dict():
            return part
    raise AssertionError("tool calls and their results are items of their own")  # pragma: no cover


FORMAT = WireFormat(
    what="response",
    url=url,
    body=body,
    completion=completion,
    text=text,
    ends=_ends,
    schema_member="text",
    schema_options=(),
    schema_refusals=("text.format", "response_format", "json_schema", "json schema", "structured output"),
)
"""OpenAI's Responses API."""
