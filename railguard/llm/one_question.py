"""Asks any model one question without a guard, for example for a validator that uses a model as a judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from railguard.llm.models import Model
from railguard.llm.models import model as as_provider
from railguard.llm.names import OPTIONS
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
    """Ask a model once and return its answer unchanged; nothing is validated or asked again.

    Args:
        model: A model, as a guard accepts it: "openai:NAME", "replay:FILE", a Provider, any sync or async callable.
        messages: The conversation.
        schema: JSON Schema of the wanted answer, sent as structured output if the provider supports it.
        timeout: Seconds.
        options: Options of the model ("temperature", …); a model given as text also takes `api_key` and `base_url`.

    Returns:
        The answer. A validator that calls this puts its `usage` into its `PassResult` or `FailResult`.

    Raises:
        InputError: If `model` is not a model.
        ProviderError: If the model gives no answer.
    """
    own = {name: options.pop(name) for name in OPTIONS if isinstance(model, str) and name in options}
    provider = as_provider(model, **own)
    request = Request(tuple(messages), schema, schema is not None, options, timeout)
    return await provider.acomplete(request)
