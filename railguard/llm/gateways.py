"""Models that are reached through LiteLLM or LangChain. These libraries do their own retries.

Their sync functions run in a thread: they cannot be interrupted, and may wait longer than a call has time.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import Any

from railguard.errors import InputError
from railguard.llm.callables import CallableModel
from railguard.llm.request import Request
from railguard.llm.retry import DEFAULT_DEADLINE
from railguard.values import Completion

__all__ = ["Gateway", "langchain", "litellm"]


class Gateway:
    """A Provider that calls a library's sync and async functions, for whole answers and for streams."""

    def __init__(
        self,
        name: str,
        *,
        ask: Callable[..., Any],
        aask: Callable[..., Any],
        stream: Callable[..., Any],
        astream: Callable[..., Any],
        schema_options: Callable[[Request], dict[str, Any]] = lambda request: {},
        schema_target: Any = "draft2020-12",
        identity: str | None = None,
        timeout_option: str | None = None,
    ) -> None:
        """Store the functions of the library.

        Args:
            name: The name in messages and records.
            ask: Takes messages and options, and returns the library's response.
            aask: The same as `ask`, as a coroutine function.
            stream: Takes messages and options, and returns an iterator of the library's chunks.
            astream: The same as `stream`, as an async generator function.
            schema_options: Returns the options with which the library sends a request's schema.
            schema_target: The dialect of JSON Schema that the model enforces.
            identity: The URL of the server, if it is not the library's own.
            timeout_option: The option for the seconds that a request may take, if the library has one.
        """
        self.name: str = name
        self.schema_target: Any = schema_target
        self.identity: str | None = identity
        self._ask, self._aask = CallableModel(ask, name=name), CallableModel(aask, name=name)
        self._stream, self._astream = CallableModel(stream, name=name), CallableModel(astream, name=name)
        self._schema_options, self._timeout_option = schema_options, timeout_option

    def __repr__(self) -> str:
        return f"<Gateway {self.name}>"

    def complete(self, request: Request) -> Completion:
        """Ask, and wait for the answer. Raises ProviderError."""
        from railguard.llm.event_loop import run_sync

        return run_sync(lambda: self._ask.acomplete(self._prepared(request)))

    async def acomplete(self, request: Request) -> Completion:
        """Ask, and wait for the answer. Raises ProviderError."""
        return await self._aask.acomplete(self._prepared(request))

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Ask, and yield the answer's text as it arrives, then its Completion."""
        from railguard.llm.event_loop import iterate

        with closing(iterate(lambda: self._stream.astream(self._prepared(request)))) as pieces:
            yield from pieces

    def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Ask, and yield the answer's text as it arrives, then its Completion."""
        return self._astream.astream(self._prepared(request))

    def _prepared(self, request: Request) -> Request:
        more = self._schema_options(request) if request.strict and request.schema is not None else {}
        if self._timeout_option is not None:
            more[self._timeout_option] = DEFAULT_DEADLINE if request.timeout is None else request.timeout
        return replace(request, options={**more, **request.options})


def litellm(name: str, *, api_key: str | None = None, base_url: str | None = None) -> Gateway:
    """Return the Provider of a model that LiteLLM reaches.

    Args:
        name: LiteLLM's name of the model, such as "bedrock/anthropic.claude-v2".
        api_key: The API key; by default LiteLLM reads its own environment variables.
        base_url: The URL of the server; by default LiteLLM's.

    Raises:
        InputError: If LiteLLM is not installed.
    """
    # Else importing it asks a server for a newer list of models, at each start of a program.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    try:
        import litellm as library
    except ImportError:
        raise InputError(f"litellm:{name} needs the package litellm: pip install 'railguard[litellm]'") from None
    library.suppress_debug_info = True  # else it prints advice to stdout when a request fails
    given = {"model": name, "api_key": api_key, "base_url": base_url}
    given = {key: value for key, value in given.items() if value is not None}

    def schema_options(request: Request) -> dict[str, Any]:
        if not library.supports_response_schema(model=name):
            return {}
        schema = {"name": "answer", "schema": request.schema, "strict": True}
        return {"response_format": {"type": "json_schema", "json_schema": schema}}

    def ask(messages: list[Any], **options: Any) -> Any:
        return library.completion(messages=messages, **given, **options)

    async def aask(messages: list[Any], **options: Any) -> Any:
        return await library.acompletion(messages=messages, **given, **options)

    async def astreamed(messages: list[Any], **options: Any) -> Any:
        async for chunk in await library.acompletion(messages=messages, stream=True, **given, **options):
            yield chunk

    return Gateway(
        f"litellm:{name}",
        ask=ask,
        aask=aask,
        stream=partial(ask, stream=True),
        astream=astreamed,
        schema_options=schema_options,
        schema_target="openai-strict",
        identity=base_url,
        timeout_option="timeout",
    )


def langchain(name: str, *, api_key: str | None = None, base_url: str | None = None) -> Gateway:
    """Return the Provider of a chat model of LangChain.

    Args:
        name: A name for LangChain's `init_chat_model`, such as "openai:gpt-5" or "claude-sonnet-5".
        api_key: The API key; by default LangChain's integration reads its own environment variables.
        base_url: The URL of the server; by default the integration's.

    Raises:
        InputError: If LangChain, or its package for this model, is not installed, or there is no such provider.
    """
    try:
        from langchain.chat_models import init_chat_model
    except ImportError:
        raise InputError(f"langchain:{name} needs the package langchain: pip install 'railguard[langchain]'") from None
    given: dict[str, Any] = {}
    if api_key is not None:
        given["api_key"] = api_key
    if base_url is not None:
        given["base_url"] = base_url
    try:
        model = init_chat_model(name, **given)
    except (ImportError, ValueError) as error:
        raise InputError(f"LangChain has no model for {name!r}: {error}") from None

    def ask(messages: list[Any], **options: Any) -> Any:
        return model.invoke(messages, **options)

    async def aask(messages: list[Any], **options: Any) -> Any:
        return await model.ainvoke(messages, **options)

    def streamed(messages: list[Any], **options: Any) -> Any:
        return model.stream(messages, **options)

    async def astreamed(messages: list[Any], **options: Any) -> Any:
        async for chunk in model.astream(messages, **options):
            yield chunk

    return Gateway(f"langchain:{name}", ask=ask, aask=aask, stream=streamed, astream=astreamed, identity=base_url)
