"""Parses requests: strict JSON, and the guard, messages and options of a chat completion.

Raises `Refused` with everything that an error response needs. A request may set only listed members: nothing from the
network can change a model's address, its key or the budgets of a call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isinf
from typing import Any

from starlette.requests import Request

from railguard import Message

__all__ = ["ChatRequest", "Refused", "read_chat", "read_messages", "read_object", "request_member"]

PREFIX = "guard:"
HEADER = "x-railguard-guard"

_TO_THE_MODEL = frozenset(
    {
        *("frequency_penalty", "logit_bias", "max_completion_tokens", "max_tokens", "min_p", "parallel_tool_calls"),
        *(
            "presence_penalty",
            "prompt_cache_key",
            "reasoning_effort",
            "repetition_penalty",
            "safety_identifier",
            "seed",
        ),
        *(
            "service_tier",
            "stop",
            "store",
            "temperature",
            "tool_choice",
            "tools",
            "top_k",
            "top_p",
            "user",
            "verbosity",
        ),
    }
)
"""Members that are passed to the model unchanged."""

_OWN = frozenset({"messages", "model", "n", "railguard", "response_format", "stream", "stream_options"})


class Refused(Exception):
    """A request that cannot be served, with the status, code and message of the response."""

    def __init__(self, status: int, message: str, code: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.param = status, message, code, param


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A parsed request for a chat completion.

    Attributes:
        guard: The name of the guard.
        messages: The conversation; None to use the spec's messages.
        variables: The variables of the spec's messages.
        metadata: Metadata for validators.
        options: Options of the model.
        stream: Whether to answer with server-sent events.
        include_usage: Whether a stream ends with its token usage.
        function: The one function that the model may call, or None.
    """

    guard: str
    messages: list[Message] | None
    variables: Mapping[str, Any] | None
    metadata: Mapping[str, Any]
    options: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = False
    include_usage: bool = False
    function: str | None = None


async def read_object(request: Request) -> dict[str, Any]:
    """Read the JSON object in a request's body. Raises Refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":  # a content type that a browser sends to other origins without asking is refused
        raise Refused(415, "the body is JSON, with the header Content-Type: application/json", "unsupported_media_type")
    body = await request.body()
    try:
        plain = json.loads(body.decode("utf-8"), parse_constant=_no_number, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise Refused(400, f"the body is not UTF-8, from byte {error.start} on", "invalid_json") from None
    except (ValueError, RecursionError) as error:
        words = str(error) if isinstance(error, json.JSONDecodeError) else "a number or a nesting that is too large"
        raise Refused(400, f"the body cannot be read as JSON: {words}", "invalid_json") from None
    if not isinstance(plain, dict):
        raise Refused(400, "the body is a JSON object", "invalid_json")
    return plain


def request_member(plain: Mapping[str, Any], name: str, kind: type, what: str) -> Any:
    """Return a member of a request, or None if it is missing or null. Raises Refused if it has another type."""
    value = plain.get(name)
    if value is not None and (not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))):
        raise Refused(400, f"{name} is {what}", "invalid_type", param=name)
    return value


def read_chat(plain: Mapping[str, Any], header: str | None) -> ChatRequest:
    """Parse a request in the form of OpenAI's chat completions.

    Args:
        plain: The body of the request.
        header: The guard that its headers name, if any.

    Raises:
        Refused: If the request is not valid or not supported.
    """
    for name in plain:
        if name not in _TO_THE_MODEL and name not in _OWN:
            raise Refused(400, _unknown(name), "unknown_parameter", param=name[:100])
    own = request_member(plain, "railguard", dict, 'an object, as {"variables": {…}, "metadata": {…}}') or {}
    for name in own:
        if name not in ("variables", "metadata"):
            words = f"railguard has no {name[:100]!r}; it may have variables and metadata"
            raise Refused(400, words, "unknown_parameter", param="railguard")
    if plain.get("n") not in (None, 1):
        raise Refused(400, "n is 1: a guard gives one output", "unsupported_value", param="n")
    stream = request_member(plain, "stream", bool, "true or false") or False
    options = request_member(plain, "stream_options", dict, "an object") or {}
    variables = request_member(own, "variables", dict, "an object, each value by its name")
    messages = read_messages(plain.get("messages"))
    return ChatRequest(
        guard=_guard(plain, header),
        messages=None if variables is not None or not messages else messages,
        variables=variables,
        metadata=request_member(own, "metadata", dict, "an object") or {},
        options={name: plain[name] for name in sorted(_TO_THE_MODEL & plain.keys()) if plain[name] is not None},
        stream=stream,
        include_usage=options.get("include_usage") is True,
        function=_function(plain),
    )


def _guard(plain: Mapping[str, Any], header: str | None) -> str:
    model = request_member(plain, "model", str, 'a text, as "guard:NAME"')
    named = model.removeprefix(PREFIX) if model is not None and model.startswith(PREFIX) else None
    if header is not None and named is not None and header != named:
        raise Refused(400, f"model and the header {HEADER} name different guards", "invalid_value", param="model")
    found = header if header is not None else named
    if found is None:
        words = f'name a guard: model is "guard:NAME", or the header {HEADER} is NAME; GET /v1/models lists them'
        raise Refused(404, words, "model_not_found", param="model")
    return found


def read_messages(given: Any) -> list[Message] | None:
    """Read a conversation, or return None if there is none. Raises Refused if it is not a list of messages."""
    if given is None:
        return None
    if not isinstance(given, list):
        raise Refused(400, "messages is a list", "invalid_type", param="messages")
    for at, message in enumerate(given):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            words = f'messages[{at}] is an object with a role and content, as {{"role": "user", "content": "…"}}'
            raise Refused(400, words, "invalid_type", param=f"messages[{at}]")
        content = message.get("content")
        if not (content is None or isinstance(content, (str, list))):
            words = f"the content of messages[{at}] is a text or a list of parts"
            raise Refused(400, words, "invalid_type", param=f"messages[{at}].content")
    return given


def _function(plain: Mapping[str, Any]) -> str | None:
    """Return the function that the model may call. Raises Refused if there are several."""
    tools, choice = plain.get("tools"), plain.get("tool_choice")
    if not tools or choice == "none":
        return None
    if not isinstance(tools, list):
        raise Refused(400, "tools is a list", "invalid_type", param="tools")
    names = [_name(tool) for tool in tools]
    chosen = _name(choice)
    if chosen is not None and chosen in names:
        return chosen
    if len(names) != 1 or names[0] is None:
        words = "a guard checks one kind of answer, so the model may call one function: give one tool, or name one in tool_choice"
        raise Refused(400, words, "unsupported_value", param="tools")
    return names[0]


def _name(tool: Any) -> str | None:
    function = tool.get("function") if isinstance(tool, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) else None


def _unknown(name: str) -> str:
    if name == "metadata":
        return 'metadata is for validators here: {"railguard": {"metadata": {…}}}'
    known: Sequence[str] = sorted(_TO_THE_MODEL | _OWN)
    return f"the parameter {name[:100]!r} is not supported; supported are {', '.join(known)}"


def _no_number(name: str) -> None:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise ValueError(digits)
    return number
