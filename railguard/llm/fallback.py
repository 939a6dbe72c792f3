"""Several models in order: if one fails, or for a reask, the next one is asked.

Only a ProviderError counts as a failure. A refusal, a filtered or a truncated answer is an answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Literal

from railguard.errors import InputError, ProviderError
from railguard.llm.names import single
from railguard.llm.request import Provider, Request, astream_completion, stream_completion
from railguard.llm.retry import deadline_of
from railguard.values import Completion

__all__ = ["Fallback"]


class Fallback:
    """A Provider of several models: a question goes to the first, and to the next if that raises a ProviderError.

    The remaining time is divided among the remaining models, so that one that hangs leaves time for the next. The
    Completion's `note` names the models that failed, its `model` the one that answered. Once a piece of a streamed
    answer was passed on, an error is raised unchanged. If all fail, the last error is raised. If the models need
    different dialects of JSON Schema, schemas are written in one that all of them accept ("portable").

    Attributes:
        providers: The providers, first choice first.
        name: Their names.
        reasks_whole: Whether a reask repeats the first question.
        schema_target: The dialect of JSON Schema that all of them accept.
        cheap_schemas: Whether a new schema costs nothing at any of them.
    """

    def __init__(self, models: Sequence[Any], *, reask: Literal["same", "stronger", "whole"] = "same") -> None:
        """Create the providers of the models.

        Args:
            models: The models, each as `railguard.llm.model` accepts it, first choice first.
            reask: Where the first reask begins: "same" with the first model again, "stronger" with the second (the
                second reask with the third, and so on to the last). "whole" is like "stronger", but repeats the first
                question instead of asking for the failing fields: the next model does not see the earlier answer.
                Still, only the failing fields are taken from its answer.

        Raises:
            InputError: If there is no model, or for any other `reask`.
        """
        if not models:
            raise InputError("a list of models needs at least one")
        if reask not in ("same", "stronger", "whole"):
            raise InputError(f"reask is same, stronger or whole, not {reask!r}")
        self.providers: tuple[Provider, ...] = tuple(single(one) for one in models)
        self._stronger = reask != "same"
        self.reasks_whole: bool = reask == "whole"
        self.name: str = ", ".join(provider.name for provider in self.providers)
        targets = {getattr(provider, "schema_target", "draft2020-12") for provider in self.providers}
        self.schema_target: Any = targets.pop() if len(targets) == 1 else "portable"
        self.cheap_schemas: bool = all(getattr(provider, "cheap_schemas", False) for provider in self.providers)

    @property
    def carries_schemas(self) -> bool:
        """Whether every model sees the schema of a strict request."""
        return all(getattr(provider, "carries_schemas", True) for provider in self.providers)

    @property
    def identity(self) -> str | None:
        """What sets the models apart from others of their names."""
        found = [getattr(provider, "identity", None) for provider in self.providers]
        return json.dumps(found) if any(found) else None

    def __repr__(self) -> str:
        return f"<Fallback {', '.join(map(repr, self.providers))}>"

    def complete(self, request: Request) -> Completion:
        """Ask one after the other until one answers."""
        turn = _Turn(self._in_turn(request), request)
        while True:
            provider, asked = turn.next()
            try:
                return turn.noted(provider.complete(asked))
            except ProviderError as error:
                turn.failed(provider, error)

    async def acomplete(self, request: Request) -> Completion:
        """Ask one after the other until one answers."""
        turn = _Turn(self._in_turn(request), request)
        while True:
            provider, asked = turn.next()
            try:
                return turn.noted(await provider.acomplete(asked))
            except ProviderError as error:
                turn.failed(provider, error)

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Ask one after the other until one begins to answer, and yield its pieces."""
        turn = _Turn(self._in_turn(request), request)
        while True:
            provider, asked = turn.next()
            try:
                with closing(stream_completion(provider, asked)) as pieces:
                    for piece in pieces:
                        turn.begun = turn.begun or bool(piece)
                        yield turn.noted(piece) if isinstance(piece, Completion) else piece
                return
            except ProviderError as error:
                turn.failed(provider, error)

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Ask one after the other until one begins to answer, and yield its pieces."""
        turn = _Turn(self._in_turn(request), request)
        while True:
            provider, asked = turn.next()
            pieces = astream_completion(provider, asked)
            try:
                async for piece in pieces:
                    turn.begun = turn.begun or bool(piece)
                    yield turn.noted(piece) if isinstance(piece, Completion) else piece
                return
            except ProviderError as error:
                turn.failed(provider, error)
            finally:
                await pieces.aclose()

    def _in_turn(self, request: Request) -> tuple[Provider, ...]:
        first = min(request.round, len(self.providers) - 1) if self._stronger else 0
        return self.providers[first:]


class _Turn:
    """The next model to ask, its share of the time, and the failures so far."""

    def __init__(self, providers: tuple[Provider, ...], request: Request) -> None:
        self._left = list(providers)
        self._request = request
        self._deadline = deadline_of(request)
        self._notes: list[str] = []
        self.begun = False

    def next(self) -> tuple[Provider, Request]:
        share = max(self._deadline - time.monotonic(), 0.0) / len(self._left)
        return self._left.pop(0), replace(self._request, timeout=share)

    def failed(self, provider: Provider, error: ProviderError) -> None:
        """Record a failure. Raises the error again if no model is left, or if text was already streamed to the caller."""
        if not self._left or self.begun:
            raise error
        self._notes.append(f"{provider.name} failed ({error}); {self._left[0].name} was asked")

    def noted(self, completion: Completion) -> Completion:
        """Return the completion with a note of the models that failed before."""
        if not self._notes:
            return completion
        return replace(completion, note="; ".join([*self._notes, *([completion.note] if completion.note else [])]))
