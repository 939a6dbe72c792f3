"""OpenAI's chat completions API, and every server that is compatible with it.

Reference: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

from typing import Any

from railguard.errors import ProviderError
from railguard.llm.request import Request
from railguard.llm.responses import completion_of
from railguard.llm.wire import Mode, WireFormat, refuse_own_options
from railguard.values import Completion

__all__ = ["FORMAT", "body", "completion", "text", "url"]

_PATH = "/chat/completions"


def url(base_url: str, model: str, events: bool) -> str:
    """Return the base URL plus the path of chat completions, unless it has it already; its query is kept."""
    base, question, query = base_url.partition("?")
    base = base.rstrip("/").removesuffix(_PATH)
    return f"{base}{_PATH}{question}{query}"


def body(model: str, request: Request, mode: Mode, events: bool) -> dict[str, Any]:
    """Return the JSON body of a request. Messages and options go into it unchanged."""
    refuse_own_options(request)
    body: dict[str, Any] = {"model": model, "messages": list(request.messages)}
    if mode == "strict":
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": request.schema, "strict": True},
        }
    elif mode == "json_object":
        body["response_format"] = {"type": "json_object"}
    if events:
        body |= {"stream": True, "stream_options": {"include_usage": True}}
    body |= request.options
    if body.get("stream_options", ...) is None:
        del body["stream_options"]
    return body


def completion(reply: Any) -> Completion:
    """Read the first choice of a chat completion."""
    found = completion_of(reply) if isinstance(reply, dict) and "choices" in reply else None
    if found is None:
        raise ProviderError("there are no choices in it")
    return found


def text(event: Any) -> Any:
    """Read a chat completion chunk; the last one may have usage and no choices."""
    if not isinstance(event, dict) or not isinstance(event.get("choices", []), list):
        return None
    return {"choices": [], **event}


def _ends(event: Any) -> bool:
    return isinstance(event, str) and event == "[DONE]"


FORMAT = WireFormat(
    what="chat completion",
    url=url,
    body=body,
    completion=completion,
    text=text,
    ends=_ends,
    schema_member="response_format",
    schema_options=("response_format",),
    schema_refusals=(
        *("response_format", "response format", "json_schema", "json schema", "structured output"),
        *("grammar", "pattern must start"),  # llama.cpp's words for a schema that it cannot convert to a grammar
    ),
    optional={"stream_options": ("stream_options",)},
)
"""OpenAI's chat completions."""
