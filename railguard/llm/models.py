"""Converts what a caller passes as a model to a Provider: one model, or a list of models with fallback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from railguard.llm.names import ModelSettings, OneModel, single
from railguard.llm.request import Provider

if TYPE_CHECKING:
    from railguard.llm.http import HttpLimits
    from railguard.llm.rate_limit import RateLimit

__all__ = ["Model", "model"]

Model: TypeAlias = OneModel | Sequence[OneModel]
"""A model, as a guard accepts it: "SCHEME:NAME" such as "openai:gpt-5", a Provider, a callable that takes messages, or
a list of these.
"""


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
    """Return the Provider of a model.

    Args:
        model: "SCHEME:NAME", as "openai:gpt-5" or "replay:FILE"; a Provider, which is returned as it is; any sync or
            async callable (see CallableModel); or a list of these (see Fallback). The other arguments apply to a string
            whose scheme accepts them.
        api_key: The API key; by default it is read from the environment.
        base_url: The URL of the API; by default the provider's own server.
        schema_target: The dialect of JSON Schema that the server enforces, if it differs from the preset. The name may
            also contain it: "openai:qwen3?schema_target=llguidance".
        attempts: Largest number of requests for one question, including transport retries; by default 3. Callables are
            never retried here: their SDK does that.
        proxy: URL of a proxy; by default the environment's.
        client: The caller's own `httpx.AsyncClient` (for async calls), or a function that makes one (for all).
        limits: Limits of one HTTP request.
        rate_limit: The limit that each request waits for.

    Returns:
        The provider.

    Raises:
        InputError: For anything else, with a suggestion.
    """
    settings = ModelSettings(api_key, base_url, schema_target, attempts, proxy, client, limits, rate_limit)
    if isinstance(model, (list, tuple)):
        from railguard.llm.fallback import Fallback

        settings.but("a list of models")
        return Fallback(model)
    return single(model, settings)  # type: ignore[arg-type]  # no other sequence is a model; `single` says what is
