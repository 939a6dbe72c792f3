"""Anthropic's Messages API.

Reference: https://docs.anthropic.com/en/api/messages
"""

from __future__ import annotations

from typing import Any

from railguard.errors import ProviderError
from railguard.llm.formats.contents import Image, Part, Text, ToolCall, ToolResult, Turn, turns
from railguard.llm.request import Request
from railguard.llm.responses import completion_of
from railguard.llm.wire import Mode, WireFormat, refuse_own_options
from railguard.values import Completion

__all__ = ["FORMAT", "MAX_TOKENS", "body", "completion", "text", "url"]

MAX_TOKENS = 16_384
"""Largest number of answer tokens if the caller sets none: the API requires a number."""

_PATH = "/messages"
_EVENTS = frozenset(
    (
        *("message_start", "message_delta", "message_stop"),
        *("content_block_start", "content_block_delta", "content_block_stop", "ping"),
    )
)


def url(base_url: str, model: str, events: bool) -> str:
    """Return the base URL, with or without /v1, plus the path of messages."""
    base, question, query = base_url.partition("?")
    base = base.rstrip("/").removesuffix(_PATH)
    return f"{base if base.endswith('/v1') else base + '/v1'}{_PATH}{question}{query}"


def body(model: str, request: Request, mode: Mode, events: bool) -> dict[str, Any]:
    """Return the JSON body of a request: system messages are a separate member, the schema is in `output_config`."""
    refuse_own_options(request, "system")
    options = dict(request.options)
    if "stop" in options:
        stop = options.pop("stop")
        options["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    conversation = list(turns(request.messages))
    system = [turn for turn in conversation if turn.role == "system"]
    spoken = [turn for turn in conversation if turn.role != "system"]
    if not spoken:  # a conversation of system messages only: the API requires a message
        system, spoken = [], [Turn("user", turn.parts) for turn in system]
    body: dict[str, Any] = {"model": model, "max_tokens": MAX_TOKENS}
    if system:
        body["system"] = _system(system)
    body["messages"] = [{"role": turn.role, "content": _content(turn)} for turn in spoken]
    if mode == "strict":
        own = options.pop("output_config", None)
        body["output_config"] = {
            **(own if isinstance(own, dict) else {}),
            "format": {"type": "json_schema", "schema": request.schema},
        }
    if events:
        body["stream"] = True
    return body | options


def completion(reply: Any) -> Completion:
    """Read the text of a message, or its tool call; thinking is not part of the answer."""
    found = completion_of(reply) if isinstance(reply, dict) and reply.get("type") == "message" else None
    if found is None:
        raise ProviderError("it is not a message")
    return found


def text(event: Any) -> Any:
    """Read an event of a message stream. Events of an unknown type are ignored, as the API requires."""
    if not isinstance(event, dict) or not isinstance(event.get("type"), str):
        return None
    return event if event["type"] in _EVENTS else {"type": "ping"}


def _ends(event: Any) -> bool:
    return isinstance(event, dict) and event.get("type") == "message_stop"


def _system(system: list[Turn]) -> Any:
    parts = [part for turn in system for part in turn.parts]
    if all(isinstance(part, Text) for part in parts):
        return "\n\n".join(turn.text for turn in system)
    return [_part(part) for part in parts]


def _content(turn: Turn) -> Any:
    if len(turn.parts) == 1 and isinstance(turn.parts[0], Text):
        return turn.parts[0].text
    return [_part(part) for part in turn.parts]


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"type": "text", "text": text}
        case Image(media_type, data, url):
            inline = {"type": "base64", "media_type": media_type, "data": data}
            return {"type": "image", "source": inline if data is not None else {"type": "url", "url": url}}
        case ToolCall(id, name, arguments):
            return {"type": "tool_use", "id": id, "name": name, "input": arguments}
        case ToolResult(id, _, text):
            return {"type": "tool_result", "tool_use_id": id, "content": text}
    return part


FORMAT = WireFormat(
    what="message",
    url=url,
    body=body,
    completion=completion,
    text=text,
    ends=_ends,
    schema_member="output_config",
    schema_options=("output_format",),
    schema_refusals=(
        *("output_config", "output_format", "json_schema", "structured output", "schema is too complex"),
        *("compiled grammar", "grammar is too large"),
    ),
)
"""Anthropic's Messages API."""
