"""What a caller may name as a model, made into a Provider: "openai:gpt-5", "replay:FILE", a Provider, any callable.

An HTTP API is a row in services.py; any other kind of provider is one file beside this one and one line in SCHEMES.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from railguard.errors import InputError
from railguard.llm.request import Provider
from railguard.llm.responses import answers_to_every_name
from railguard.llm.retry import ATTEMPTS
from railguard.llm.services import SERVICES

if TYPE_CHECKING:
    from railguard.llm.http import HttpLimits
    from railguard.llm.rate_limit import RateLimit

__all__ = ["OPTIONS", "SCHEMES", "Model", "Settings", "model"]

Model: TypeAlias = str | Provider | Callable[..., Any] | Sequence[str | Provider | Callable[..., Any]]
"""What can be asked: "SCHEME:NAME", as "openai:gpt-5", a Provider, a callable that takes messages, or a list of these."""


class Settings(NamedTuple):
    """How a model named by text is reached; None leaves it to its scheme, and attempts is None where nobody said.

    Attributes:
        api_key: The key; else it comes from the environment.
        base_url: Where the API is.
        schema_target: Whose dialect of JSON Schema the server enforces.
        attempts: Requests sent at most for one question, transport retries included.
        proxy: URL of a proxy; else the environment's.
        client: The caller's own `httpx.AsyncClient`, or a function that makes one.
        limits: Bounds of one HTTP request.
        rate_limit: What is kept to before each request.
    """

    api_key: str | None = None
    base_url: str | None = None
    schema_target: str | None = None
    attempts: int | None = None
    proxy: str | None = None
    client: Any = None
    limits: HttpLimits | None = None
    rate_limit: RateLimit | None = None

    def but(self, what: str, *taken: str) -> dict[str, Any]:
        """Those that are taken, by name. Raises InputError if another one is given. what: who takes no other."""
        given = {name: value for name, value in self._asdict().items() if value is not None}
        ignored = [name for name in given if name not in taken]
        if ignored:
            raise InputError(f"{what} takes no {' and no '.join(ignored)}")
        return given


OPTIONS = ("api_key", "base_url", "schema_target")
"""The settings of a model named by text that a guarded call takes among the model's options."""


def _service(scheme: str, name: str, settings: Settings) -> Provider:
    from difflib import get_close_matches

    from railguard.llm.provider import HTTPProvider
    from railguard.llm.retry import Retrying
    from railguard.schema.targets import DIALECTS

    name, target = _query(scheme, name)
    target = settings.schema_target or target
    if target is not None and target not in DIALECTS:
        close = get_close_matches(target, DIALECTS, n=1)
        raise InputError(
            f"schema_target is one of {', '.join(DIALECTS)}, not {target[:40]!r}"
            + (f"; did you mean {close[0]}?" if close else "")
        )
    provider: Provider = HTTPProvider(
        SERVICES[scheme],
        name,
        api_key=settings.api_key,
        base_url=settings.base_url,
        schema_target=target,
        limits=settings.limits,
        client=settings.client,
        proxy=settings.proxy,
    )
    if settings.rate_limit is not None:
        from railguard.llm.rate_limit import RateLimited

        provider = RateLimited(provider, settings.rate_limit)  # inside: each attempt is a request
    return Retrying(provider, attempts=ATTEMPTS if settings.attempts is None else settings.attempts)


def _query(scheme: str, name: str) -> tuple[str, str | None]:
    """The settings behind a "?" in a model's name: "qwen3?schema_target=llguidance"."""
    from urllib.parse import parse_qsl

    name, question, query = name.partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    unknown = [key for key in given if key != "schema_target"]
    if unknown or (question and not given):
        raise InputError(f"behind the ? of {scheme}:{name} stands schema_target=…, not {query[:40]!r}")
    return name, given.get("schema_target")


def _replay(scheme: str, name: str, settings: Settings) -> Provider:
    from railguard.llm.replay import ReplayModel

    settings.but("replay:")
    return ReplayModel(name)


def _litellm(scheme: str, name: str, settings: Settings) -> Provider:
    from railguard.llm.gateways import litellm

    return litellm(name, **settings.but("litellm:", "api_key", "base_url"))


def _langchain(scheme: str, name: str, settings: Settings) -> Provider:
    from railguard.llm.gateways import langchain

    return langchain(name, **settings.but("langchain:", "api_key", "base_url"))


def _local(scheme: str, name: str, settings: Settings) -> Provider:
    from railguard.llm.local import Local

    settings.but("local:")
    return Local.from_directory(name)


SCHEMES: dict[str, Callable[[str, str, Settings], Provider]] = {
    **dict.fromkeys(SERVICES, _service),
    "litellm": _litellm,
    "langchain": _langchain,
    "local": _local,
    "replay": _replay,
}
"""scheme → a function of the scheme, the name after the colon and the settings, that gives the Provider."""

_FAMILIES = {
    **dict.fromkeys(("gpt", "o1", "o3", "o4", "chatgpt"), "openai"),
    "claude": "anthropic",
    "gemini": "gemini",
    **dict.fromkeys(("mistral", "ministral", "codestral", "magistral"), "mistral"),
    "grok": "xai",
    "deepseek": "deepseek",
}


def model(
    model: Model,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    schema_target: str | None = None,
    attempts: int | None = None,
    proxy: str | None = None,
    client: Any = None,
    limits: HttpLimits | None = None,
    rate_limit: RateLimit | None = None,
) -> Provider:
    """The Provider of a model.

    Args:
        model: "SCHEME:NAME", as "openai:gpt-5" or "replay:FILE"; a Provider, which is returned as it is; any sync or async
            callable (see CallableModel); or a list of these (see Fallback). The others are for a string whose scheme
            takes them.
        api_key: The key; else it comes from the environment.
        base_url: Where the API is; else its own server.
        schema_target: Whose dialect of JSON Schema the server enforces, for a server that is none of the presets. It may
            also stand in the name: "openai:qwen3?schema_target=llguidance".
        attempts: Requests sent at most for one question, transport retries included, by default 3; callables are never
            retried, their SDK does that.
        proxy: URL of a proxy; else the environment's.
        client: The caller's own `httpx.AsyncClient` (for async calls), or a function that makes one (for all).
        limits: Bounds of one HTTP request.
        rate_limit: What is kept to before each request.

    Raises:
        InputError: For anything else, with a suggestion.
    """
    settings = Settings(api_key, base_url, schema_target, attempts, proxy, client, limits, rate_limit)
    if isinstance(model, str):
        scheme, colon, name = model.partition(":")
        make = SCHEMES.get(scheme)
        if make is None or not name:
            raise InputError(_unknown(model, scheme, colon, name))
        return make(scheme, name, settings)
    settings.but("a model that is not a string")
    if isinstance(model, (list, tuple)):
        from railguard.llm.fallback import Fallback

        return Fallback(model)
    if inspect.isclass(model):
        raise InputError(f"the model is the class {model.__name__}; pass an instance of it, or a function")
    asks = [name for name in ("complete", "acomplete") if callable(getattr(model, name, None))]
    if answers_to_every_name(model):
        asks = []  # a mock, which is a function if anything
    if len(asks) == 2:
        return model  # type: ignore[return-value]  # it has the shape of a Provider
    if callable(model):
        from railguard.llm.callables import CallableModel

        return CallableModel(model)
    raise InputError(_not_a_model(model, asks))


def _unknown(text: str, scheme: str, colon: str, name: str) -> str:
    from difflib import get_close_matches

    if colon and scheme in SCHEMES:
        return f"the model {text!r} has no name after the colon, as in openai:gpt-5"
    close = get_close_matches(scheme.lower(), SCHEMES, n=1) if colon else []
    family = _FAMILIES.get(re.split(r"[-.]", text, maxsplit=1)[0].lower())
    if close:
        guess = f"{close[0]}:{name}" if name else close[0]
    elif not colon and text.endswith((".json", ".jsonl")):
        guess = f"replay:{text}"
    else:
        guess = f"{family}:{text}" if family and text else ""
    return (
        f"unknown model {text[:100]!r}: a model is named scheme:name ({', '.join(SCHEMES)}), or is a Provider or a callable"
        + (f"; did you mean {guess}?" if guess else "")
        + ". A server that speaks OpenAI's chat completions is openai:NAME with its base_url"
    )


def _not_a_model(model: Any, asks: list[str]) -> str:
    kind = f"{type(model).__module__}.{type(model).__qualname__}".removeprefix("builtins.")
    if callable(getattr(model, "to_messages", None)):
        return f"{kind} is a prompt, not a model: in a chain, write `prompt | guard.to_runnable(model)`"
    if hasattr(model, "response_metadata"):
        return (
            f"{kind} is a model's answer, not a model: in a chain, write `model | guard.as_parser()`, "
            "or `prompt | guard.to_runnable(model)` to ask again for what fails"
        )
    if asks:
        other = "acomplete" if asks == ["complete"] else "complete"
        return f"the model {kind} has {asks[0]} but no {other}; a Provider has both"
    for attribute in ("chat.completions.create", "messages.create", "invoke"):
        target: Any = model
        for part in attribute.split("."):
            target = getattr(target, part, None)
        if callable(target):
            return f"the model {kind} is not callable; pass its method {attribute}, or a function that calls it"
    return f"a model is a string, a Provider or a callable that takes messages, not {kind}"
