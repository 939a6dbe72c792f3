"""Puts the questions of a loop to its provider, within the time of the call and with the caller's options."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, TypeAlias, TypeVar

from railguard.drivers.clock import Deadline
from railguard.errors import ProviderError
from railguard.llm.request import Provider, Purpose, Request, checked
from railguard.loop.effects import Ask, Effect
from railguard.values import Completion
from railguard.values.frozen import schema_when_read

__all__ = ["AskedProvider", "Loop", "throwable"]

T = TypeVar("T")

Loop: TypeAlias = Generator[Effect, Any, T]
"""A loop that was not started yet; T is its return value."""

_ENDED = (StopIteration, StopAsyncIteration)
_PURPOSES: tuple[Purpose, Purpose] = ("ask", "reask")


class AskedProvider:
    """The provider of one call.

    Attributes:
        deadline: The end of the whole call.
    """

    __slots__ = ("_options", "_provider", "deadline")

    def __init__(self, provider: Provider | None, options: Mapping[str, Any], deadline: Deadline) -> None:
        """Take the provider, which is None for a loop that asks none, and the caller's options for it."""
        self._provider = provider
        self._options = options
        self.deadline = deadline

    @property
    def provider(self) -> Provider:
        """The model to ask."""
        assert self._provider is not None, "a loop that asks was started without a model"
        return self._provider

    def request(self, ask: Ask) -> Request | None:
        """Return the request of a question; None if no time is left for it."""
        if self.is_over(ask.round):
            return None
        left, purpose = self.deadline.left(), _PURPOSES[ask.round > 0]
        request = Request(ask.messages, None, ask.strict, self._options, left, purpose, ask.round)
        return request if ask.schema is None else schema_when_read(request, ask.schema)

    def is_over(self, round: int) -> bool:
        """Whether the time is over. A first question is always asked, so that a timeout of 0 gives the provider's error
        instead of an empty outcome; before a reask, the results so far become the outcome.
        """
        return round > 0 and self.deadline.passed

    def complete(self, ask: Ask) -> Completion | None:
        """Return the whole answer to a question; None if there was no time left."""
        request, provider = self.request(ask), self.provider
        if request is None:
            return None
        try:
            return checked(provider, provider.complete(request))
        except (ProviderError, *_ENDED) as error:
            failed = error
        self._refuse_in_time(ask, failed)
        return None

    async def acomplete(self, ask: Ask) -> Completion | None:
        """`complete` on the running event loop."""
        request, provider = self.request(ask), self.provider
        if request is None:
            return None
        try:
            return checked(provider, await provider.acomplete(request))
        except (ProviderError, *_ENDED) as error:
            failed = error
        self._refuse_in_time(ask, failed)
        return None

    def _refuse_in_time(self, ask: Ask, error: Exception) -> None:
        """Raise the error of a question, unless the time of the call is over."""
        if not self.is_over(ask.round):
            raise throwable(error)


def throwable(error: Exception) -> Exception:
    """Return an error that can be thrown into a generator: StopIteration would become a RuntimeError."""
    if not isinstance(error, _ENDED):
        return error
    converted = ProviderError(f"the model raised {type(error).__name__}: it has no answers left")
    converted.__cause__ = error
    return converted
