"""Converts one model to a Provider: a name such as "openai:gpt-5" or "replay:FILE", a Provider, or any callable.

An HTTP API is a row in services.py; any other kind of provider is one file in this folder and one line in SCHEMES.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from railguard.errors import InputError
from railguard.llm.request import Provider
from railguard.llm.responses import answers_to_every_name
from railguard.llm.retry import ATTEMPTS
from railguard.llm.services import SERVICES

if TYPE_CHECKING:
    from railguard.llm.http import HttpLimits
    from railguard.llm.rate_limit import RateLimit

__all__ = ["OPTIONS", "SCHEMES", "ModelSettings", "OneModel", "single"]

OneModel: TypeAlias = str | Provider | Callable[..., Any]
"""One model: "SCHEME:NAME" such as "openai:gpt-5", a Provider, or a callable that takes messages."""


class ModelSettings(NamedTuple):
    """Settings of a model given by name; None leaves a setting to its scheme.

    Attributes:
        api_key: The API key; by default it is read from the environment.
        base_url: The URL of the API.
        schema_target: The dialect of JSON Schema that the server enforces.
        attempts: Largest number of requests for one question, including transport retries.
        proxy: URL of a proxy; by default the environment's.
        client: The caller's own `httpx.AsyncClient`, or a function that makes one.
        limits: Limits of one HTTP request.
        rate_limit: The limit that each request waits for.
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
        """Return the settings that are not None, by name. Raises InputError if one is not in `taken`. what: the model,
        for the message.
        """
        given = {name: value for name, value in self._asdict().items() if value is not None}
        ignored = [name for name in given if name not in taken]
        if ignored:
            raise InputError(f"{what} takes no {' and no '.join(ignored)}")
        return given


_NOTHING_SET = ModelSettings()
OPTIONS = ("api_key", "base_url", "schema_target")
"""The settings of a named model that a guarded call accepts among the model's options."""


def _service(scheme: str, name: str, settings: ModelSettings) -> Provider:
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

        provider = RateLimited(provider, settings.rate_limit)  # inside the retries: each attempt is one request
    return Retrying(provider, attempts=ATTEMPTS if settings.attempts is None else settings.attempts)


def _query(scheme: str, name: str) -> tuple[str, str | None]:
    """Split a model's name and the settings after a "?": "qwen3?schema_target=llguidance"."""
    from urllib.parse import parse_qsl

    name, question, query = name.partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    unknown = [key for key in given if key != "schema_target"]
    if unknown or (question and not given):
        raise InputError(f"after the ? of {scheme}:{name} write schema_target=…, not {query[:40]!r}")
    return name, given.get("schema_target")


def _replay(scheme: str, name: str, settings: ModelSettings) -> Provider:
    from railguard.llm.replay import ReplayModel

    settings.but("replay:")
    return ReplayModel(name)


def _litellm(scheme: str, name: str, settings: ModelSettings) -> Provider:
    from railguard.llm.gateways import litellm

    return litellm(name, **settings.but("litellm:", "api_key", "base_url"))


def _langchain(scheme: str, name: str, settings: ModelSettings) -> Provider:
    from railguard.llm.gateways import langchain

    return langchain(name, **settings.but("langchain:", "api_key", "base_url"))


def _local(scheme: str, name: str, settings: ModelSettings) -> Provider:
    from railguard.llm.local import Local

    settings.but("local:")
    return Local.from_directory(name)


SCHEMES: dict[str, Callable[[str, str, ModelSettings], Provider]] = {
    **dict.fromkeys(SERVICES, _service),
    "litellm": _litellm,
    "langchain": _langchain,
    "local": _local,
    "replay": _replay,
}
"""Maps a scheme to a function that takes the scheme, the name after the colon and the settings, and returns the
Provider.
"""

_FAMILIES = {
    **dict.fromkeys(("gpt", "o1", "o3", "o4", "chatgpt"), "openai"),
    "claude": "anthropic",
    "gemini": "gemini",
    **dict.fromkeys(("mistral", "ministral", "codestral", "magistral"), "mistral"),
    "grok": "xai",
    "deepseek": "deepseek",
}


def single(model: OneModel, settings: ModelSettings | None = None) -> Provider:
    """Return the Provider of one model.

    Args:
        model: What can be asked.
        settings: Its settings, for a name whose scheme accepts them.

    Raises:
        InputError: For anything else, with a suggestion.
    """
    if isinstance(model, FunctionType) and not model.__dict__ and settings is None:
        # It is no class, and has no member of a Provider.
        from railguard.llm.callables import CallableModel

        return CallableModel(model)
    settings = _NOTHING_SET if settings is None else settings
    if isinstance(model, str):
        scheme, colon, name = model.partition(":")
        make = SCHEMES.get(scheme)
        if make is None or not name:
            raise InputError(_unknown(model, scheme, colon, name))
        return make(scheme, name, settings)
    if settings != _NOTHING_SET:
        settings.but("a model that is not a string")
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
