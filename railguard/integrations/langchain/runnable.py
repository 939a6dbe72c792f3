"""`guard.to_runnable(model)`: a guarded model call as a step of a LangChain chain.

The guard is one run. Each of its rounds is a child run of the model, so that a trace shows each reask.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing, closing
from typing import Any

from langchain_core.messages import AnyMessage
from langchain_core.prompt_values import ChatPromptValue, StringPromptValue
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from langchain_core.runnables.utils import ConfigurableFieldSpec
from pydantic import BaseModel, ConfigDict, Field, RootModel, create_model

from railguard import Guard, InputError, ValidationOutcome, as_provider
from railguard.integrations.langchain.chat_messages import ChatMessages, chat_messages
from railguard.integrations.langchain.model_rounds import RunManager, rounds_of
from railguard.integrations.langchain.streaming import Chunks, chunks_of

__all__ = ["GuardRunnable"]


class GuardRunnable(RunnableSerializable[Any, Any]):
    """A guard and its model, as a Runnable. `guard.to_runnable(model)` makes one.

    Its input is a dict of the spec's variables, which fills the spec's messages; or a conversation that replaces them:
    a prompt value, messages, one message, or a text. If the spec has exactly one variable, a text is its value instead.
    Other keys of a dict that has all variables are ignored. Of a graph's state, a guard without variables takes
    "messages".

    Its output is the validated value; if there is none, it raises ValidationFailed. With include_outcome=True the
    output is the ValidationOutcome, and a failure raises nothing. A stream yields checked values only.

    Keywords of `bind`, `invoke` and the others go to the model, except those of a guarded call (max_reasks, metadata,
    timeout, token_budget, reask_mode), which go to the guard.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    guard: Guard
    """The guard that asks and validates."""
    model: Any
    """The model: a chat model or a chain that ends in one, or any other model that a guard accepts."""
    max_reasks: int = 2
    """How often failing fields may be asked for again."""
    include_outcome: bool = False
    """Whether the output is the ValidationOutcome instead of the value."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Keywords for every call."""

    def model_post_init(self, context: Any, /) -> None:
        """Check the model.

        Args:
            context: pydantic's; not used.

        Raises:
            InputError: If it cannot be used as a model.
        """
        from langchain_core.runnables import Runnable

        if not isinstance(self.model, Runnable):
            as_provider(self.model)
        elif "messages" in getattr(self.model, "channels", ()):
            raise InputError(
                "the model is an agent or a graph, whose input and output are a state: give create_agent "
                "middleware=[GuardMiddleware(guard)], or the model itself here"
            )

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Whether LangChain can write this as JSON.

        Returns:
            False: a guard may hold functions.
        """
        return False

    @property
    def config_specs(self) -> list[ConfigurableFieldSpec]:
        """The fields that the config can set: those of the model."""
        return list(getattr(self.model, "config_specs", []))

    def get_input_schema(self, config: RunnableConfig | None = None) -> type[BaseModel]:
        """The input as a pydantic model: the variables of the spec; without any, a conversation.

        Args:
            config: LangChain's config; it changes nothing here.

        Returns:
            The model.
        """
        names = self.guard.variables
        if names:
            fields: dict[str, Any] = dict.fromkeys(names, (Any, ...))
            return create_model(self.get_name("Input"), **fields)
        return create_model(self.get_name("Input"), __base__=_ConversationInput)

    @property
    def InputType(self) -> Any:
        """The type of the input: Any."""
        return Any

    @property
    def OutputType(self) -> Any:
        """The type of the output: the pydantic model or type that the guard was made from, else Any."""
        return Any if self.include_outcome else output_type(self.guard)

    def get_output_schema(self, config: RunnableConfig | None = None) -> Any:
        """The output as a pydantic model.

        Args:
            config: LangChain's config; it changes nothing here.

        Returns:
            The model.
        """
        if self.include_outcome or self.OutputType is not Any:
            return super().get_output_schema(config)
        return output_schema(self.guard, self.get_name("Output"))

    def get_output_jsonschema(self, config: RunnableConfig | None = None) -> dict[str, Any]:
        """The JSON Schema of the output.

        Args:
            config: LangChain's config; it changes nothing here.

        Returns:
            The schema; with include_outcome=True, that of any object.
        """
        return {"type": "object"} if self.include_outcome else self.guard.json_schema()

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Ask the model until its answer is valid or the budget is spent.

        Args:
            input: The variables as a dict, or a conversation: a prompt value, messages, one message or a text.
            config: LangChain's config: callbacks, tags, metadata.
            **kwargs: Arguments of a guarded call (max_reasks, metadata, timeout, …); others go to the model.

        Returns:
            The validated value, or the ValidationOutcome with include_outcome=True.

        Raises:
            InputError: If the input does not fit the guard, or breaks one of its rules.
            ProviderError: If the model cannot be asked.
            ValidationFailed: If the answer is not valid, unless include_outcome is true.
        """
        return self._call_with_config(self._invoke, input, config, **kwargs)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """`invoke` on the running event loop.

        Args:
            input: The variables as a dict, or a conversation: a prompt value, messages, one message or a text.
            config: LangChain's config: callbacks, tags, metadata.
            **kwargs: Arguments of a guarded call (max_reasks, metadata, timeout, …); others go to the model.

        Returns:
            The validated value, or the ValidationOutcome with include_outcome=True.

        Raises:
            InputError: If the input does not fit the guard, or breaks one of its rules.
            ProviderError: If the model cannot be asked.
            ValidationFailed: If the answer is not valid, unless include_outcome is true.
        """
        return await self._acall_with_config(self._ainvoke, input, config, **kwargs)

    def stream(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Iterator[Any]:
        """Ask the model, and yield checked values as they become known. Added up, the chunks are the output of
        `invoke`.

        Args:
            input: The variables as a dict, or a conversation: a prompt value, messages, one message or a text.
            config: LangChain's config: callbacks, tags, metadata.
            **kwargs: Arguments of a guarded call (max_reasks, metadata, timeout, …); others go to the model.

        Yields:
            Parts of the output.

        Raises:
            InputError: If the input does not fit the guard, or breaks one of its rules.
            ProviderError: If the model cannot be asked.
            ValidationFailed: If the answer is not valid, unless include_outcome is true.
        """
        yield from self._transform_stream_with_config(iter([input]), self._stream, config, **kwargs)

    async def astream(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> AsyncIterator[Any]:
        """`stream` on the running event loop.

        Args:
            input: The variables as a dict, or a conversation: a prompt value, messages, one message or a text.
            config: LangChain's config: callbacks, tags, metadata.
            **kwargs: Arguments of a guarded call (max_reasks, metadata, timeout, …); others go to the model.

        Yields:
            Parts of the output.

        Raises:
            InputError: If the input does not fit the guard, or breaks one of its rules.
            ProviderError: If the model cannot be asked.
            ValidationFailed: If the answer is not valid, unless include_outcome is true.
        """

        async def inputs() -> AsyncIterator[Any]:
            yield input

        chunks: Any = self._atransform_stream_with_config(inputs(), self._astream, config, **kwargs)
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk

    def _invoke(self, input: Any, run_manager: Any, config: RunnableConfig, **kwargs: Any) -> Any:
        model, given = self._given(input, run_manager, config, kwargs)
        return self._output(self.guard(model, **given))

    async def _ainvoke(self, input: Any, run_manager: Any, config: RunnableConfig, **kwargs: Any) -> Any:
        model, given = self._given(input, run_manager, config, kwargs)
        return self._output(await self.guard.acall(model, **given))

    def _stream(self, inputs: Iterator[Any], run_manager: Any, config: RunnableConfig, **kwargs: Any) -> Iterator[Any]:
        for input in inputs:
            model, given = self._given(input, run_manager, config, kwargs)
            chunks = self._chunks(given)
            events: Any = self.guard.stream(model, raw=chunks.raw, **given)
            with closing(events):  # if the caller abandons the stream, the model's answer is closed at once
                for event in events:
                    yield from chunks.feed(event) if event.outcome is None else chunks.last(event.outcome)

    async def _astream(
        self, inputs: AsyncIterator[Any], run_manager: Any, config: RunnableConfig, **kwargs: Any
    ) -> AsyncIterator[Any]:
        async for input in inputs:
            model, given = self._given(input, run_manager, config, kwargs)
            chunks = self._chunks(given)
            events: Any = self.guard.astream(model, raw=chunks.raw, **given)
            async with aclosing(events):
                async for event in events:
                    for chunk in chunks.feed(event) if event.outcome is None else chunks.last(event.outcome):
                        yield chunk

    def _chunks(self, given: Mapping[str, Any]) -> Chunks:
        return chunks_of(
            self.guard,
            max_reasks=given["max_reasks"],
            include_outcome=self.include_outcome,
            metadata=given.get("metadata"),
        )

    def _given(
        self, input: Any, run_manager: RunManager, config: RunnableConfig, kwargs: Mapping[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Return the model of a call, and the arguments for the guard."""
        given = {"max_reasks": self.max_reasks, **self.options, **kwargs}
        conversation = self._question(input, given)
        return rounds_of(self.model, config, run_manager, conversation), given

    def _question(self, input: Any, given: dict[str, Any]) -> ChatMessages | None:
        names = self.guard.variables
        if isinstance(input, Mapping):
            if names and (set(input) != {"messages"} or "messages" in names):
                # A chain's dict may hold more than the variables, as for LangChain's prompts; a missing one is told.
                has_all = set(names) <= set(input)
                given["variables"] = {name: input[name] for name in names} if has_all else dict(input)
                return None
            if "messages" not in input and not self.guard.spec.messages:
                raise InputError(
                    f"the guard has no messages, so it takes no dict of variables ({', '.join(map(str, input))}): write "
                    "`prompt | guard.to_runnable(model)`, or give the guard messages with these variables"
                )
            if "messages" not in input:
                given["variables"] = dict(input)
                return None
            input = input["messages"]  # of a graph's state, whatever else that holds
        if isinstance(input, str) and names:
            if len(names) > 1:
                shown = ", ".join(f'"{name}": …' for name in names)
                raise InputError(f"the guard has {len(names)} variables, so it takes {{{shown}}} and not a text")
            given["variables"] = {names[0]: input}
            return None
        conversation = chat_messages(input)
        given["messages"] = conversation.plain
        return conversation

    def _output(self, outcome: ValidationOutcome) -> Any:
        if self.include_outcome:
            return outcome
        outcome.raise_for_failures()
        return outcome.output


def output_type(guard: Guard) -> Any:
    """Return the pydantic model or type that a guard was made from; Any for plain data."""
    return guard.spec.schema.source if guard.spec.schema.user_model is not None else Any


def output_schema(guard: Guard, name: str) -> type[BaseModel]:
    """Return a pydantic model for plain data, with the guard's JSON Schema."""
    shown = guard.json_schema()

    class Output(RootModel[Any]):
        @classmethod
        def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
            return {"title": name, **shown}

    Output.__name__ = name
    return Output


class _ConversationInput(BaseModel):
    messages: str | StringPromptValue | ChatPromptValue | list[AnyMessage]
