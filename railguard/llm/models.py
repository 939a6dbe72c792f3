"""What a caller may name as a model, made into a Provider: "openai:gpt-5", "replay:FILE", a Provider, any callable.

A provider is one file beside this one and one line in SCHEMES; nothing else names it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

from railguard.errors import InputError
from railguard.llm.request import Provider
from railguard.llm.retry import ATTEMPTS

__all__ = ["SCHEMES", "Model", "model"]

Model: TypeAlias = str | Provider | Callable[..., Any]
"""What can be asked: "openai:NAME", "replay:FILE", a Provider, or any sync or async callable that takes messages."""


def _openai(name: str, *, api_key: str | None, base_url: str | None, attempts: int) -> Provider:
    from railguard.llm.provider import HTTPProvider
    from railguard.llm.retry import Retrying
    from railguard.llm.services import SERVICES

    return Retrying(HTTPProvider(SERVICES["openai"], name, api_key=api_key, base_url=base_url), attempts=attempts)


def _replay(name: str, *, api_key: str | None, base_url: str | None, attempts: int) -> Provider:
    from railguard.llm.replay import ReplayModel

    _refuse("replay:", api_key, base_url)
    return ReplayModel(name)


SCHEMES: dict[str, Callable[..., Provider]] = {
    "openai": _openai,
    "replay": _replay,
}
"""scheme → a function of the name after the colon, with api_key, base_url and attempts, that gives the Provider."""

_FAMILIES = {"gpt": "openai", "o1": "openai", "o3": "openai", "o4": "openai", "chatgpt": "openai"}


def model(
    model: Model, *, api_key: str | None = None, base_url: str | None = None, attempts: int = ATTEMPTS
) -> Provider:
    """The Provider of a model.

    model: "openai:NAME" for OpenAI or any server that speaks its chat completions; "replay:FILE" for a recorded
    conversation; a Provider, which is returned as it is; or any sync or async callable (see CallableModel).
    api_key, base_url: for a string whose provider takes them; else they come from the environment. attempts: requests
    sent at most for one question, transport retries included; callables are never retried, their SDK does that.

    Raises InputError, with a suggestion, for anything else.
    """
    if isinstance(model, str):
        scheme, colon, name = model.partition(":")
        make = SCHEMES.get(scheme)
        if make is None or not name:
            raise InputError(_unknown(model, scheme, colon, name))
        return make(name, api_key=api_key, base_url=base_url, attempts=attempts)
    _refuse("a model that is not a string", api_key, base_url)
    if inspect.isclass(model):
        raise InputError(f"the model is the class {model.__name__}; pass an instance of it, or a function")
    asks = [name for name in ("complete", "acomplete") if callable(getattr(model, name, None))]
    if len(asks) == 2:
        return model  # type: ignore[return-value]  # it has the shape of a Provider
    if callable(model):
        from railguard.llm.callables import CallableModel

        return CallableModel(model)
    raise InputError(_not_a_model(model, asks))


def _refuse(what: str, api_key: str | None, base_url: str | None) -> None:
    given = [name for name, value in (("api_key", api_key), ("base_url", base_url)) if value is not None]
    if given:
        raise InputError(f"{what} takes no {' and no '.join(given)}")


def _unknown(text: str, scheme: str, colon: str, name: str) -> str:
    from difflib import get_close_matches

    known = ", ".join(f"{scheme}:…" for scheme in SCHEMES)
    if colon and scheme in SCHEMES:
        return f"the model {text!r} has no name after the colon, as in openai:gpt-5"
    close = get_close_matches(scheme.lower(), SCHEMES, n=1) if colon else []
    family = _FAMILIES.get(text.split("-", 1)[0].lower())
    if close:
        guess = f"{close[0]}:{name}" if name else close[0]
    elif not colon and text.endswith((".json", ".jsonl")):
        guess = f"replay:{text}"
    else:
        guess = f"{family}:{text}" if family and text else ""
    return f"unknown model {text[:100]!r}: a model is named scheme:name ({known}), or is a Provider or a callable" + (
        f"; did you mean {guess}?" if guess else ""
    )


def _not_a_model(model: Any, asks: list[str]) -> str:
    kind = f"{type(model).__module__}.{type(model).__qualname__}".removeprefix("builtins.")
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
