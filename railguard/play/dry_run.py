"""Shows the HTTP request to a model, whether it is sent or not: taken from the HTTP client itself, without the key.

In a dry run, the provider writes its request, the client records it instead of sending it, and the answer is an
existing one. So the page shows the bytes that a call would send, whatever the provider's format is.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from railguard import Completion, Provider, ProviderError, Request
from railguard import model as provider_named

__all__ = ["Sent", "StoredAnswers", "Watched", "dry", "watched"]

_SHOWN_HEADERS = frozenset({"accept", "content-type", "anthropic-version", "anthropic-beta"})
_LEFT_OUT = frozenset({"accept-encoding", "connection", "content-length", "host", "user-agent"})
_SHOWN_QUERY = frozenset({"api-version", "alt"})
_KEY = "$API_KEY"
_OTHER_CLIENTS = ("langchain", "litellm", "local")
"""Schemes of models that railguard does not call with its own HTTP client."""

_LONGEST_ARGUMENT = 100_000  # on Linux, one argument of a program is limited to 128 KiB


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it is sent, except for the key.

    Attributes:
        url: The URL of the request.
        headers: Its headers; values that might be secret are replaced by `$API_KEY`.
        body: Its body, byte for byte.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    body: str

    @property
    def curl(self) -> str:
        """A command for a POSIX shell that sends the same bytes. The key is taken from the variable API_KEY."""
        parts = [f"curl {shlex.quote(self.url)}"]
        parts += [f"-H {_quoted(f'{name}: {value}')}" for name, value in self.headers]
        if len(self.body) <= _LONGEST_ARGUMENT:
            return " \\\n  ".join([*parts, f"--data-raw {shlex.quote(self.body)}"])
        return " \\\n  ".join([*parts, "--data-binary @- <<'JSON'"]) + f"\n{self.body}\nJSON"

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain data."""
        return {"url": self.url, "headers": [list(one) for one in self.headers], "body": self.body, "curl": self.curl}


class StoredAnswers:
    """A Provider without structured output that returns existing answers, one per round."""

    def __init__(self, answers: Sequence[Completion], name: str) -> None:
        """Store the answers. name: their origin, for messages."""
        self._answers = tuple(answers)
        self.name = name
        self.carries_schemas = False

    def complete(self, request: Request) -> Completion:
        """Return the answer of the round. Raises ProviderError if there is none."""
        if request.round >= len(self._answers):
            raise ProviderError(f"{self.name}: there is no answer to reask {request.round}")
        return self._answers[request.round]

    async def acomplete(self, request: Request) -> Completion:
        """Return the answer of the round."""
        return self.complete(request)


class Watched:
    """A Provider around another one that records the HTTP request of each round.

    Attributes:
        sent: The HTTP request of each question; None if the provider does not use railguard's HTTP client.
    """

    def __init__(self, provider: Provider, taken: list[Any], answers: StoredAnswers | None = None) -> None:
        """Wrap a provider.

        Args:
            provider: The provider that writes the requests.
            taken: The list where its client records them.
            answers: The provider of the answers; None if the wrapped provider answers itself.
        """
        self._provider, self._taken, self._answers = provider, taken, answers
        self.name = provider.name
        self.schema_target: Any = getattr(provider, "schema_target", "draft2020-12")
        self.cheap_schemas = bool(getattr(provider, "cheap_schemas", False))
        self.sent: list[Sent | None] = []

    @property
    def carries_schemas(self) -> bool:
        """Whether the model sees a strict request's schema."""
        return bool(getattr(self._provider, "carries_schemas", True))

    def complete(self, request: Request) -> Completion:
        """Ask, and record the request."""
        self._taken.clear()
        try:
            answer = self._provider.complete(request)
        except ProviderError:
            if self._answers is None:
                raise
        finally:
            self.sent.append(_sent(self._taken[-1]) if self._taken else None)
        return answer if self._answers is None else self._answers.complete(request)

    async def acomplete(self, request: Request) -> Completion:
        """Ask, and record the request. The wrapped provider is called in a thread, as in a sync call."""
        import asyncio

        return await asyncio.to_thread(self.complete, request)


def dry(name: str, base_url: str | None, answers: StoredAnswers) -> Watched:
    """Return a provider that writes its requests and sends nothing.

    Args:
        name: The model, such as "openai:gpt-5".
        base_url: The URL of its API; by default the provider's own server.
        answers: The provider of the answers.

    Raises:
        InputError: If railguard does not call the model by HTTP itself.
    """
    import httpx

    taken: list[Any] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        taken.append(request)
        raise httpx.ConnectError("a dry run sends nothing")

    provider = provider_named(
        name,
        api_key="dry-run",
        base_url=base_url,
        attempts=1,
        client=lambda: httpx.AsyncClient(transport=httpx.MockTransport(refuse)),
    )
    return Watched(provider, taken, answers)


def watched(name: str, base_url: str | None) -> Watched:
    """Return a provider that really sends its requests, with the key from the environment. Arguments and errors are
    those of `dry`; models that railguard does not call by HTTP are asked too, but their requests are not shown.
    """
    import httpx

    taken: list[Any] = []

    async def take(request: httpx.Request) -> None:
        taken.append(request)

    given: dict[str, Any] = {} if base_url is None else {"base_url": base_url}
    if name.partition(":")[0] not in _OTHER_CLIENTS:
        is_local = urlsplit(base_url or "").hostname in ("localhost", "127.0.0.1", "::1")
        hooks: dict[str, Any] = {"request": [take]}
        given["client"] = lambda: httpx.AsyncClient(event_hooks=hooks, trust_env=not is_local)
    provider = provider_named(name, **given)
    return Watched(provider, taken)


def _sent(request: Any) -> Sent:
    parts = urlsplit(str(request.url))
    query = [(name, value if name in _SHOWN_QUERY else _KEY) for name, value in parse_qsl(parts.query)]
    shown = {name.lower(): value for name, value in request.headers.items() if name.lower() not in _LEFT_OUT}
    headers = tuple((name, value if name in _SHOWN_HEADERS else _without_key(value)) for name, value in shown.items())
    return Sent(urlunsplit(parts._replace(query=urlencode(query, safe="$"))), headers, request.content.decode())


def _without_key(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {_KEY}" if space and scheme == "Bearer" else _KEY


def _quoted(text: str) -> str:
    """Quote a header for a shell, so that only $API_KEY is replaced."""
    if _KEY not in text:
        return shlex.quote(text)
    head, _, _ = text.partition(_KEY)
    return f'{shlex.quote(head)}"{_KEY}"'
