"""Converts what guardrails-ai accepts as a model (`llm_api`, or a name) to a model of railguard."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from railguard import Completion, InputError, Message, Request, as_provider

__all__ = ["Answered", "is_async", "model_of", "takes_stream"]


def is_async(llm_api: Any) -> bool:
    """Whether a function has to be awaited; SDKs wrap theirs in others."""
    return callable(llm_api) and inspect.iscoroutinefunction(inspect.unwrap(llm_api))


def takes_stream(llm_api: Any) -> bool:
    """Whether a function has to be told to stream, by `stream=True`. A model with a name knows it anyway."""
    if llm_api is None or not callable(llm_api) or hasattr(llm_api, "acomplete"):
        return False
    try:
        parameters = inspect.signature(llm_api).parameters
    except (TypeError, ValueError):
        return False
    return "stream" in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())


class Answered:
    """A Provider whose first answer exists already; reasks go to the model."""

    name = "answered"

    def __init__(self, text: str, model: Any) -> None:
        self._text = text
        self._provider = as_provider(model)

    def complete(self, request: Request) -> Completion:
        """Return the answer, or ask the model again."""
        return Completion(self._text) if request.round == 0 else self._provider.complete(request)

    async def acomplete(self, request: Request) -> Completion:
        """`complete` on the running event loop."""
        return Completion(self._text) if request.round == 0 else await self._provider.acomplete(request)


def model_of(llm_api: Any, options: dict[str, Any]) -> Any:
    """Return the model of a call. Without an llm_api, the option "model" names it: "gpt-4o" becomes "openai:gpt-4o",
    "claude-…" becomes "anthropic:claude-…", and a LiteLLM name such as "gemini/gemini-pro" is asked through LiteLLM.

    Raises InputError if neither is given, or if LiteLLM is needed and not installed.
    """
    if llm_api is not None:
        return _callable(llm_api)
    name = options.pop("model", None)
    if not isinstance(name, str):
        raise InputError('give a model: model="gpt-4o", or a function as the first argument')
    provider, slash, rest = name.partition("/")
    if not slash or provider == "openai":
        if ":" in name:
            return name
        return f"anthropic:{name}" if name.startswith("claude") else f"openai:{rest or name}"
    try:
        import litellm  # type: ignore[import-not-found, unused-ignore]  # only needed for such names
    except ImportError as error:
        raise InputError(f"the model {name!r} is asked through LiteLLM: pip install litellm") from error

    def complete(messages: list[Message], **more: Any) -> Any:
        return litellm.completion(model=name, messages=messages, **more)

    return complete


def _callable(llm_api: Any) -> Any:
    """Adapt a function. One that takes messages is unchanged. One that takes a prompt (or `prompt=`) gets the text of
    the last message, and if it has these parameters, the system message as `instructions=` and all messages as
    `msg_history=`.
    """
    if not callable(llm_api) or (hasattr(llm_api, "complete") and hasattr(llm_api, "acomplete")):
        return llm_api
    try:
        parameters = inspect.signature(llm_api).parameters
    except (TypeError, ValueError):
        return llm_api
    if "messages" in parameters:
        return _by_name(llm_api, is_async(llm_api))
    named = [name for name in ("prompt", "instructions", "msg_history") if name in parameters]
    positional = [
        p.name
        for p in parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty and p.name not in named
    ]
    if not named and not positional:
        return _by_name(llm_api, is_async(llm_api))  # **kwargs: it accepts any argument

    def given(messages: Sequence[Message]) -> tuple[list[Any], dict[str, Any]]:
        system = [str(message["content"]) for message in messages if message["role"] == "system"]
        texts = [f"{message['content']}" for message in messages if message["role"] != "system"]
        prompt = "\n\n".join(texts if "instructions" in named else [*system, *texts])
        by_name: dict[str, Any] = {}
        if "prompt" in named:
            by_name["prompt"] = prompt
        if "instructions" in named:
            by_name["instructions"] = "\n\n".join(system) or None
        if "msg_history" in named:
            by_name["msg_history"] = list(messages)
        return ([prompt] if positional else []), by_name

    if is_async(llm_api):

        async def aask(messages: list[Message], **more: Any) -> Any:
            args, kwargs = given(messages)
            return await llm_api(*args, **kwargs, **more)

        return aask

    def ask(messages: list[Message], **more: Any) -> Any:
        args, kwargs = given(messages)
        return llm_api(*args, **kwargs, **more)

    return ask


def _by_name(llm_api: Callable[..., Any], is_async: bool) -> Any:
    if is_async:

        async def aask(messages: list[Message], **more: Any) -> Any:
            return await llm_api(messages=messages, **more)

        return aask

    def ask(messages: list[Message], **more: Any) -> Any:
        return llm_api(messages=messages, **more)

    return ask
