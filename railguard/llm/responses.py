"""Converts the result of a model's SDK, HTTP body or function to a Completion, without importing any SDK.

Shapes are recognized by their members, never by their classes, and dicts and objects are read alike. A known shape
without an answer is the provider's fault (ProviderError); an unknown shape is the caller's (InputError).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from railguard.errors import InputError, ProviderError
from railguard.values import Completion, FinishReason, Usage

__all__ = [
    "ACCEPTED",
    "answers_to_every_name",
    "completion_of",
    "decode",
    "finish_reason_of",
    "items",
    "joined",
    "member",
    "parsed",
    "parts_of",
    "text_member",
    "usage_of",
]

ACCEPTED = (
    "text, a response of the OpenAI, Anthropic, Google or LiteLLM SDK (or its dict), a LangChain message, "
    "an iterator of text pieces or SDK chunks, or an SDK's stream manager"
)
"""The types that a callable model may return, for messages."""

_FINISH: dict[str, FinishReason] = {
    # OpenAI, Azure, Mistral, Groq, vLLM, llama.cpp, Ollama
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "model_length": "length",
    "limit": "length",
    "eos": "stop",
    "word": "stop",
    # Anthropic
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "refusal",
    # OpenAI Responses
    "completed": "stop",
    "max_output_tokens": "length",
    # Gemini, as LangChain returns it
    "safety": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "prohibited_content": "content_filter",
    "spii": "content_filter",
}


def completion_of(answer: Any) -> Completion | None:
    """Return the Completion of a whole answer, or None if its shape is unknown (it may still be a stream).

    Raises ProviderError if the shape is known but contains no answer.
    """
    if isinstance(answer, Completion):
        return answer
    if isinstance(answer, str):
        return Completion(str(answer))
    if isinstance(answer, (bytes, bytearray)):
        return Completion(decode(bytes(answer)))
    if answer is None or isinstance(answer, (int, float, list, tuple)):
        return None
    if _is_list(member(answer, "choices")):
        return _chat(answer)
    if member(answer, "object") == "response" and _is_list(member(answer, "output")):
        return _responses(answer)
    content = member(answer, "content")
    if member(answer, "type") == "message" and _is_list(content):
        return _anthropic(answer, content)
    if isinstance(member(answer, "response_metadata"), Mapping) and (isinstance(content, str) or _is_list(content)):
        return _langchain(answer, content)
    if member(answer, "role") == "assistant" and (content is None or isinstance(content, str) or _is_list(content)):
        return _message(answer)
    return None


def parsed(answer: Any) -> Any:
    """Return the parsed content of an SDK's raw response (`with_raw_response`), possibly an awaitable; else `answer`
    itself.
    """
    if callable(getattr(type(answer), "parse", None)) and hasattr(answer, "http_response"):
        return answer.parse()
    return answer


def answers_to_every_name(value: Any) -> bool:
    """Whether an object seems to have every attribute, as mocks and remote proxies do: its shape then proves nothing."""
    return hasattr(value, "_a_member_that_no_response_has")


def member(value: Any, name: str) -> Any:
    """Return a member of a mapping or an object, or None if it has none of that name."""
    if isinstance(value, Mapping):
        return value.get(name)
    return getattr(value, name, None)


def text_member(value: Any, name: str) -> str | None:
    """Return a member that is a text and not empty, or None."""
    found = member(value, name)
    return str(found) if isinstance(found, str) and found else None


def items(value: Any) -> Sequence[Any]:
    """Return a list's items; an empty sequence for anything else."""
    return value if _is_list(value) else ()


def parts_of(content: Any) -> tuple[str, str | None]:
    """Return the text and the refusal in a message's content: a text or a list of parts. Raises ProviderError for
    anything else.
    """
    if content is None:
        return "", None
    if isinstance(content, str):
        return str(content), None
    if not _is_list(content):
        raise ProviderError(
            f"the answer's content is {type(content).__name__}, which is neither text nor a list of parts"
        )
    texts, refusals = [], []
    for part in content:
        if isinstance(part, str):
            texts.append(part)
            continue
        kind, text = member(part, "type"), member(part, "text")
        if kind in ("text", "output_text") and isinstance(text, str):
            texts.append(text)
        elif kind == "refusal":
            refusals.append(text_member(part, "refusal") or "")
    return "".join(texts), "\n".join(refusals) or None


def decode(body: bytes) -> str:
    """Decode strict UTF-8; a leading byte order mark is dropped. Raises ProviderError with the offset of the wrong
    byte.
    """
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        offset, reason = error.start, error.reason
    raise ProviderError(f"the answer is not UTF-8: {reason} at byte {offset} of {len(body)}")


def finish_reason_of(reason: Any) -> FinishReason:
    """Convert a provider's finish reason to railguard's; "unknown" for an unknown one."""
    return _FINISH.get(reason.lower(), "unknown") if isinstance(reason, str) else "unknown"


def usage_of(usage: Any) -> Usage | None:
    """Read token counts under OpenAI's names (prompt_tokens, …) or the other APIs' (input_tokens, …); None if there are
    none.

    Anthropic counts cached tokens separately from `input_tokens`; here they are part of the input.
    """
    if usage is None:
        return None
    prompt, completion = member(usage, "prompt_tokens"), member(usage, "completion_tokens")
    if isinstance(prompt, int) or isinstance(completion, int):
        details = member(usage, "prompt_tokens_details")
        return Usage(_count(prompt), _count(completion), _count(member(details, "cached_tokens")))
    read, written = member(usage, "input_tokens"), member(usage, "output_tokens")
    if not isinstance(read, int) and not isinstance(written, int):
        return None
    cache_read = member(usage, "cache_read_input_tokens")
    if isinstance(cache_read, int):
        cached = _count(cache_read)
        return Usage(
            _count(read) + cached + _count(member(usage, "cache_creation_input_tokens")), _count(written), cached
        )
    openai = member(member(usage, "input_tokens_details"), "cached_tokens")
    langchain = member(member(usage, "input_token_details"), "cache_read")
    return Usage(_count(read), _count(written), _count(openai if openai is not None else langchain))


def _chat(answer: Any) -> Completion:
    """Read an OpenAI chat completion, or one of a compatible API (LiteLLM, vLLM, llama.cpp, Groq, …)."""
    choices = member(answer, "choices")
    if not choices:
        raise ProviderError(f"the answer has no choice in it{_said(answer)}")
    choice = choices[0]
    message, usage = member(choice, "message"), usage_of(member(answer, "usage"))
    reason = member(choice, "finish_reason")
    if message is None:
        text = member(choice, "text")  # the older completions endpoint
        if not isinstance(text, str):
            raise ProviderError("the answer's first choice has no message in it")
        return _made(answer, text, None, reason, usage)
    completion = _message(message)
    return _made(answer, completion.text, completion.refusal, reason, usage, completion.calls)


def _message(message: Any) -> Completion:
    """Read an assistant message in OpenAI's form: text or parts, a refusal, or tool calls."""
    text, refused = parts_of(member(message, "content"))
    refusal = text_member(message, "refusal") or refused
    calls = [_openai_call(call) for call in items(member(message, "tool_calls"))]
    function = member(message, "function_call")
    if text_member(function, "name") is not None and not calls:
        calls = [(member(function, "name"), member(function, "arguments"))]
    calls = calls or _tool_uses(member(message, "content"))
    return _made(None, text, refusal, None, None, _arguments(calls))


def _openai_call(call: Any) -> tuple[Any, Any]:
    function, custom = member(call, "function"), member(call, "custom")
    if function is None and custom is not None:  # a tool whose input is free text
        return member(custom, "name"), member(custom, "input")
    return member(function, "name"), member(function, "arguments")


def _responses(answer: Any) -> Completion:
    """Read a response of OpenAI's Responses API; its messages and function calls are the answer."""
    status = member(answer, "status")
    if status in ("failed", "cancelled"):
        raise ProviderError(f"the response {status}{_said(answer)}")
    if status in ("queued", "in_progress"):
        raise ProviderError(f"the response is still {status}: ask in the foreground, or poll it before returning it")
    texts, refusals, calls = [], [], []
    for item in member(answer, "output"):
        if member(item, "type") == "message":
            text, refused = parts_of(member(item, "content"))
            texts.append(text)
            if refused:
                refusals.append(refused)
        elif member(item, "type") == "function_call":
            calls.append((member(item, "name"), member(item, "arguments")))
    reason = member(member(answer, "incomplete_details"), "reason") or status
    usage = usage_of(member(answer, "usage"))
    return _made(answer, "".join(texts), "\n".join(refusals) or None, reason, usage, _arguments(calls))


def _anthropic(answer: Any, content: Sequence[Any]) -> Completion:
    """Read Anthropic's Message: blocks of text (thinking is not part of the answer), tool calls, or stop_reason
    "refusal".
    """
    text, _ = parts_of(content)
    calls = _tool_uses(content)
    reason = member(answer, "stop_reason")
    refusal = None
    if reason == "refusal":
        refusal = (
            text_member(member(answer, "stop_details"), "explanation")
            or text
            or "the model refused without giving a reason"
        )
    return _made(answer, text, refusal, reason, usage_of(member(answer, "usage")), _arguments(calls))


def _tool_uses(content: Any) -> list[tuple[Any, Any]]:
    """The tool calls among the blocks of a message's content."""
    blocks = content if _is_list(content) else ()
    return [(member(b, "name"), member(b, "input")) for b in blocks if member(b, "type") == "tool_use"]


def _langchain(answer: Any, content: Any) -> Completion:
    """Read LangChain's AIMessage: its content may have any provider's form; its metadata has LangChain's names."""
    text, refusal = parts_of(content)
    metadata = member(answer, "response_metadata")
    refusal = text_member(member(answer, "additional_kwargs"), "refusal") or refusal
    reason = next((r for key in ("finish_reason", "stop_reason", "done_reason") if (r := member(metadata, key))), None)
    if reason == "refusal" and not refusal:
        refusal = text or "the model refused without giving a reason"
    calls = [(member(call, "name"), member(call, "args")) for call in items(member(answer, "tool_calls"))]
    usage = usage_of(member(answer, "usage_metadata"))
    model = member(metadata, "model_name") or member(metadata, "model")
    return _made({"model": model}, text, refusal, reason, usage, _arguments(calls))


def _made(
    answer: Any, text: str, refusal: str | None, reason: Any, usage: Usage | None, calls: Sequence[str] = ()
) -> Completion:
    if calls and not refusal:
        text = calls[0] if len(calls) == 1 else joined(calls)
    return Completion(
        text,
        "refusal" if refusal else finish_reason_of(reason),
        refusal,
        usage,
        text_member(answer, "model"),
        calls=tuple(calls) if len(calls) > 1 and not refusal else (),
    )


def joined(calls: Sequence[str]) -> str:
    """Join the arguments of several tool calls to one JSON list; a call without arguments becomes an empty object."""
    return f"[{', '.join(call.strip() or '{}' for call in calls)}]"


def _arguments(calls: list[tuple[Any, Any]]) -> list[str]:
    """Return the arguments of tool calls, each as JSON text. Raises InputError for values that JSON cannot express."""
    texts = []
    for name, arguments in calls:
        if isinstance(arguments, str):
            texts.append(str(arguments))
            continue
        try:
            texts.append(json.dumps(arguments, ensure_ascii=False))
        except (TypeError, ValueError) as error:
            raise InputError(f"the arguments of tool call {name!r} are not JSON: {error}") from error
    return texts


def _said(answer: Any) -> str:
    """Return the provider's error message in a body that should have been an answer."""
    message = member(member(answer, "error"), "message")
    return f": {message[:500]}" if isinstance(message, str) else ""


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
