"""guardrails-ai's Guard, over railguard's: `Guard().use(…)`, `guard(llm_api, prompt_params=…)`, `guard.history`."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from types import SimpleNamespace
from typing import Any, Self

import railguard
from railguard import InputError, Message, ValidationFailed
from railguard.compat.guardrails import hub
from railguard.compat.guardrails.documents import (
    conversation,
    guard_of_model,
    guard_of_rail,
    is_template,
    with_messages,
)
from railguard.compat.guardrails.history import Call, History, Inputs
from railguard.compat.guardrails.models import Answered, is_async, model_of, takes_stream
from railguard.compat.guardrails.outcome import ValidationOutcome
from railguard.compat.guardrails.validator_base import ErrorSpan

__all__ = ["AsyncGuard", "Guard"]

_DROPPED = (
    "full_schema_reask",
    "disable_tracer",
    "tracer",
    "reask_prompt",
    "reask_instructions",
)
"""Options of guardrails-ai that have no meaning here. They are accepted and ignored without a warning."""
_calls = count(1)


class Guard:
    """A guard with the interface of guardrails-ai.

    Attributes:
        guard: The wrapped railguard guard, with everything that this class does not offer.
        history: The last calls of this guard, oldest first.
        name: The name that was given to it.
        description: The description that was given to it.
    """

    def __init__(
        self,
        guard: railguard.Guard | None = None,
        *,
        num_reasks: int | None = None,
        name: str | None = None,
        description: str | None = None,
        **ignored: Any,
    ) -> None:
        """Wrap a guard of railguard.

        Args:
            guard: The guard; by default one that accepts any text.
            num_reasks: How often a call asks again; 1 by default.
            name: A name; it changes nothing.
            description: A description; it changes nothing.
            **ignored: Other options of guardrails-ai; they change nothing.
        """
        self.guard = guard if guard is not None else railguard.Guard.from_string()
        self.history = History()
        self.name = name
        self.description = description
        self._num_reasks = num_reasks

    # Where it comes from.

    @classmethod
    def from_rail(cls, rail_file: str | os.PathLike[str], *, num_reasks: int | None = None, **ignored: Any) -> Self:
        """Make a guard from a RAIL file.

        Args:
            rail_file: The path of the file.
            num_reasks: How often a call asks again; 1 by default.
            **ignored: Other options of guardrails-ai; they change nothing.

        Returns:
            The guard.

        Raises:
            SpecError: If the document has errors.
            OSError: If the file cannot be read.
        """
        with open(rail_file, encoding="utf-8-sig") as file:
            return cls(guard_of_rail(file.read()), num_reasks=num_reasks, **ignored)

    @classmethod
    def from_rail_string(cls, rail_string: str, *, num_reasks: int | None = None, **ignored: Any) -> Self:
        """Make a guard from a RAIL document.

        Args:
            rail_string: The document.
            num_reasks: How often a call asks again; 1 by default.
            **ignored: Other options of guardrails-ai; they change nothing.

        Returns:
            The guard.

        Raises:
            SpecError: If the document has errors.
        """
        return cls(guard_of_rail(rail_string), num_reasks=num_reasks, **ignored)

    @classmethod
    def from_pydantic(
        cls,
        output_class: Any,
        prompt: str | None = None,
        instructions: str | None = None,
        messages: Sequence[Message] | None = None,
        *,
        num_reasks: int | None = None,
        **ignored: Any,
    ) -> Self:
        """Make a guard from a pydantic model, with the rules in its `Field(validators=[…])`.

        Args:
            output_class: The model, or a list of it as `list[Model]`.
            prompt: The user's message.
            instructions: The system message.
            messages: A whole conversation, in the place of prompt and instructions.
            num_reasks: How often a call asks again; 1 by default.
            **ignored: Other options of guardrails-ai; they change nothing.

        Returns:
            The guard.

        Raises:
            SpecError: If the model, a rule or a message cannot be used.
        """
        guard = with_messages(guard_of_model(output_class), conversation(prompt, instructions, messages))
        return cls(guard, num_reasks=num_reasks, **ignored)

    @classmethod
    def from_string(
        cls,
        validators: Sequence[Any] = (),
        description: str | None = None,
        prompt: str | None = None,
        instructions: str | None = None,
        messages: Sequence[Message] | None = None,
        *,
        string_description: str | None = None,
        num_reasks: int | None = None,
        **ignored: Any,
    ) -> Self:
        """Make a guard for plain text.

        Args:
            validators: The rules of the text.
            description: A description of the text for the model.
            prompt: The user's message.
            instructions: The system message.
            messages: A whole conversation, in the place of prompt and instructions.
            string_description: The same as description, under its name in later releases.
            num_reasks: How often a call asks again; 1 by default.
            **ignored: Other options of guardrails-ai; they change nothing.

        Returns:
            The guard.

        Raises:
            SpecError: If a rule or a message cannot be used.
            InputError: If one of the validators is not a validator.
        """
        rules = [hub.rule(validator) for validator in validators]
        guard = railguard.Guard.from_string(rules, description=description or string_description)
        return cls(with_messages(guard, conversation(prompt, instructions, messages)), num_reasks=num_reasks, **ignored)

    for_rail = from_rail
    """`from_rail`, under its name in later releases."""
    for_rail_string = from_rail_string
    """`from_rail_string`, under its name in later releases."""
    for_pydantic = from_pydantic
    """`from_pydantic`, under its name in later releases."""
    for_string = from_string
    """`from_string`, under its name in later releases."""

    # Rules.

    def use(self, validator: Any, /, *args: Any, on: str = "output", **kwargs: Any) -> Self:
        """Add rules to this guard: `use(ValidLength, 1, 10, on_fail="fix")`, or `use(ValidLength(1, 10), TwoWords())`.

        Args:
            validator: A validator, its class, a rule, or a tuple of a class and its arguments.
            *args: Arguments for the class, of which the last one may be the on-fail action; or further validators.
            on: "output", "messages", "prompt" or "instructions", or a path such as "$.name".
            **kwargs: Arguments for the class, and on_fail.

        Returns:
            This guard.

        Raises:
            InputError: If it is not a validator, nothing has that path, or there are arguments without a class.
            SpecError: If a rule cannot check the type of the value.
        """
        if hub.is_class(validator) and (kwargs or not args or not all(map(hub.is_class, args))):
            rules = [hub.rule_of_class(validator, args, kwargs)]
        elif kwargs:
            names = ", ".join(f"{name}=" for name in kwargs)
            raise InputError(
                f"give {names} to the validator itself, or give its class: use(ValidLength, 1, 10, {names}…)"
            )
        else:
            rules = [hub.rule(one) for one in (validator, *args)]
        places = {"output": "$", "prompt": "messages.user", "instructions": "messages.system", "messages": "messages"}
        self.guard = self.guard.using(*rules, on=places.get(on, on))
        return self

    def use_many(self, *validators: Any, on: str = "output") -> Self:
        """Add several rules to this guard.

        Args:
            *validators: Validators, classes, rules, or tuples of a class and its arguments.
            on: Where they apply, as in `use`.

        Returns:
            This guard.

        Raises:
            InputError: If one of them is not a validator, or nothing has that path.
            SpecError: If a rule cannot check the type of the value.
        """
        for validator in validators:
            self.use(validator, on=on)
        return self

    def configure(self, num_reasks: int | None = None, **ignored: Any) -> None:
        """Set how often this guard asks again.

        Args:
            num_reasks: How often a call asks again; 1 if it is None.
            **ignored: Other options of guardrails-ai; they change nothing.
        """
        self._num_reasks = num_reasks

    # Calls.

    def __call__(self, llm_api: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Ask a model, and validate its answer.

        Args:
            llm_api: A function that asks a model, or any model that railguard accepts. Without it, `model=` names the
                model.
            *args: prompt_params and num_reasks, as in the oldest releases.
            **kwargs: `model`, `prompt_params`, `num_reasks`, `messages` (or `msg_history`), `prompt`, `instructions`,
                `metadata` and `stream`; others are options of the model.

        Returns:
            The ValidationOutcome. With `stream=True`, an iterator of outcomes: one after each checked field, then the
            last. If llm_api is async, it is awaitable, and the iterator an async one.

        Raises:
            InputError: If there is no model or no message, or the input breaks a rule.
            ProviderError: If the model cannot be asked.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        if is_async(llm_api):
            return self._acalled(llm_api, args, kwargs)
        guard, model, given, inputs, streams = self._prepared(llm_api, args, kwargs)
        if streams:
            return self._streamed(guard, model, given, inputs)
        try:
            return self._kept(guard(model, **given), inputs)
        except ValidationFailed as error:
            raise self._failed(error, inputs) from error.__cause__

    def parse(
        self,
        llm_output: str,
        *args: Any,
        metadata: Mapping[str, Any] | None = None,
        llm_api: Any = None,
        num_reasks: int | None = None,
        prompt_params: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Validate an existing answer; with llm_api, ask that model again for the fields that fail.

        Args:
            llm_output: The answer.
            *args: Ignored.
            metadata: Metadata for validators.
            llm_api: The model to ask again. `model=` can name it too.
            num_reasks: How often to ask again; 0 for never.
            prompt_params: The variables of the messages.
            **kwargs: `model`, `messages`, and options of the model.

        Returns:
            The ValidationOutcome.

        Raises:
            ProviderError: If the model cannot be asked.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        inputs = Inputs(prompt_params=prompt_params, metadata=metadata, num_reasks=num_reasks)
        try:
            outcome = self.guard.parse(llm_output, metadata=metadata)
            if not outcome.passed and _can_ask(llm_api, num_reasks, kwargs):
                model, given = self._asking_again(llm_api, num_reasks, prompt_params, kwargs)
                outcome = self.guard.resume(outcome, model, metadata=metadata, **given)
        except ValidationFailed as error:
            raise self._failed(error, inputs) from error.__cause__
        return self._kept(outcome, inputs)

    def validate(self, llm_output: str, *args: Any, **kwargs: Any) -> Any:
        """`parse` under its other name.

        Args:
            llm_output: The answer.
            *args: Ignored.
            **kwargs: As in `parse`.

        Returns:
            The ValidationOutcome.

        Raises:
            ProviderError: If the model cannot be asked.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        return self.parse(llm_output, *args, **kwargs)

    def to_runnable(self) -> Any:
        """Make a step of a LangChain chain: `prompt | model | guard.to_runnable() | StrOutputParser()`.

        Returns:
            A Runnable that takes a message or a text and gives the same with the validated output as its text, JSON for
            anything but a text. It raises ValidationFailed where there is none.

        Raises:
            InputError: If langchain-core is not installed.
        """
        try:
            from langchain_core.messages import BaseMessage
            from langchain_core.runnables import RunnableLambda
        except ImportError as error:
            raise InputError("to_runnable needs langchain-core: pip install 'railguard[langchain]'") from error

        def checked(given: Any) -> Any:
            is_message = isinstance(given, BaseMessage)
            kept = Guard.validate(self, given.text if is_message else given)
            kept.outcome.raise_for_failures()
            output = kept.validated_output
            text = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False, default=str)
            return given.model_copy(update={"content": text}) if is_message else text

        return RunnableLambda(checked, name="Guard")

    def json_function_calling_tool(self, tools: Sequence[Mapping[str, Any]] | None = None) -> list[dict[str, Any]]:
        """Return tools with one whose arguments are the output: `guard(model=…, tools=guard.json_function_calling_tool(),
        tool_choice="required")`.

        Args:
            tools: Other tools, in OpenAI's form.

        Returns:
            The tools, and then that one.
        """
        function = {
            "name": "gd_response_tool",
            "description": "Use this tool to give the answer.",
            "parameters": self.guard.json_schema(),
        }
        return [*map(dict, tools or ()), {"type": "function", "function": function}]

    add_json_function_calling_tool = json_function_calling_tool
    """`json_function_calling_tool`, under its name in other releases."""

    def response_format_json_schema(self) -> dict[str, Any]:
        """Return the `response_format` by which OpenAI enforces the output's schema.

        Returns:
            The format.

        Raises:
            SpecError: If the schema has no such form.
        """
        schema = self.guard.json_schema(target="openai-strict")
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}

    def error_spans_in_output(self) -> list[ErrorSpan]:
        """Return the parts of the last call's text that are wrong.

        Returns:
            The parts, as far as rules named them.
        """
        last = self.history.last
        failures = last.validation_outcome.outcome.failures if last is not None else ()
        return [ErrorSpan(*span, failure.message) for failure in failures for span in failure.spans]

    # What it asks.

    @property
    def base_prompt(self) -> str | None:
        """The user's message, with the names of its variables in their places; None if there is none."""
        return _said(self.guard, "user")

    prompt = base_prompt
    """`base_prompt`, under its name in other releases."""

    @property
    def instructions(self) -> str | None:
        """The system message, with the names of its variables in their places; None if there is none."""
        return _said(self.guard, "system")

    @property
    def state(self) -> Any:
        """The oldest releases' name for the history: `guard.state.most_recent_call`."""
        return SimpleNamespace(most_recent_call=self.history.last)

    def __repr__(self) -> str:
        return f"Guard({self.guard!r})"

    def _rendered(self, prompt_params: Mapping[str, Any] | None) -> list[Message]:
        variables = self.guard.variables
        given = {name: value for name, value in (prompt_params or {}).items() if name in variables}
        return self.guard.render(given) if self.guard.spec.messages and set(variables) <= set(given) else []

    def _reasks(self, num_reasks: int | None) -> int:
        if num_reasks is not None:
            return num_reasks
        return 1 if self._num_reasks is None else self._num_reasks

    def _prepared(
        self, llm_api: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> tuple[railguard.Guard, Any, dict[str, Any], Inputs, bool]:
        """Return railguard's guard, model and keyword arguments for a call, what the history says of it, and whether it
        streams.
        """
        given = {name: value for name, value in kwargs.items() if name not in _DROPPED}
        if args:
            given.setdefault("prompt_params", args[0])
        if len(args) > 1:
            given.setdefault("num_reasks", args[1])
        streams = bool(given.pop("stream", False))
        variables = dict(given.pop("prompt_params", None) or {})
        reasks = self._reasks(given.pop("num_reasks", None))
        metadata = given.pop("metadata", None)
        messages = given.pop("messages", None) or given.pop("msg_history", None)
        prompt, instructions = given.pop("prompt", None), given.pop("instructions", None)
        guard = self.guard
        if prompt is not None or instructions is not None:
            guard = with_messages(guard, conversation(prompt, instructions))
        elif messages is not None and (variables or is_template(messages)):
            guard, messages = with_messages(guard, conversation(messages=messages)), None
        model = model_of(llm_api, given)
        if streams and takes_stream(model if llm_api is None else llm_api):
            given["stream"] = True
        call: dict[str, Any] = {"tell_schema": "never", "max_reasks": reasks, "metadata": metadata, **given}
        if messages is not None:
            call["messages"] = list(messages)
        elif guard.spec.messages:
            known = set(guard.variables)
            call["variables"] = {name: value for name, value in variables.items() if name in known}
        else:
            raise InputError("there is nothing to ask: give messages=, prompt=, or a guard with a prompt")
        said = partial(_said, guard) if messages is None else None
        inputs = Inputs(said, messages=messages, prompt_params=variables, metadata=metadata, num_reasks=reasks)
        return guard, model, call, inputs, streams

    def _asking_again(
        self,
        llm_api: Any,
        num_reasks: int | None,
        prompt_params: Mapping[str, Any] | None,
        kwargs: Mapping[str, Any],
    ) -> tuple[Any, dict[str, Any]]:
        """Return the model that is asked again for an existing answer, and the arguments of that call."""
        given = {name: value for name, value in kwargs.items() if name not in _DROPPED}
        model = model_of(llm_api, given)
        messages = given.pop("messages", None) or self._rendered(prompt_params) or [_ANSWERED]
        return model, {"messages": messages, "max_reasks": self._reasks(num_reasks), **given}

    def _streamed(
        self, guard: railguard.Guard, model: Any, given: dict[str, Any], inputs: Inputs
    ) -> Iterator[ValidationOutcome]:
        try:
            for event in guard.stream(model, **given):
                if event.outcome is not None:
                    yield self._kept(event.outcome, inputs)
                elif event.type == "field":
                    yield _so_far(event.snapshot)
        except ValidationFailed as error:
            raise self._failed(error, inputs) from error.__cause__

    async def _acalled(self, llm_api: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        guard, model, given, inputs, streams = self._prepared(llm_api, args, kwargs)
        if streams:
            return self._astreamed(guard, model, given, inputs)
        try:
            return self._kept(await guard.acall(model, **given), inputs)
        except ValidationFailed as error:
            raise self._failed(error, inputs) from error.__cause__

    async def _astreamed(
        self, guard: railguard.Guard, model: Any, given: dict[str, Any], inputs: Inputs
    ) -> AsyncIterator[ValidationOutcome]:
        try:
            async for event in guard.astream(model, **given):
                if event.outcome is not None:
                    yield self._kept(event.outcome, inputs)
                elif event.type == "field":
                    yield _so_far(event.snapshot)
        except ValidationFailed as error:
            raise self._failed(error, inputs) from error.__cause__

    def _kept(
        self, outcome: railguard.ValidationOutcome, inputs: Inputs, exception: Exception | None = None
    ) -> ValidationOutcome:
        """Return an outcome under guardrails-ai's names, and add its call to the history."""
        kept = ValidationOutcome(outcome, call_id=str(next(_calls)))
        self.history.push(Call(kept, inputs, exception))
        return kept

    def _failed(self, error: ValidationFailed, inputs: Inputs) -> ValidationFailed:
        """Return an exception after its call was added to the history."""
        self._kept(error.outcome, inputs, error)
        return error


class AsyncGuard(Guard):
    """A guard whose calls are awaited."""

    async def __call__(self, llm_api: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Ask a model, and validate its answer.

        Args:
            llm_api: As in Guard; the function may also be async.
            *args: As in Guard.
            **kwargs: As in Guard.

        Returns:
            The ValidationOutcome. With `stream=True`, an async iterator of outcomes.

        Raises:
            InputError: As in Guard.
            ProviderError: If the model cannot be asked.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        return await self._acalled(llm_api, args, kwargs)

    async def parse(
        self,
        llm_output: str,
        *args: Any,
        metadata: Mapping[str, Any] | None = None,
        llm_api: Any = None,
        num_reasks: int | None = None,
        prompt_params: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Validate an existing answer; with llm_api, ask that model again for the fields that fail.

        Args:
            llm_output: The answer.
            *args: Ignored.
            metadata: Metadata for validators.
            llm_api: The model to ask again; the function may also be async.
            num_reasks: How often to ask again; 0 for never.
            prompt_params: The variables of the messages.
            **kwargs: As in Guard.

        Returns:
            The ValidationOutcome.

        Raises:
            ProviderError: If the model cannot be asked.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        inputs = Inputs(prompt_params=prompt_params, metadata=metadata, num_reasks=num_reasks)
        try:
            outcome = await self.guard.aparse(llm_output, metadata=metadata)
            if not outcome.passed and _can_ask(llm_api, num_reasks, kwargs):
                model, given = self._asking_again(llm_api, num_reasks, prompt_params, kwargs)
                outcome = await self.guard.acall(Answered(llm_output, model), metadata=metadata, **given)
        except ValidationFailed as error:
            raise self._failed(error, inputs) from error.__cause__
        return self._kept(outcome, inputs)


def _can_ask(llm_api: Any, num_reasks: int | None, kwargs: Mapping[str, Any]) -> bool:
    return num_reasks != 0 and (llm_api is not None or "model" in kwargs)


def _said(guard: railguard.Guard, role: str) -> str | None:
    """Return the first message of a role, with the names of the variables in their places."""
    unchecked = railguard.Guard(replace(guard.spec, message_rules=(), inputs=None))
    messages = unchecked.render({name: f"{{{{{name}}}}}" for name in unchecked.variables})
    return next((str(message["content"]) for message in messages if message["role"] == role), None)


def _so_far(snapshot: Any) -> ValidationOutcome:
    return ValidationOutcome(railguard.ValidationOutcome(output=snapshot, partial=snapshot))


_ANSWERED: Message = {"role": "user", "content": "Write the answer."}
"""The user's message of a reask if the answer was given without messages."""
