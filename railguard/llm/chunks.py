"""Joins the pieces of a streamed answer into a Completion: text pieces, and the chunks and events of every supported
SDK.

`feed` takes one piece and returns the text that it adds. Shapes are recognized by their members, as in responses.py.
The streaming helpers of SDKs add events that repeat the provider's own chunks; these are used only if the chunks are
missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from railguard.errors import InputError, ProviderError
from railguard.llm.google import chunk_of
from railguard.llm.responses import (
    completion_of,
    finish_reason_of,
    items,
    joined,
    member,
    parts_of,
    text_member,
    usage_of,
)
from railguard.values import Completion, FinishReason, Usage

__all__ = ["MAX_TEXT", "Pieces"]

MAX_TEXT = 16 * 1024 * 1024
"""Largest length of a stream in characters; a longer one is aborted, like an HTTP body of that many bytes."""


class Pieces:
    """An answer that is still arriving. It is mutable, and belongs to the one call that reads it."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._refusals: list[str] = []
        self._calls: dict[Any, list[str]] = {}
        self._size = 0
        self._reason: Any = None
        self._usage: Usage | None = None
        self._model: str | None = None
        self._whole: Completion | None = None
        self._own = False  # whether a chunk or event of the provider has come, not only one of a helper
        self._known = False
        self._strange = ""

    @property
    def strange(self) -> str:
        """The type name of the first piece, if pieces came and no piece had a known type; else ""."""
        return "" if self._known else self._strange

    def feed(self, piece: Any) -> str:
        """Take one piece and return the part of the answer that it adds: text, or the arguments of a tool call.

        Returns "" for a role, for usage and for thinking.

        Raises InputError for a piece of no known shape, ProviderError for an error inside the stream or one too long.
        """
        kind = member(piece, "type")
        choices = member(piece, "choices")
        if isinstance(piece, str):
            self._known = True
            return self._text(str(piece))
        if isinstance(piece, Completion):
            self._known, self._whole = True, piece
            return ""
        if isinstance(choices, (list, tuple)):
            return self._openai(piece, choices)
        if kind == "error":
            error = member(piece, "error") or piece
            raise ProviderError(f"the stream ended in an error: {str(member(error, 'message') or error)[:500]}")
        if isinstance(member(piece, "response_metadata"), Mapping):
            return self._langchain(piece)
        if isinstance(kind, str):
            return self._event(piece, kind)
        if (chunk := chunk_of(piece)) is not None:
            self._known = True
            return self._openai(chunk, chunk["choices"])
        raise InputError(f"the model's stream gave a {_kind(piece)}; accepted are text pieces and SDK chunks")

    @property
    def ended(self) -> bool:
        """Whether the model has said why it stopped, which means that all of its text has come."""
        return self._whole is not None or isinstance(self._reason, str)

    def completion(self) -> Completion:
        """Return everything that was fed as one answer."""
        if self._whole is not None:
            return self._whole
        text, refusal = "".join(self._texts), "".join(self._refusals) or None
        reason: FinishReason = finish_reason_of(self._reason)
        if reason == "refusal" and not refusal:
            refusal = text or "the model refused without giving a reason"
        calls = tuple("".join(pieces) for pieces in self._calls.values()) if not refusal else ()
        if calls:
            text = calls[0] if len(calls) == 1 else joined(calls)
        several = calls if len(calls) > 1 else ()
        return Completion(text, "refusal" if refusal else reason, refusal, self._usage, self._model, calls=several)

    def _text(self, text: str) -> str:
        if text:
            self._count(text)
            self._texts.append(text)
        return text

    def _call(self, key: Any, arguments: Any) -> str:
        pieces = self._calls.setdefault(key, [])
        if not isinstance(arguments, str):
            return ""
        self._count(arguments)
        pieces.append(arguments)
        return arguments if len(self._calls) == 1 else ""

    def _refused(self, text: Any) -> None:
        if isinstance(text, str) and text:
            self._count(text)
            self._refusals.append(text)

    def _count(self, text: str) -> None:
        self._size += len(text)
        if self._size > MAX_TEXT:
            raise ProviderError(f"the model's stream is longer than {MAX_TEXT:,} characters; it was given up")

    def _openai(self, chunk: Any, choices: Any) -> str:
        self._known = True
        self._model = text_member(chunk, "model") or self._model
        self._usage = usage_of(member(chunk, "usage")) or self._usage
        added = ""
        # The last chunk may have usage and no choices. If there are several choices, only the first is the answer.
        for choice in (c for c in choices if (member(c, "index") or 0) == 0):
            self._reason = member(choice, "finish_reason") or self._reason
            delta = member(choice, "delta")
            text, refused = parts_of(member(delta, "content"))  # Mistral's thinking models send a list of parts
            added += self._text(text)
            self._refused(refused)
            self._refused(member(delta, "refusal"))
            for call in items(member(delta, "tool_calls")):
                function = member(call, "function")
                added += self._call(_key(call), member(function, "arguments"))
        return added

    def _langchain(self, chunk: Any) -> str:
        whole = completion_of(_without_calls(chunk))
        if whole is None:
            raise InputError(f"the model's stream gave a {_kind(chunk)} without content")
        self._known = True
        self._model = whole.model or self._model
        self._usage = _together(self._usage, whole.usage)
        metadata = member(chunk, "response_metadata")
        for key in ("finish_reason", "stop_reason", "done_reason"):
            self._reason = member(metadata, key) or self._reason
        self._refused(whole.refusal)
        added = self._text(whole.text)
        for call in items(member(chunk, "tool_call_chunks")):
            added += self._call(_key(call), member(call, "args"))
        return added

    def _event(self, event: Any, kind: str) -> str:
        """A typed event: Anthropic's (message_start, content_block_delta, …), OpenAI's Responses API (response.…), or
        one of their SDKs' streaming helpers.

        Types that add nothing are ignored, as both protocols require for unknown types.
        """
        helpers = kind in _OF_HELPERS
        if helpers and self._own:
            return ""  # it repeats the provider's own event
        if not (helpers or kind in _OF_PROVIDERS or kind.startswith("response.")):
            self._strange = self._strange or kind
            return ""
        self._known = True
        self._own = self._own or not helpers
        match kind:
            case "chunk":
                return self._openai(member(event, "chunk"), items(member(member(event, "chunk"), "choices")))
            case "content.delta":
                return self._text(_string(member(event, "delta")))
            case "refusal.delta":
                self._refused(member(event, "delta"))
            case "text":
                return self._text(_string(member(event, "text")))
            case "input_json":
                return self._call(None, member(event, "partial_json"))
            case "message_start":
                message = member(event, "message")
                self._model = text_member(message, "model") or self._model
                self._usage = usage_of(member(message, "usage"))
            case "content_block_start":
                if member(member(event, "content_block"), "type") == "tool_use":
                    self._call(_key(event), None)
            case "content_block_delta":
                delta = member(event, "delta")
                if member(delta, "type") == "text_delta":
                    return self._text(_string(member(delta, "text")))
                if member(delta, "type") == "input_json_delta":
                    return self._call(_key(event), member(delta, "partial_json"))
            case "message_delta":
                delta = member(event, "delta")
                self._reason = member(delta, "stop_reason") or self._reason
                if self._reason == "refusal":
                    self._refused(member(member(delta, "stop_details"), "explanation"))
                output = member(member(event, "usage"), "output_tokens")
                if isinstance(output, int):
                    before = self._usage or Usage(known=False)
                    self._usage = Usage(before.input_tokens, output, before.cached_tokens, before.known)
            case "response.output_text.delta":
                return self._text(_string(member(event, "delta")))
            case "response.refusal.delta":
                self._refused(member(event, "delta"))
            case "response.function_call_arguments.delta":
                return self._call(member(event, "output_index"), member(event, "delta"))
            case "response.completed" | "response.incomplete" | "response.failed":
                # It repeats the whole answer and adds what the deltas lack: the finish reason and usage.
                self._whole = completion_of(member(event, "response"))
        return ""


_OF_PROVIDERS = frozenset(
    {
        *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop"),
        "chunk",  # an event of OpenAI's helper: it contains the provider's own
    }
)
_OF_HELPERS = frozenset({"content.delta", "refusal.delta", "text", "input_json"})
"""Events of OpenAI's `chat.completions.stream` and Anthropic's `messages.stream`."""


def _without_calls(chunk: Any) -> Mapping[str, Any]:
    """A LangChain chunk without its tool calls, which arrive as separate pieces (`tool_call_chunks`)."""
    names = ("content", "response_metadata", "additional_kwargs", "usage_metadata")
    return {name: member(chunk, name) for name in names}


def _key(call: Any) -> Any:
    """The key of the tool call that a piece belongs to."""
    index = member(call, "index")
    return index if isinstance(index, (int, str)) else None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _together(a: Usage | None, b: Usage | None) -> Usage | None:
    return a + b if a and b else a or b


def _kind(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
