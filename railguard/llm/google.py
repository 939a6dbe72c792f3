"""Converts responses of Google's SDK, whole or part of a stream, with the wire format of the Gemini API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from railguard.llm.formats import gemini
from railguard.llm.responses import answers_to_every_name
from railguard.values import Completion

__all__ = ["chunk_of", "google_completion"]


def google_completion(answer: Any) -> Completion | None:
    """Return the Completion of a whole response, or None for anything else. Raises ProviderError if the response has no
    answer.
    """
    reply = _reply(answer)
    return None if reply is None else gemini.completion(reply)


def chunk_of(piece: Any) -> Any:
    """Convert a streamed response to a chat completion chunk, which may have no choice; None for anything else."""
    reply = _reply(piece)
    return None if reply is None else gemini.text(reply) or {"choices": []}


def _reply(answer: Any) -> dict[str, Any] | None:
    """Return the JSON of a response of Google's SDK, whole or part of a stream; None for anything else."""
    if isinstance(answer, Mapping):
        is_reply = isinstance(answer.get("candidates"), list) or isinstance(answer.get("promptFeedback"), Mapping)
        return dict(answer) if is_reply else None
    members = ("candidates", "prompt_feedback", "usage_metadata", "model_version", "model_dump")
    if answers_to_every_name(answer) or not all(hasattr(answer, name) for name in members):
        return None
    reply: dict[str, Any] = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
    return reply
