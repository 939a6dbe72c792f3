"""Several models, of which the next one is asked where one fails, or for the reask.

Providers fail; what a model answers is no failure here. A refusal, a filtered or a cut-off answer is an answer.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Literal

from railguard.errors import InputError, ProviderError
from railguard.llm.request import Provider, Request, astream, stream
from railguard.llm.retry import deadline_of
from railguard.values import Completion

__all__ = ["Fallback"]


class Fallback:
    """A Provider of several: a question goes to the first, and to the next where that raises a ProviderError.

    The time that is left is divided among those that are left, so that one that hangs leaves time for the next. The
    Completion's `note` says who failed, its `model` who answered. Once a piece of a streamed answer was handed on, a fault
    is raised as it came. The last error is raised where all fail. If their dialects of JSON Schema differ, schemas are
    written in one that all of them take ("portable").
    """

    def __init__(self, models: Sequence[Any], *, reask: Literal["same", "stronger"] = "same") -> None:
        """Prepare to ask.

        Args:
            models: What `railguard.llm.model` takes, the first choice first.
            reask: Where the first reask begins: "same" with the first model again, "stronger" with the second, the
                second reask with the third, and so on to the last.

        Raises:
            InputError: If there is no model, or reask is something else.
        """
        from railguard.llm.models import model

        if not models:
            raise InputError("a list of models needs at least one")
        if reask not in ("same", "stronger"):
            raise InputError(f"reask is same or stronger, not {reask!r}")
        self.providers: tuple[Provider, ...] = tuple(model(one) for one in models)
        self._reask = reask
        self.name: str = ", ".join(provider.name for provider in self.providers)
        targets = {getattr(provider, "schema_target", "draft2020-12") for provider in self.providers}
        self.schema_target: Any = targets.pop() if len(targets) == 1 else "portable"
        self.cheap_schemas: bool = all(getattr(provider, "cheap_schemas", False) for provider in self.providers)

    @property
    def carries_schemas(self) -> bool:
        """Whether a strict request's schema goes to the model, whichever is asked."""
        return all(getattr(provider, "carries_schemas", True) for provider in self.providers)

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
        """Ask one after the other until one begins to answer, and hand on its pieces."""
        turn = _Turn(self._in_turn(request), request)
        while True:
            provider, asked = turn.next()
            try:
                with closing(stream(provider, asked)) as pieces:
                    for piece in pieces:
                        turn.begun = turn.begun or bool(piece)
                        yield turn.noted(piece) if isinstance(piece, Completion) else piece
                return
            except ProviderError as error:
                turn.failed(provider, error)

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Ask one after the other until one begins to answer, and hand on its pieces."""
        turn = _Turn(self._in_turn(request), request)
        while True:
            provider, asked = turn.next()
            pieces = astream(provider, asked)
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
        first = min(request.round, len(self.providers) - 1) if self._reask == "stronger" else 0
        return self.providers[first:]


class _Turn:
    """Who is asked next, for how long, and what came of the others."""

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
        """Note that one failed. Raises its error again if nobody is left, or something was handed on already."""
        if not self._left or self.begun:
            raise error
        self._notes.append(f"{provider.name} failed ({error}); {self._left[0].name} was asked")

    def noted(self, completion: Completion) -> Completion:
        """The completion, with who failed before."""
        if not self._notes:
            return completion
        return replace(completion, note="; ".join([*self._notes, *([completion.note] if completion.note else [])]))
