"""A request to a model, and the protocol of a provider.

A request is a frozen value; a provider returns a Completion for it or raises a ProviderError. A provider knows nothing
of Python schemas, of validation or of the reason for a reask.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from railguard.errors import InputError
from railguard.values import Completion, JsonSchema, Message
from railguard.values.frozen import SchemaWhenRead, quick_init

__all__ = [
    "Provider",
    "Purpose",
    "Request",
    "Wrapping",
    "astream_completion",
    "checked",
    "stream_completion",
]

Purpose: TypeAlias = Literal["ask", "reask"]
"""Whether a request is the first question, or asks again for what failed."""


@quick_init
@dataclass(frozen=True, slots=True, repr=False)
class Request(SchemaWhenRead):
    """One question to a model.

    Attributes:
        messages: The whole conversation, oldest first.
        schema: JSON Schema of the wanted answer; None for free text.
        strict: Whether to send the schema to the provider as a constraint on the answer, if the provider supports one.
        options: The caller's options for the provider ("temperature", "max_tokens", …).
        timeout: Seconds left for this request, including retries; None for the provider's default.
        purpose: "ask" for the first question of a guarded call, "reask" for the others.
        round: 0 for the first question, then counting its reasks.
    """

    messages: tuple[Message, ...]
    schema: JsonSchema | None = None
    strict: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    timeout: float | None = None
    purpose: Purpose = "ask"
    round: int = 0

    def __repr__(self) -> str:
        # Neither messages nor option values: a repr may be logged, and options may contain a key.
        parts = [f"{self.purpose}, round {self.round}", f"{len(self.messages)} messages"]
        if self.schema is not None:
            parts.append("strict schema" if self.strict else "schema")
        if self.options:
            parts.append("options " + ", ".join(sorted(self.options)))
        return f"<Request {'; '.join(parts)}>"


class Provider(Protocol):
    """A model that can be asked. Any object with these members is a Provider; no base class is needed.

    Both methods return the whole answer as a Completion, or raise ProviderError if there is none; they respect
    `request.timeout`, keep nothing of one call for the next, and may be called from several threads and tasks at once.

    A provider that can stream has two more methods:

        def stream(self, request: Request) -> Iterator[str | Completion]: ...
        def astream(self, request: Request) -> AsyncIterator[str | Completion]: ...

    They yield pieces of the answer's text as they arrive and, last, one Completion with the whole text, the finish
    reason and the usage; if the pieces differ from it, the Completion is the answer. Nothing is sent before the first
    piece is asked for; closing the iterator (`close`, `aclose`) closes the connection. On a fault, ProviderError is
    raised in place of the next piece; earlier pieces stay valid. A provider without these methods is asked for its
    whole answer.

    Five optional attributes say how it is asked:

        schema_target   whose dialect of JSON Schema it enforces on a strict request, as "openai-strict" (see
                        `railguard.schema.targets.Target`), by default "draft2020-12"; the schema of such a request is
                        then written in it
        carries_schemas False where the model does not see the schema of a strict request: the API has no place for one,
                        its server has refused it, or makes a grammar of it; then the messages must say what is wanted
        cheap_schemas   True where a schema that was not sent before costs nothing (a local server), so that a reask
                        may send its own with reask_mode="auto"
        reasks_whole    True where a reask is to put the first question again, instead of asking for the failing fields
        identity        text that sets it apart from other providers of the same name, such as the URL of its server; a
                        cache does not mix their answers
    """

    @property
    def name(self) -> str:
        """The name in messages and records, such as "openai:gpt-5". It never contains a key."""
        ...

    def complete(self, request: Request) -> Completion:
        """Put a request, and wait for the answer.

        Args:
            request: The question.

        Returns:
            The whole answer.

        Raises:
            ProviderError: If there is none.
        """
        ...

    async def acomplete(self, request: Request) -> Completion:
        """Put a request, and wait for the answer without blocking the event loop.

        Args:
            request: The question.

        Returns:
            The whole answer.

        Raises:
            ProviderError: If there is none.
        """
        ...


def checked(provider: Provider, answer: Any) -> Completion:
    """Check the answer of a custom provider and return it. Raises InputError for anything but a Completion."""
    if isinstance(answer, Completion):
        return answer
    kind = f"{type(answer).__module__}.{type(answer).__qualname__}".removeprefix("builtins.")
    raise InputError(
        f"the provider {provider.name} answered with {kind}; complete and acomplete return a Completion, stream and "
        "astream yield texts and then one. To return something else, pass a function instead"
    )


class Wrapping:
    """The base of a Provider around another one: its attributes are those of the other."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider

    @property
    def name(self) -> str:
        """The name of the wrapped provider."""
        return self.provider.name

    @property
    def schema_target(self) -> Any:
        """The dialect of JSON Schema that the wrapped provider enforces."""
        return getattr(self.provider, "schema_target", "draft2020-12")

    @property
    def carries_schemas(self) -> bool:
        """Whether the model sees a strict request's schema."""
        return bool(getattr(self.provider, "carries_schemas", True))

    @property
    def cheap_schemas(self) -> bool:
        """Whether a schema that was not sent before costs nothing."""
        return bool(getattr(self.provider, "cheap_schemas", False))

    @property
    def reasks_whole(self) -> bool:
        """Whether a reask repeats the first question."""
        return bool(getattr(self.provider, "reasks_whole", False))

    @property
    def identity(self) -> str | None:
        """What sets the wrapped provider apart from others of its name."""
        found: str | None = getattr(self.provider, "identity", None)
        return found


def stream_completion(provider: Provider, request: Request) -> Generator[str | Completion, None, None]:
    """Yield the pieces of any provider's answer and, last, its Completion; if the provider cannot stream, its text is
    one piece.
    """
    streaming = getattr(provider, "stream", None)
    if streaming is not None:
        yield from streaming(request)
        return
    completion = checked(provider, provider.complete(request))
    if completion.text:
        yield completion.text
    yield completion


async def astream_completion(provider: Provider, request: Request) -> AsyncGenerator[str | Completion, None]:
    """`stream_completion` for a running event loop. The caller must close it: a dropped async generator is closed later."""
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
