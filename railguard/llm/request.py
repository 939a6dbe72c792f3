"""What a model is asked, and what anything that can be asked looks like.

A request is a frozen value; a provider turns it into a Completion or raises a ProviderError, and knows nothing of
schemas in Python, of validation or of why it is asked again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from railguard.errors import InputError
from railguard.values import Completion, JsonSchema, Message

__all__ = ["Provider", "Purpose", "Request", "Wrapping", "astream", "checked", "stream"]

Purpose: TypeAlias = Literal["ask", "reask"]
"""Whether the whole output is asked for, or again what failed of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One question to a model.

    messages: the whole conversation, oldest first. schema: JSON Schema of the wanted answer, None where free text is
    wanted. strict: send the schema to the provider as a constraint on the answer, where the provider has one.
    options: the caller's own, for the provider ("temperature", "max_tokens", …). timeout: seconds left for this
    request, retries and all; None leaves it to the provider's own default. purpose: "ask" for the first question of
    a guarded call, "reask" for the others. round: 0 for the first, then counting its reasks.
    """

    messages: tuple[Message, ...]
    schema: JsonSchema | None = None
    strict: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    timeout: float | None = None
    purpose: Purpose = "ask"
    round: int = 0

    def __repr__(self) -> str:
        # Neither messages nor values of options: a repr ends up in logs, and options may hold a key.
        parts = [f"{self.purpose}, round {self.round}", f"{len(self.messages)} messages"]
        if self.schema is not None:
            parts.append("strict schema" if self.strict else "schema")
        if self.options:
            parts.append("options " + ", ".join(sorted(self.options)))
        return f"<Request {'; '.join(parts)}>"


class Provider(Protocol):
    """Something that can be asked. Any object of this shape will do; nothing needs to be inherited.

    Both methods return the whole answer as a Completion and raise ProviderError where there is none; they keep to
    `request.timeout`, keep nothing of one call for the next, and may be called from several threads and tasks at once.

    A provider that can stream has two more methods:

        def stream(self, request: Request) -> Iterator[str | Completion]: ...
        def astream(self, request: Request) -> AsyncIterator[str | Completion]: ...

    They yield pieces of the answer's text as they arrive and, last, one Completion with the whole text, the finish
    reason and the usage; that one is the answer, should the pieces differ from it. Nothing is sent before the first
    piece is asked for; closing the iterator (`close`, `aclose`) closes the connection. A fault is a ProviderError
    where the next piece would be, and what was yielded before it stays valid. A provider without them is asked for
    its whole answer.

    Three attributes say what a schema means to it, if it has them:

        schema_target   whose dialect of JSON Schema it enforces on a strict request, as "openai-strict" (see
                        `railguard.schema.targets.Target`), by default "draft2020-12"; the schema of such a request is
                        then written in it
        carries_schemas False where no schema goes to the model with a strict request, because the API has no place for one
                        or its server has refused it; then the messages must say what is wanted
        cheap_schemas   True where a schema that was not sent before costs nothing (a local server), so that a reask
                        may send its own with reask_mode="auto"
    """

    @property
    def name(self) -> str:
        """What to call it in messages and records, as "openai:gpt-5". Never contains a key."""
        ...

    def complete(self, request: Request) -> Completion:
        """Put a request, and wait for the answer. Raises ProviderError."""
        ...

    async def acomplete(self, request: Request) -> Completion:
        """Put a request, and wait for the answer without blocking the event loop. Raises ProviderError."""
        ...


def checked(provider: Provider, answer: Any) -> Completion:
    """What a provider of a user's own answered. Raises InputError for anything but a Completion."""
    if isinstance(answer, Completion):
        return answer
    kind = f"{type(answer).__module__}.{type(answer).__qualname__}".removeprefix("builtins.")
    raise InputError(
        f"the provider {provider.name} answered with {kind}; complete and acomplete return a Completion, stream and "
        "astream yield texts and then one. To return something else, pass a function instead"
    )


class Wrapping:
    """The base of a Provider around another one: what the other says of itself, this one says too."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    @property
    def name(self) -> str:
        """The name of the provider that is asked."""
        return self.provider.name

    @property
    def schema_target(self) -> Any:
        """The dialect of JSON Schema that the provider enforces."""
        return getattr(self.provider, "schema_target", "draft2020-12")

    @property
    def carries_schemas(self) -> bool:
        """Whether a strict request's schema goes to the model."""
        return bool(getattr(self.provider, "carries_schemas", True))

    @property
    def cheap_schemas(self) -> bool:
        """Whether a new schema costs nothing there."""
        return bool(getattr(self.provider, "cheap_schemas", False))


def stream(provider: Provider, request: Request) -> Generator[str | Completion, None, None]:
    """The pieces of any provider's answer and, last, its Completion; of one that cannot stream, its text at once."""
    streaming = getattr(provider, "stream", None)
    if streaming is not None:
        yield from streaming(request)
        return
    completion = checked(provider, provider.complete(request))
    if completion.text:
        yield completion.text
    yield completion


async def astream(provider: Provider, request: Request) -> AsyncGenerator[str | Completion, None]:
    """`stream` on a running event loop. It is to be closed: an async generator that is dropped is closed later."""
    streaming = getattr(provider, "astream", None)
    if streaming is None:
        completion = checked(provider, await provider.acomplete(request))
        if completion.text:
            yield completion.text
        yield completion
        return
    pieces = streaming(request)
    try:
        async for piece in pieces:
            yield piece
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()
