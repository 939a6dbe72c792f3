"""A LangChain model as a Provider: each round of a guarded call is one run of the model, a child of the guard's run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from langchain_core.callbacks import AsyncCallbackManagerForChainRun, CallbackManagerForChainRun
from langchain_core.messages import BaseMessage, convert_to_messages
from langchain_core.runnables import Runnable, RunnableConfig, RunnableWithFallbacks
from langchain_core.runnables.base import RunnableBindingBase
from langchain_core.runnables.config import patch_config
from langchain_core.runnables.configurable import DynamicRunnable

from railguard import Completion, InputError, Provider, Request, as_provider
from railguard.integrations.langchain.chat_messages import ChatMessages

__all__ = ["NO_STREAM", "RunManager", "enforced_dialect", "response_format", "rounds_of"]

NO_STREAM = "nostream"
"""LangGraph's tag for a model whose tokens `stream_mode="messages"` does not show."""

Dialect: TypeAlias = Literal["openai-strict", "anthropic", "gemini"]

RunManager: TypeAlias = CallbackManagerForChainRun | AsyncCallbackManagerForChainRun


class Rounds:
    """A Provider that asks a Runnable, or another Provider, as a child of the guard's run. Made for one call of a
    guard.

    The first question's run is tagged "ask", those after it "reask:1", "reask:2", …; their metadata has
    `railguard_round`. In a node of LangGraph they are also tagged "nostream", because their tokens are not checked.
    """

    def __init__(self, config: RunnableConfig, run_manager: RunManager) -> None:
        self._config = config
        self._run_manager = run_manager

    def child(self, request: Request) -> RunnableConfig:
        """The config of the run that answers a request."""
        tag = "ask" if request.round == 0 else f"reask:{request.round}"
        config = patch_config(self._config, callbacks=self._run_manager.get_child(tag))
        config["metadata"] = {**config.get("metadata", {}), "railguard_round": request.round}
        if "langgraph_node" in config["metadata"]:
            config["tags"] = [*config.get("tags", []), NO_STREAM]
        return config


class ProviderRounds(Rounds):
    """The rounds of a model that is not LangChain's; the guard's own Provider for it is asked."""

    def __init__(self, provider: Provider, config: RunnableConfig, run_manager: RunManager) -> None:
        super().__init__(config, run_manager)
        self._run = _ProviderRun(provider)
        self.name: str = provider.name
        self.schema_target: Any = getattr(provider, "schema_target", "draft2020-12")
        self.carries_schemas: bool = bool(getattr(provider, "carries_schemas", True))
        self.cheap_schemas: bool = bool(getattr(provider, "cheap_schemas", False))

    def complete(self, request: Request) -> Completion:
        """Send the request."""
        completion: Completion = self._run.invoke(request, self.child(request))
        return completion

    async def acomplete(self, request: Request) -> Completion:
        """Send the request on the running event loop."""
        completion: Completion = await self._run.ainvoke(request, self.child(request))
        return completion

    def stream(self, request: Request) -> Iterator[Any]:
        """Stream the answer."""
        return self._run.stream(request, self.child(request))

    def astream(self, request: Request) -> AsyncIterator[Any]:
        """Stream the answer on the running event loop."""
        return self._run.astream(request, self.child(request))


class ModelRounds(Rounds):
    """The rounds of a model of LangChain.

    If the model can enforce a schema, the schema of the answer is sent as `response_format`, unless the options set
    one; the option response_format=None omits it.
    """

    cheap_schemas = False

    def __init__(
        self,
        model: Runnable[Any, Any],
        config: RunnableConfig,
        run_manager: RunManager,
        conversation: ChatMessages | None,
    ) -> None:
        super().__init__(config, run_manager)
        self._model = model
        self._conversation = conversation
        self._dialect = enforced_dialect(model, config)
        self.name: str = model.get_name()
        self.schema_target: Any = self._dialect or "draft2020-12"
        self.carries_schemas = self._dialect is not None

    def complete(self, request: Request) -> Completion:
        """Invoke the model."""
        messages, config = self._messages(request), self.child(request)

        def invoke(_: Any, **options: Any) -> Any:
            return _checked(self._model.invoke(messages, config, **options), self.name)

        completion: Completion = self._reader(invoke).complete(self._bound(request))
        return completion

    async def acomplete(self, request: Request) -> Completion:
        """Invoke the model on the running event loop."""
        messages, config = self._messages(request), self.child(request)

        async def invoke(_: Any, **options: Any) -> Any:
            return _checked(await self._model.ainvoke(messages, config, **options), self.name)

        completion: Completion = await self._reader(invoke).acomplete(self._bound(request))
        return completion

    def stream(self, request: Request) -> Iterator[Any]:
        """Stream the model."""
        messages, config = self._messages(request), self.child(request)

        def chunks(_: Any, **options: Any) -> Any:
            for chunk in self._model.stream(messages, config, **options):
                yield _checked(chunk, self.name)

        pieces: Iterator[Any] = self._reader(chunks).stream(self._bound(request))
        return pieces

    def astream(self, request: Request) -> AsyncIterator[Any]:
        """Stream the model on the running event loop."""
        messages, config = self._messages(request), self.child(request)

        async def chunks(_: Any, **options: Any) -> Any:
            async with _closing(self._model.astream(messages, config, **options)) as stream:
                async for chunk in stream:
                    yield _checked(chunk, self.name)

        pieces: AsyncIterator[Any] = self._reader(chunks).astream(self._bound(request))
        return pieces

    def _reader(self, function: Any) -> Any:
        """Return a function that converts a message of LangChain to a Completion, with the Provider of a callable."""
        function.__name__ = self.name
        return as_provider(function)

    def _messages(self, request: Request) -> list[BaseMessage]:
        if self._conversation is None:
            return convert_to_messages(list(request.messages))
        return self._conversation.restored(request.messages)

    def _bound(self, request: Request) -> Request:
        options = dict(request.options)
        if "response_format" in options:
            if options["response_format"] is None:
                del options["response_format"]
        elif self._dialect is not None and request.strict and request.schema is not None:
            options["response_format"] = response_format(request.schema)
        return replace(request, options=options)


class _ProviderRun(Runnable[Request, Any]):
    """Runs a Provider's calls as runs of LangChain."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.name = provider.name

    def invoke(self, input: Request, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return self._call_with_config(self._provider.complete, input, config)

    async def ainvoke(self, input: Request, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        return await self._acall_with_config(self._provider.acomplete, input, config)

    def stream(self, input: Request, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Any]:
        provider: Any = self._provider

        def pieces(requests: Iterator[Request]) -> Iterator[Any]:
            for request in requests:
                if hasattr(provider, "stream"):
                    yield from provider.stream(request)
                else:
                    yield provider.complete(request)

        return self._transform_stream_with_config(iter([input]), pieces, config)

    async def astream(self, input: Request, config: RunnableConfig | None = None, **kwargs: Any) -> AsyncIterator[Any]:
        provider: Any = self._provider

        async def inputs() -> AsyncIterator[Request]:
            yield input

        async def pieces(requests: AsyncIterator[Request]) -> AsyncIterator[Any]:
            async for request in requests:
                if not hasattr(provider, "astream"):
                    yield await provider.acomplete(request)
                    continue
                async with _closing(provider.astream(request)) as answer:
                    async for piece in answer:
                        yield piece

        async with _closing(self._atransform_stream_with_config(inputs(), pieces, config)) as run:
            async for piece in run:
                yield piece


@asynccontextmanager
async def _closing(stream: Any) -> AsyncIterator[Any]:
    """Return an async iterator that is closed together with its reader, and not only when it is garbage-collected."""
    try:
        yield stream
    finally:
        close = getattr(stream, "aclose", None)
        if close is not None:
            await close()


def response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a JSON Schema as the `response_format` of LangChain's chat models, which is OpenAI's."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema), "strict": True}}


_DIALECTS: dict[str, Dialect] = {
    "BaseChatOpenAI": "openai-strict",  # ChatOpenAI, AzureChatOpenAI, and their subclasses
    "ChatAnthropic": "anthropic",
    "ChatGoogleGenerativeAI": "gemini",
}
"""Maps a class of chat models to the dialect of JSON Schema that it enforces as `response_format`."""


def enforced_dialect(model: Any, config: RunnableConfig | None = None) -> Dialect | None:
    """Return the dialect of JSON Schema that a chat model can enforce by `response_format`; None if it cannot, or if
    tools or a format are bound to it. A model inside a binding, a retry or fallbacks, or chosen by the config, is looked
    up.
    """
    while True:
        if isinstance(model, RunnableBindingBase):
            if {"response_format", "tools", "functions"} & model.kwargs.keys():
                return None
            model = model.bound
        elif isinstance(model, RunnableWithFallbacks):
            dialects = {enforced_dialect(one, config) for one in model.runnables}
            return dialects.pop() if len(dialects) == 1 else None
        elif isinstance(model, DynamicRunnable):
            model, config = model.prepare(config)
        elif type(model).__name__ == "_ConfigurableModel":  # of init_chat_model(configurable_fields=…)
            model = model._model(config)
        else:
            break
    found = next((_DIALECTS[cls.__name__] for cls in type(model).__mro__ if cls.__name__ in _DIALECTS), None)
    if found == "openai-strict":
        return found  # also servers that are not OpenAI's; their models are unknown
    return found if (getattr(model, "profile", None) or {}).get("structured_output") else None


def rounds_of(
    model: Any, config: RunnableConfig, run_manager: RunManager, conversation: ChatMessages | None
) -> ModelRounds | ProviderRounds:
    """Return the provider that asks a model as child runs. conversation: the original messages, if messages were given."""
    if isinstance(model, Runnable):
        return ModelRounds(model, config, run_manager, conversation)
    return ProviderRounds(as_provider(model), config, run_manager)


def _checked(answer: Any, name: str) -> Any:
    """Check that an answer comes from a model, and return it. Otherwise raises InputError with the type of the answer."""
    if isinstance(answer, (str, BaseMessage, Completion)):
        return answer
    raise InputError(
        f"{name} gave {type(answer).__name__}, which is not a model's answer. Give to_runnable a chat model, or a chain "
        "that ends in one; the values of with_structured_output are read already: give the model itself"
    )
