"""Google's Gemini API (generateContent).

Reference: https://ai.google.dev/api/generate-content
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from railguard.errors import InputError, ProviderError
from railguard.llm.formats.contents import Image, Part, Text, ToolCall, ToolResult, Turn, turns
from railguard.llm.request import Request
from railguard.llm.responses import completion_of
from railguard.llm.wire import Mode, WireFormat, refuse_own_options
from railguard.values import Completion

__all__ = ["FORMAT", "body", "completion", "text", "url"]

_TOP = frozenset(
    {"tools", "toolConfig", "safetySettings", "cachedContent", "labels", "generationConfig", "serviceTier", "store"}
)
_NAMES = {
    "max_tokens": "maxOutputTokens",
    "max_output_tokens": "maxOutputTokens",
    "max_completion_tokens": "maxOutputTokens",
    "top_p": "topP",
    "top_k": "topK",
    "stop": "stopSequences",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "n": "candidateCount",
}
_FINISH = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(
        ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "IMAGE_SAFETY", "LANGUAGE"),
        "content_filter",
    ),
}


def url(base_url: str, model: str, events: bool) -> str:
    """Return the base URL, with or without its version, plus the model and the method; a stream is sent as server-sent
    events.
    """
    base, _, query = base_url.partition("?")
    base = base.rstrip("/")
    if not base.rsplit("/", 1)[-1].startswith("v1"):
        base += "/v1beta"
    name = quote(model, safe="/") if "/" in model else f"models/{quote(model, safe='')}"
    asked = ["alt=sse"] * events + [query] * bool(query)
    return f"{base}/{name}:{'streamGenerateContent' if events else 'generateContent'}" + (
        f"?{'&'.join(asked)}" if asked else ""
    )


def body(model: str, request: Request, mode: Mode, events: bool) -> dict[str, Any]:
    """Return the JSON body of a request: the roles are user and model, system messages become an instruction, options
    go into the generationConfig under Gemini's names.
    """
    refuse_own_options(request, "contents", "systemInstruction")
    conversation = list(turns(request.messages))
    system = [turn for turn in conversation if turn.role == "system"]
    spoken = [turn for turn in conversation if turn.role != "system"]
    if not spoken:
        system, spoken = [], [Turn("user", turn.parts) for turn in system]
    body: dict[str, Any] = {}
    if system:
        body["systemInstruction"] = {"parts": [_part(part) for turn in system for part in turn.parts]}
    body["contents"] = [
        {"role": "model" if turn.role == "assistant" else "user", "parts": [_part(part) for part in turn.parts]}
        for turn in spoken
    ]
    config = dict(request.options.get("generationConfig") or {})
    for name, value in request.options.items():
        if name in _TOP:
            if name != "generationConfig":
                body[name] = value
        else:
            config[_NAMES.get(name, name)] = [value] if name == "stop" and isinstance(value, str) else value
    if mode == "strict":
        config |= {"responseMimeType": "application/json", "responseJsonSchema": request.schema}
    elif mode == "json_object":
        config["responseMimeType"] = "application/json"
    if config:
        body["generationConfig"] = config
    return body


def completion(reply: Any) -> Completion:
    """Read the first candidate: its texts without thoughts, or its function call."""
    chunk = text(reply)
    if chunk is None or not chunk["choices"]:
        raise ProviderError("there are no candidates in it")
    choice = chunk["choices"][0]
    found = completion_of({**chunk, "choices": [{**choice, "message": choice["delta"]}]})
    assert found is not None, "it has choices"
    return found


def text(event: Any) -> Any:
    """Convert a response, whole or part of a stream, to a chat completion chunk."""
    if not isinstance(event, dict):
        return None
    candidates = event.get("candidates", [])
    feedback = event.get("promptFeedback")
    blocked = feedback.get("blockReason") if isinstance(feedback, dict) else None
    if not isinstance(candidates, list) or not all(isinstance(one, dict) for one in candidates):
        return None
    if not (candidates or blocked or "usageMetadata" in event or "modelVersion" in event):
        return None
    choices = [_choice(one) for one in candidates if one.get("index", 0) == 0]
    if blocked and not choices:
        choices = [{"index": 0, "delta": {"content": ""}, "finish_reason": "content_filter"}]
    chunk = {"model": event.get("modelVersion"), "choices": choices}
    usage = event.get("usageMetadata")
    return chunk | ({"usage": _usage(usage)} if isinstance(usage, dict) else {})


def _choice(candidate: dict[str, Any]) -> dict[str, Any]:
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    texts, calls = [], []
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict) or part.get("thought"):
            continue
        if isinstance(part.get("text"), str):
            texts.append(part["text"])
        call = part.get("functionCall")
        if isinstance(call, dict):
            arguments = json.dumps(call.get("args", {}), ensure_ascii=False)
            key = call.get("id") or f"{call.get('name')} {arguments}"
            calls.append({"index": key, "function": {"name": call.get("name"), "arguments": arguments}})
    reason = candidate.get("finishReason")
    delta: dict[str, Any] = {"content": "".join(texts)}
    if calls:
        delta["tool_calls"] = calls
    return {"index": 0, "delta": delta, "finish_reason": _FINISH.get(reason, "unknown") if reason else None}


def _usage(usage: dict[str, Any]) -> dict[str, Any]:
    def count(name: str) -> int:
        value = usage.get(name)
        return value if isinstance(value, int) else 0

    return {
        "prompt_tokens": count("promptTokenCount") + count("toolUsePromptTokenCount"),
        "completion_tokens": count("candidatesTokenCount") + count("thoughtsTokenCount"),
        "prompt_tokens_details": {"cached_tokens": count("cachedContentTokenCount")},
    }


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Text(text):
            return {"text": text}
        case Image(media_type, data, url):
            if data is None:
                return {"fileData": {"fileUri": url}}
            return {"inlineData": {"mimeType": media_type, "data": data}}
        case ToolCall(_, name, arguments):
            return {"functionCall": {"name": name, "args": arguments}}
        case ToolResult(_, name, text):
            return {"functionResponse": {"name": name, "response": {"result": text}}}
    if "type" in part:
        if isinstance(part.get("text"), str):
            return {"text": part["text"]}  # the other members belong to another provider
        raise InputError(
            f"a part of a message is of type {str(part['type'])[:40]!r}, which Gemini's API cannot be sent"
        )
    return part


FORMAT = WireFormat(
    what="response with candidates",
    url=url,
    body=body,
    completion=completion,
    text=text,
    ends=lambda event: False,  # the stream ends when the connection does, after a finish reason
    schema_member="responseJsonSchema",
    schema_options=("responseSchema", "responseJsonSchema", "responseMimeType"),
    schema_refusals=("responsejsonschema", "response_json_schema", "responseschema", "response_schema", "json mode"),
)
"""Google's Gemini API."""
