"""`GuardMiddleware` for `create_agent`: an agent gives a valid final answer or fails.

The answer is checked, and asked for again by field, inside the agent's model step: the history never contains an
invalid answer or a reask. Steps that call tools pass unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from langchain.agents.middleware import AgentMiddleware, ExtendedModelResponse, ModelRequest, ModelResponse
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, RemoveMessage, SystemMessage, ToolMessage
from langchain_core.messages.ai import add_usage
from langgraph.types import Command

from railguard import Completion, Guard, InputError, Request, SpecError, ValidationOutcome, as_provider
from railguard.integrations.langchain.chat_messages import ChatMessages, schema_in_words
from railguard.integrations.langchain.model_rounds import NO_STREAM, enforced_dialect, response_format

__all__ = ["GuardMiddleware"]

_WITH_TOOLS = "Once you need no tool any more, this is how to write your final answer.\n\n"
_LEFT_OUT = "The result of this tool was left out, because it is not safe."


class GuardMiddleware(AgentMiddleware[Any, Any, Any]):
    """Guards the final answer of an agent: `create_agent(model, tools, middleware=[GuardMiddleware(guard)])`.

    The validated value is the state's `structured_response`; the agent's last message holds it as JSON. If the answer
    stays invalid, ValidationFailed ends the run. If the request offers no tools and the provider can enforce the
    schema, it does; otherwise the schema is added to the system message of each request, and never to the history.

    Rules on messages (`guard.using(…, on="messages.user")` and the like) run on new messages before the agent starts,
    and on the results of tools before the model is shown them.

    `stream_mode="messages"` shows the checked answer as a whole, and no token before it. `astream_events` and callbacks
    are traces, and show the tokens of the model as they arrive.

    Attributes:
        guard: The guard.
    """

    def __init__(self, guard: Guard, *, max_reasks: int = 2, **options: Any) -> None:
        """Make a middleware from a guard.

        Args:
            guard: The guard. Its messages are not used: the agent has the conversation.
            max_reasks: How often failing fields are asked for again, in one model step.
            **options: Other arguments of calling a guard: metadata, timeout, token_budget.

        Raises:
            InputError: If it is not a guard.
        """
        if not isinstance(guard, Guard):
            raise InputError(
                f"GuardMiddleware takes a guard, as Guard.from_pydantic(Person) makes one, not {guard!r:.100}"
            )
        super().__init__()
        self.guard = guard
        self._answers = Guard(replace(guard.spec, messages=(), message_rules=()))
        for event, callback in guard.subscriptions:
            self._answers = self._answers.on(event, callback)
        rules = guard.spec.message_rules
        self._messages = Guard(replace(Guard.from_string().spec, message_rules=rules))
        self._given = {"max_reasks": max_reasks, **options}

    def before_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Run the guard's rules on the new messages.

        Args:
            state: The agent's state.
            runtime: LangGraph's runtime; not used.

        Returns:
            The messages that a rule changed or removed, as an update of the state; None if there are none.

        Raises:
            InputError: If a rule blocks a message, or removes all new ones.
        """
        looks = self._looks(state["messages"], tools=False)
        for look in looks:
            self._messages(look.see, messages=look.shown, **self._about)
        return _changes_of(looks)

    async def abefore_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """`before_agent` on the running event loop.

        Args:
            state: The agent's state.
            runtime: LangGraph's runtime; not used.

        Returns:
            The messages that a rule changed or removed, as an update of the state; None if there are none.

        Raises:
            InputError: If a rule blocks a message, or removes all new ones.
        """
        looks = self._looks(state["messages"], tools=False)
        for look in looks:
            await self._messages.acall(look.asee, messages=look.shown, **self._about)
        return _changes_of(looks)

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ExtendedModelResponse[Any]:
        """Ask the model, and guard its answer if it is the final one. An answer that calls tools passes unchanged.

        Args:
            request: The request that the agent would send.
            handler: Sends it.

        Returns:
            The model's message, with the validated value in the state's `structured_response` if it is the final
            answer.

        Raises:
            InputError: If a rule blocks a tool's result, or create_agent has a response_format of its own.
            ProviderError: If a reask cannot be sent or read.
            ValidationFailed: If the final answer is not valid.
        """
        looks = self._looks(request.messages, tools=True)
        for look in looks:
            self._messages(look.see, messages=look.shown, **self._about)
        changed = [change for look in looks for change in look.changes()]
        request = self._told(request, changed)
        response = handler(request)
        if _calls_tools(response):
            return _stepped(response, changed)
        step = _Step(request, response, handler)
        outcome = self._answers(step, messages=step.conversation.plain, **self._given)
        return step.ended(outcome, changed)

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ExtendedModelResponse[Any]:
        """`wrap_model_call` on the running event loop.

        Args:
            request: The request that the agent would send.
            handler: Sends it.

        Returns:
            The model's message, with the validated value in the state's `structured_response` if it is the final
            answer.

        Raises:
            InputError: If a rule blocks a tool's result, or create_agent has a response_format of its own.
            ProviderError: If a reask cannot be sent or read.
            ValidationFailed: If the final answer is not valid.
        """
        looks = self._looks(request.messages, tools=True)
        for look in looks:
            await self._messages.acall(look.asee, messages=look.shown, **self._about)
        changed = [change for look in looks for change in look.changes()]
        request = self._told(request, changed)
        response = await handler(request)
        if _calls_tools(response):
            return _stepped(response, changed)
        step = _Step(request, response, handler)
        outcome = await self._answers.acall(step, messages=step.conversation.plain, **self._given)
        return step.ended(outcome, changed)

    def _looks(self, messages: Sequence[BaseMessage], *, tools: bool) -> list[_Look]:
        """Return the new messages that the rules must check: the results of tools, or all others."""
        if not self.guard.spec.message_rules:
            return []
        last = max((at for at, message in enumerate(messages) if isinstance(message, AIMessage)), default=-1)
        return [_Look(message) for message in messages[last + 1 :] if isinstance(message, ToolMessage) == tools]

    @property
    def _about(self) -> dict[str, Any]:
        return {"metadata": self._given.get("metadata"), "max_reasks": 0}

    def _told(self, request: ModelRequest[Any], changed: Sequence[BaseMessage]) -> ModelRequest[Any]:
        """Return the request with the schema of the answer, and with a model whose tokens are not streamed."""
        if request.response_format is not None:
            raise InputError(
                "GuardMiddleware sets structured_response itself: leave response_format out of create_agent"
            )
        by_id = {message.id: message for message in changed}
        messages: list[AnyMessage] = [by_id.get(message.id, message) for message in request.messages]  # type: ignore[misc]  # each has the type of the one it replaces
        settings = dict(request.model_settings)
        system = request.system_message
        if not request.tools and "response_format" not in settings and (format := self._format(request.model)):
            settings["response_format"] = format
        elif words := schema_in_words(self.guard):
            system = _with_words(system, _WITH_TOOLS + words if request.tools else words)
        return request.override(
            model=_silent(request.model), messages=messages, system_message=system, model_settings=settings
        )

    def _format(self, model: Any) -> dict[str, Any] | None:
        dialect = enforced_dialect(model)
        if dialect is None or self.guard.json_schema().get("type") != "object":
            return None
        try:
            return response_format(self.guard.json_schema(target=dialect))
        except SpecError:
            return None  # the provider cannot enforce the schema, so the system message contains it


class _Step:
    """One model step of an agent, as a Provider: its first answer exists already, and a reask goes to the agent's
    model.
    """

    name = "agent"

    def __init__(self, request: ModelRequest[Any], response: ModelResponse[Any], handler: Callable[..., Any]) -> None:
        self._request = request
        self._handler = handler
        self._before = response.result[:-1]
        self._message: Any = cast(Any, response.result[-1])
        self._usage = self._message.usage_metadata
        self.conversation = ChatMessages(request.messages)
        enforced = enforced_dialect(request.model) if "response_format" in request.model_settings else None
        self.schema_target: Any = enforced or "draft2020-12"

    def complete(self, request: Request) -> Completion:
        """Return the existing answer, or ask the agent's model for a reask."""
        if request.round == 0:
            return as_provider(lambda _: self._message).complete(request)
        answer = self._answer(self._handler(self._reask(request)))
        return as_provider(lambda _: answer).complete(request)

    async def acomplete(self, request: Request) -> Completion:
        """`complete` on the running event loop."""
        if request.round == 0:
            return await as_provider(lambda _: self._message).acomplete(request)
        answer = self._answer(await self._handler(self._reask(request)))
        return await as_provider(lambda _: answer).acomplete(request)

    def _reask(self, request: Request) -> ModelRequest[Any]:
        messages: list[Any] = self.conversation.restored(request.messages)
        settings = {name: value for name, value in self._request.model_settings.items() if name != "response_format"}
        return self._request.override(messages=messages, model_settings=settings)

    def _answer(self, response: ModelResponse[Any]) -> AIMessage:
        """Return the answer to a reask. If the model calls a tool instead, only its text is used."""
        message: Any = response.result[-1]
        self._usage = add_usage(self._usage, message.usage_metadata)
        if not message.tool_calls:
            return AIMessage(message.content, response_metadata=message.response_metadata)
        return AIMessage(message.text)

    def ended(self, outcome: ValidationOutcome, changed: Sequence[BaseMessage]) -> ExtendedModelResponse[Any]:
        """Return the step's message and the value. Raises ValidationFailed if there is none."""
        outcome.raise_for_failures()
        plain = outcome.to_dict()["output"]
        text = self._message.text
        checked = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
        content = self._message.content if _says(text, plain) else checked
        message = self._message.model_copy(update={"content": content, "usage_metadata": self._usage})
        update: dict[str, Any] = {"structured_response": outcome.output}
        if changed:
            update["messages"] = list(changed)
        return ExtendedModelResponse(ModelResponse(result=[*self._before, message]), Command(update=update))


class _Look:
    """One message that rules check, as a model that records what the rules changed."""

    def __init__(self, message: BaseMessage) -> None:
        self._message = message
        self._sent: list[dict[str, Any]] = []

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The message, followed by one without text, so that one message is left if a rule removes the first."""
        return [*ChatMessages([self._message]).plain, {"role": "user", "content": []}]

    def see(self, messages: list[dict[str, Any]]) -> str:
        self._sent = messages[:-1]
        return "seen"

    async def asee(self, messages: list[dict[str, Any]]) -> str:
        return self.see(messages)

    @property
    def is_left_out(self) -> bool:
        return not self._sent

    def changes(self) -> list[BaseMessage]:
        """Return the messages that replace this one in the history, if any."""
        if self.is_left_out:
            if isinstance(self._message, ToolMessage):  # its call is in the history, and requires a result
                return [self._message.model_copy(update={"content": _LEFT_OUT})]
            return [RemoveMessage(id=str(self._message.id))]
        content = self._sent[0]["content"]
        return [] if content == self._message.content else [self._message.model_copy(update={"content": content})]


def _changes_of(looks: Sequence[_Look]) -> dict[str, Any] | None:
    if looks and all(look.is_left_out for look in looks):
        raise InputError("a rule of the guard removed all new messages")
    changed = [change for look in looks for change in look.changes()]
    return {"messages": changed} if changed else None


def _calls_tools(response: ModelResponse[Any]) -> bool:
    return any(getattr(message, "tool_calls", None) for message in response.result)


def _stepped(response: ModelResponse[Any], changed: Sequence[BaseMessage]) -> ExtendedModelResponse[Any]:
    # A state field that is not set keeps the value of the previous turn.
    update: dict[str, Any] = {"structured_response": None}
    if changed:
        update["messages"] = list(changed)
    return ExtendedModelResponse(response, Command(update=update))


def _says(text: str, plain: Any) -> bool:
    """Whether a text already spells a value, ignoring differences of JSON layout."""
    if isinstance(plain, str):
        return text == plain
    try:
        read = json.loads(text)
    except ValueError:
        return False
    return json.dumps(read, sort_keys=True) == json.dumps(plain, sort_keys=True)


def _silent(model: Any) -> Any:
    if isinstance(model, BaseChatModel):
        return model.model_copy(update={"tags": [*(model.tags or []), NO_STREAM]})
    return model.with_config(tags=[NO_STREAM])


def _with_words(system: SystemMessage | None, words: str) -> SystemMessage:
    if system is None:
        return SystemMessage(words)
    if isinstance(system.content, str):
        return system.model_copy(update={"content": f"{system.content}\n\n{words}"})
    return system.model_copy(update={"content": [*system.content, {"type": "text", "text": words}]})
