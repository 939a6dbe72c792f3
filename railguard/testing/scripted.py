"""A model with scripted answers. It answers in order and records its requests."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from copy import deepcopy
from typing import TYPE_CHECKING, TypeAlias

from railguard import Completion, InputError

if TYPE_CHECKING:
    from railguard import Message, Request

__all__ = ["Answer", "ScriptedModel"]

Answer: TypeAlias = "str | Completion | Exception | Callable[[list[Message]], str]"
"""Text; a Completion (a refusal, a truncated answer, usage); an exception to raise; or a function of the messages."""


class ScriptedModel:
    """A Provider that gives answers in order, one per request.

    Without an answer left, it raises InputError with the number of the request.

    Attributes:
        name: The name in records.
        requests: Every Request so far, so that a test can look at messages, schema, options and round.

    Examples:
        >>> from railguard.testing import Request, ScriptedModel
        >>> model = ScriptedModel(["not JSON", '{"name": "Ann"}'])
        >>> model.complete(Request(({"role": "user", "content": "Who?"},))).text
        'not JSON'
        >>> model.requests[0].messages[0]["content"]
        'Who?'
    """

    def __init__(self, answers: Sequence[Answer], *, name: str = "scripted", pieces: int = 4) -> None:
        """Store the answers.

        Args:
            answers: The answers, one per request: a text, a Completion, an exception to raise, or a function of the
                messages.
            name: The name in records.
            pieces: The number of characters in each piece of a streamed answer.

        Raises:
            InputError: If `answers` is not a list.
        """
        if isinstance(answers, str):
            raise InputError("ScriptedModel takes a list of answers; put a single one into [ ]")
        if pieces < 1:
            raise InputError(f"pieces must be at least 1 character, not {pieces}")
        self._answers = tuple(answers)
        self._pieces = pieces
        self._lock = threading.Lock()
        self.name = name
        self.requests: list[Request] = []

    def __repr__(self) -> str:
        return f"<ScriptedModel {len(self.requests)} of {len(self._answers)} answers given>"

    def complete(self, request: Request) -> Completion:
        """Return the next answer."""
        with self._lock:
            index = len(self.requests)
            self.requests.append(request)
        if index >= len(self._answers):
            raise InputError(
                f"ScriptedModel has no answer left: {len(self._answers)} were scripted, this is request {index + 1} "
                f"({request.purpose}, round {request.round})"
            )
        answer = self._answers[index]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, Completion):
            return answer
        return Completion(answer if isinstance(answer, str) else answer(deepcopy(list(request.messages))), "stop")

    async def acomplete(self, request: Request) -> Completion:
        """Return the next answer."""
        return self.complete(request)

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Yield the next answer in pieces, then its Completion."""
        completion = self.complete(request)
        text, size = completion.text, self._pieces
        yield from (text[start : start + size] for start in range(0, len(text), size))
        yield completion

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Yield the next answer in pieces, then its Completion."""
        for piece in self.stream(request):
            yield piece
