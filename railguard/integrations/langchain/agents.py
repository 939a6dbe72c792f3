"""`GuardMiddleware` for `create_agent`: an agent whose final answer is valid, or is not given.

The answer is checked, and asked for again by field, inside the agent's model step: the history never holds an answer that
was not valid, nor a reask. Steps that call tools pass untouched.
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
from railguard.integrations.langchain.messages import Conversation, schema_in_words
from railguard.integrations.langchain.rounds import enforced_dialect, response_format

__all__ = ["GuardMiddleware"]

_NO_STREAM = "nostream"
"""LangGraph's tag for a model whose tokens `stream_mode="messages"` does not show."""
_WITH_TOOLS = "Once you need no tool any more, this is how to write your final answer.\n\n"
_LEFT_OUT = "The result of this tool was left out, because it is not safe."


class GuardMiddleware(AgentMiddleware[Any, Any, Any]):
    """Guards the final answer of an agent: `create_agent(model, tools, middleware=[GuardMiddleware(guard)])`.

    The validated value is the state's `structured_response`; the agent's last message holds it as JSON. Where it stays
    invalid, ValidationFailed ends the run. A model that offers no tools is made to keep to the schema by its provider,
    if that can; else the schema is told at the end of the system message of each request, and never in the history.

    Rules that `guard.using(…, on="messages.user")` and the like put on messages are run before the agent, on the messages
    that are new, and on the results of tools when the model is shown them.

    `stream_mode="messages"` shows the checked answer as a whole, and no token before it. `astream_events` and callbacks
    are traces, and show the tokens of the model as they come.
    """

    def __init__(self, guard: Guard, *, max_reasks: int = 2, **options: Any) -> None:
        """A middleware of a guard.

        Args:
            guard: the guard. Its messages are not used: the conversation is the agent's.
            max_reasks: how often failing fields are asked for again, in one model step.
            **options: what calling a guard takes besides: metadata, timeout, token_budget.
        """
        super().__init__()
        self.guard = guard
        self._answers = Guard(replace(guard.spec, messages=(), message_rules=()))
        for event, callback in guard.subscriptions:
            self._answers = self._answers.on(event, callback)
        rules = guard.spec.message_rules
        self._messages = Guard(replace(Guard.from_string().spec, message_rules=rules))
        self._given = {"max_reasks": max_reasks, **options}

    def before_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Run the guard's rules on the messages that are new. Raises InputError for one that a rule blocks."""
        looks = self._looks(state["messages"], tools=False)
        for look in looks:
            self._messages(look.see, messages=look.shown, **self._about)
        return _changes_of(looks)

    async def abefore_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """`before_agent` on the running event loop."""
        looks = self._looks(state["messages"], tools=False)
        for look in looks:
            await self._messages.acall(look.asee, messages=look.shown, **self._about)
        return _changes_of(looks)

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ExtendedModelResponse[Any]:
        """Ask the model; guard its answer if it is the final one."""
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
        """`wrap_model_call` on the running event loop."""
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
        """The messages after the model's last that its rules are to look at: results of tools, or all others."""
        if not self.guard.spec.message_rules:
            return []
        last = max((at for at, message in enumerate(messages) if isinstance(message, AIMessage)), default=-1)
        return [_Look(message) for message in messages[last + 1 :] if isinstance(message, ToolMessage) == tools]

    @property
    def _about(self) -> dict[str, Any]:
        return {"metadata": self._given.get("metadata"), "max_reasks": 0}

    def _told(self, request: ModelRequest[Any], changed: Sequence[BaseMessage]) -> ModelRequest[Any]:
        """The request with the schema of the answer on it, and with a model whose tokens are not streamed."""
        if request.response_format is not None:
            raise InputError(
                "GuardMiddleware sets structured_response itself: leave response_format out of create_agent"
            )
        by_id = {message.id: message for message in changed}
        messages: list[AnyMessage] = [by_id.get(message.id, message) for message in request.messages]  # type: ignore[misc]  # each is of the kind it replaces
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
            return None  # the provider cannot be given it: it is told in words


class _Step:
    """One model step of an agent, as a Provider: its first answer is there, and a reask goes to the agent's model."""

    name = "agent"

    def __init__(self, request: ModelRequest[Any], response: ModelResponse[Any], handler: Callable[..., Any]) -> None:
        self._request = request
        self._handler = handler
        self._before = response.result[:-1]
        self._message: Any = cast(Any, response.result[-1])
        self._usage = self._message.usage_metadata
        self.conversation = Conversation(request.messages)
        enforced = enforced_dialect(request.model) if "response_format" in request.model_settings else None
        self.schema_target: Any = enforced or "draft2020-12"

    def complete(self, request: Request) -> Completion:
        """The answer that is there, or that of the agent's model to a reask."""
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
        """What a reask brought. Of a model that calls a tool instead only its text counts."""
        message: Any = response.result[-1]
        self._usage = add_usage(self._usage, message.usage_metadata)
        if not message.tool_calls:
            return AIMessage(message.content, response_metadata=message.response_metadata)
        return AIMessage(message.text)

    def ended(self, outcome: ValidationOutcome, changed: Sequence[BaseMessage]) -> ExtendedModelResponse[Any]:
        """The step's message and the value. Raises ValidationFailed where there is none."""
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
    """One message that rules look at, and a model that only takes what they have made of it."""

    def __init__(self, message: BaseMessage) -> None:
        self._message = message
        self._sent: list[dict[str, Any]] = []

    @property
    def shown(self) -> list[dict[str, Any]]:
        """The message, and one without text, so that something is left if a rule leaves it out."""
        return [*Conversation([self._message]).plain, {"role": "user", "content": []}]

    def see(self, messages: list[dict[str, Any]]) -> str:
        self._sent = messages[:-1]
        return "seen"

    async def asee(self, messages: list[dict[str, Any]]) -> str:
        return self.see(messages)

    @property
    def is_left_out(self) -> bool:
        return not self._sent

    def changes(self) -> list[BaseMessage]:
        """What takes the message's place in the history, if anything does."""
        if self.is_left_out:
            if isinstance(self._message, ToolMessage):  # its call is in the history, and needs an answer
                return [self._message.model_copy(update={"content": _LEFT_OUT})]
            return [RemoveMessage(id=str(self._message.id))]
        content = self._sent[0]["content"]
        return [] if content == self._message.content else [self._message.model_copy(update={"content": content})]


def _changes_of(looks: Sequence[_Look]) -> dict[str, Any] | None:
    if looks and all(look.is_left_out for look in looks):
        raise InputError("nothing is left of the new messages: a rule of the guard left out all of them")
    changed = [change for look in looks for change in look.changes()]
    return {"messages": changed} if changed else None


def _calls_tools(response: ModelResponse[Any]) -> bool:
    return any(getattr(message, "tool_calls", None) for message in response.result)


def _stepped(response: ModelResponse[Any], changed: Sequence[BaseMessage]) -> ExtendedModelResponse[Any]:
    # A field that is left alone keeps the value of the turn before.
    update: dict[str, Any] = {"structured_response": None}
    if changed:
        update["messages"] = list(changed)
    return ExtendedModelResponse(response, Command(update=update))


def _says(text: str, plain: Any) -> bool:
    """Whether a text is a value as it is, in whatever spelling."""
    if isinstance(plain, str):
        return text == plain
    try:
        read = json.loads(text)
    except ValueError:
        return False
    return json.dumps(read, sort_keys=True) == json.dumps(plain, sort_keys=True)


def _silent(model: Any) -> Any:
    if isinstance(model, BaseChatModel):
        return model.model_copy(update={"tags": [*(model.tags or []), _NO_STREAM]})
    return model.with_config(tags=[_NO_STREAM])


def _with_words(system: SystemMessage | None, words: str) -> SystemMessage:
    if system is None:
        return SystemMessage(words)
    if isinstance(system.content, str):
        return system.model_copy(update={"content": f"{system.content}\n\n{words}"})
    return system.model_copy(update={"content": [*system.content, {"type": "text", "text": words}]})
