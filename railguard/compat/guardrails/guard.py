"""guardrails-ai's Guard, over railguard's: `Guard().use(…)`, `guard(llm_api, prompt_params=…)`, `guard.history`."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any, Self

import railguard
from railguard import InputError, Message
from railguard.compat.guardrails import hub
from railguard.compat.guardrails.documents import (
    conversation,
    guard_of_model,
    guard_of_rail,
    is_template,
    with_messages,
)
from railguard.compat.guardrails.history import History
from railguard.compat.guardrails.models import model_of
from railguard.compat.guardrails.outcome import ValidationOutcome
from railguard.compat.guardrails.validator_base import Validator, rule_of

__all__ = ["AsyncGuard", "Guard"]

_DROPPED = (
    "full_schema_reask",
    "disable_tracer",
    "tracer",
    "name",
    "description",
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
    """

    def __init__(self, guard: railguard.Guard | None = None, *, num_reasks: int | None = None, **ignored: Any) -> None:
        """Wrap a guard of railguard.

        Args:
            guard: The guard; by default one that accepts any text.
            num_reasks: How often a call asks again; 1 by default.
            **ignored: Other options of guardrails-ai; they change nothing.
        """
        self.guard = guard if guard is not None else railguard.Guard.from_string()
        self.history = History()
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
            return cls(guard_of_rail(file.read()), num_reasks=num_reasks)

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
        return cls(guard_of_rail(rail_string), num_reasks=num_reasks)

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
        return cls(guard, num_reasks=num_reasks)

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
        rules = [rule_of(validator) for validator in validators]
        guard = railguard.Guard.from_string(rules, description=description or string_description)
        return cls(with_messages(guard, conversation(prompt, instructions, messages)), num_reasks=num_reasks)

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
        """Add a rule to this guard: `use(ValidLength, 1, 10, on_fail="fix")` or `use(ValidLength(min=1))`.

        Args:
            validator: A validator, its class, or a rule.
            *args: Arguments for the class. The last one may be the on-fail action.
            on: "output", "messages", "prompt" or "instructions", or a path such as "$.name".
            **kwargs: Arguments for the class, and on_fail.

        Returns:
            This guard.

        Raises:
            InputError: If it is not a validator, or nothing has that path.
            SpecError: If the rule cannot check the type of the value.
        """
        is_class = isinstance(validator, hub.HubValidator) or (
            inspect.isclass(validator) and issubclass(validator, Validator)
        )
        rule = rule_of(hub.rule(validator, args, kwargs) if is_class else validator)
        places = {"output": "$", "prompt": "messages.user", "instructions": "messages.system", "messages": "messages"}
        place = places.get(on, on)
        self.guard = self.guard.using(rule, on=place)
        return self

    def use_many(self, *validators: Any, on: str = "output") -> Self:
        """Add several rules to this guard.

        Args:
            *validators: Validators or rules, as `use` takes them.
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

    def configure(self, *, num_reasks: int | None = None, **ignored: Any) -> None:
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
            last.

        Raises:
            InputError: If there is no model or no message, or the input breaks a rule.
            ProviderError: If the model cannot be asked.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        guard, model, given, streams = self._prepared(llm_api, args, kwargs)
        if streams:
            return self._streamed(guard, model, given)
        return self._kept(guard(model, **{"tell_schema": "never", **given}))

    def parse(
        self,
        llm_output: str,
        *args: Any,
        metadata: Mapping[str, Any] | None = None,
        llm_api: Any = None,
        num_reasks: int | None = None,
        prompt_params: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> ValidationOutcome:
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
            The outcome.

        Raises:
            ProviderError: If the model cannot be asked.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        outcome = self.guard.parse(llm_output, metadata=metadata)
        if outcome.passed or (llm_api is None and "model" not in kwargs) or num_reasks == 0:
            return self._kept(outcome)
        given = {name: value for name, value in kwargs.items() if name not in _DROPPED}
        model = model_of(llm_api, given)
        messages = given.pop("messages", None) or self._rendered(prompt_params) or [_ANSWERED]
        reasks = self._reasks(num_reasks)
        return self._kept(
            self.guard.resume(outcome, model, messages=messages, metadata=metadata, max_reasks=reasks, **given)
        )

    def validate(self, llm_output: str, *args: Any, metadata: Mapping[str, Any] | None = None) -> ValidationOutcome:
        """Validate an existing answer.

        Args:
            llm_output: The answer.
            *args: Ignored.
            metadata: Metadata for validators.

        Returns:
            The outcome.

        Raises:
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        return self._kept(self.guard.parse(llm_output, metadata=metadata))

    def to_runnable(self) -> Any:
        """Make the last step of a LangChain chain.

        Returns:
            A GuardOutputParser.
        """
        return self.guard.as_parser()

    # What it asks.

    @property
    def base_prompt(self) -> str | None:
        """The user's message, with the names of its variables in their places; None if there is none."""
        return self._said("user")

    prompt = base_prompt
    """`base_prompt`, under its name in other releases."""

    @property
    def instructions(self) -> str | None:
        """The system message, with the names of its variables in their places; None if there is none."""
        return self._said("system")

    @property
    def state(self) -> Any:
        """The oldest releases' name for the history: `guard.state.most_recent_call`."""
        return SimpleNamespace(most_recent_call=self.history.last)

    def __repr__(self) -> str:
        return f"Guard({self.guard!r})"

    def _said(self, role: str) -> str | None:
        messages = self.guard.render({name: f"{{{{{name}}}}}" for name in self.guard.variables})
        return next((str(message["content"]) for message in messages if message["role"] == role), None)

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
    ) -> tuple[railguard.Guard, Any, dict[str, Any], bool]:
        """Return railguard's guard, model and keyword arguments for a call, and whether it streams."""
        given = {name: value for name, value in kwargs.items() if name not in _DROPPED}
        if args:
            given.setdefault("prompt_params", args[0])
        if len(args) > 1:
            given.setdefault("num_reasks", args[1])
        streams = bool(given.pop("stream", False))
        variables = dict(given.pop("prompt_params", None) or {})
        reasks = given.pop("num_reasks", None)
        messages = given.pop("messages", None) or given.pop("msg_history", None)
        prompt, instructions = given.pop("prompt", None), given.pop("instructions", None)
        guard = self.guard
        if prompt is not None or instructions is not None:
            guard = with_messages(guard, conversation(prompt, instructions))
        elif messages is not None and (variables or is_template(messages)):
            guard, messages = with_messages(guard, conversation(messages=messages)), None
        model = model_of(llm_api, given)
        call: dict[str, Any] = {"max_reasks": self._reasks(reasks), "metadata": given.pop("metadata", None), **given}
        if messages is not None:
            call["messages"] = list(messages)
        elif guard.spec.messages:
            known = set(guard.variables)
            call["variables"] = {name: value for name, value in variables.items() if name in known}
        else:
            raise InputError("there is nothing to ask: give messages=, prompt=, or a guard with a prompt")
        return guard, model, call, streams

    def _streamed(self, guard: railguard.Guard, model: Any, given: dict[str, Any]) -> Iterator[ValidationOutcome]:
        for event in guard.stream(model, **given):
            if event.outcome is not None:
                yield self._kept(event.outcome)
            elif event.type == "field":
                yield ValidationOutcome(railguard.ValidationOutcome(output=event.snapshot, partial=event.snapshot))

    def _kept(self, outcome: railguard.ValidationOutcome) -> ValidationOutcome:
        kept = ValidationOutcome(outcome, call_id=str(next(_calls)))
        self.history.push(kept)
        return kept


class AsyncGuard(Guard):
    """A guard whose calls are awaited."""

    async def __call__(self, llm_api: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Ask a model, and validate its answer.

        Args:
            llm_api: As in Guard; the function may also be async.
            *args: As in Guard.
            **kwargs: As in Guard, without stream.

        Returns:
            The ValidationOutcome.

        Raises:
            InputError: As in Guard, and for `stream=True`.
            ProviderError: If the model cannot be asked.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        guard, model, given, streams = self._prepared(llm_api, args, kwargs)
        if streams:
            raise InputError("an AsyncGuard does not stream here: use railguard's guard.astream")
        return self._kept(await guard.acall(model, **given))

    async def parse(self, llm_output: str, *args: Any, **kwargs: Any) -> ValidationOutcome:  # type: ignore[override]  # as there
        """Validate an existing answer. No model is asked.

        Args:
            llm_output: The answer.
            *args: Ignored.
            **kwargs: `metadata`, for validators; others are ignored.

        Returns:
            The outcome.

        Raises:
            InputError: If llm_api is given.
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        if "llm_api" in kwargs:
            raise InputError("an AsyncGuard does not ask again for a parsed answer: use railguard's guard.resume")
        return self._kept(await self.guard.aparse(llm_output, metadata=kwargs.get("metadata")))

    async def validate(self, llm_output: str, *args: Any, **kwargs: Any) -> ValidationOutcome:  # type: ignore[override]  # as there
        """Validate an existing answer.

        Args:
            llm_output: The answer.
            *args: Ignored.
            **kwargs: `metadata`, for validators; others are ignored.

        Returns:
            The outcome.

        Raises:
            ValidationFailed: If a rule with on_fail="exception" fails.
        """
        return self._kept(await self.guard.aparse(llm_output, metadata=kwargs.get("metadata")))


_ANSWERED: Message = {"role": "user", "content": "Write the answer."}
"""The user's message of a reask if the answer was given without messages."""
