"""One question to any model, unguarded: for validators that judge by a model, and for whatever else needs an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from railguard.llm.models import OPTIONS, Model
from railguard.llm.models import model as as_provider
from railguard.llm.request import Request
from railguard.values import Completion, JsonSchema, Message

__all__ = ["ask"]


async def ask(
    model: Model,
    messages: Sequence[Message],
    *,
    schema: JsonSchema | None = None,
    timeout: float | None = 60.0,
    **options: Any,
) -> Completion:
    """Ask a model once and return its answer as it is; nothing is validated, nothing is asked again.

    model: what a guard takes: "openai:NAME", "replay:FILE", a Provider, any sync or async callable. messages: the
    conversation. schema: JSON Schema of the wanted answer, sent as structured output where the provider has that.
    timeout: seconds. options: for the model ("temperature", …); a model named by text also takes `api_key`, `base_url`.

    The completion's `usage` belongs into the `PassResult` or `FailResult` of a validator that asks. Raises InputError for
    what is no model, ProviderError where there is no answer.
    """
    own = {name: options.pop(name) for name in OPTIONS if isinstance(model, str) and name in options}
    provider = as_provider(model, **own)
    request = Request(tuple(messages), schema, schema is not None, options, timeout)
    return await provider.acomplete(request)
