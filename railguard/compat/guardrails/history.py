"""`guard.history`: the last calls of one wrapper. railguard's own guard stores none; each outcome contains its own
rounds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from railguard import UNSET, Failure, Iteration, Message
from railguard.compat.guardrails.outcome import ValidationOutcome

__all__ = ["Call", "History", "Inputs", "Stack", "Step", "ValidatorLog"]

LENGTH = 10
"""Number of calls that are kept."""
T = TypeVar("T")


class Stack(list[T]):
    """A list with guardrails-ai's names for its ends."""

    @property
    def first(self) -> T | None:
        """The oldest entry; None if there is none."""
        return self[0] if self else None

    @property
    def last(self) -> T | None:
        """The newest entry; None if there is none."""
        return self[-1] if self else None

    @property
    def length(self) -> int:
        """How many entries there are."""
        return len(self)

    def at(self, index: int, default: T | None = None) -> T | None:
        """Return an entry.

        Args:
            index: Its index.
            default: What to return if there is none.

        Returns:
            The entry, or the default.
        """
        return self[index] if -len(self) <= index < len(self) else default

    def is_empty(self) -> bool:
        """Whether there is no entry.

        Returns:
            True if there is none.
        """
        return not self


class Inputs:
    """What was asked, under guardrails-ai's names.

    Attributes:
        messages: The messages; None if no model was asked.
        msg_history: The same.
        prompt_params: The variables of a call.
        metadata: The metadata for validators.
        num_reasks: How often a call may ask again.
    """

    def __init__(
        self,
        said: Callable[[str], str | None] | None = None,
        *,
        messages: Sequence[Message] | None = None,
        prompt_params: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        num_reasks: int | None = None,
    ) -> None:
        """Record what was asked.

        Args:
            said: Gives the message of a role.
            messages: The messages.
            prompt_params: The variables.
            metadata: The metadata.
            num_reasks: How often the call may ask again.
        """
        self._said = said
        self.messages = None if messages is None else list(messages)
        self.msg_history = self.messages
        self.prompt_params = prompt_params
        self.metadata = metadata
        self.num_reasks = num_reasks

    @property
    def prompt(self) -> str | None:
        """The user's message, for a call with the names of its variables in their places; None if there is none."""
        return None if self._said is None else self._said("user")

    @property
    def instructions(self) -> str | None:
        """The system message, for a call with the names of its variables in their places; None if there is none."""
        return None if self._said is None else self._said("system")


class ValidatorLog:
    """What one rule found wrong.

    Attributes:
        validator_name: The rule.
        property_path: Where.
        value_before_validation: The value that was wrong.
        value_after_validation: The value in its place; None if there is none.
        validation_result: The outcome ("fail") and the message.
    """

    def __init__(self, failure: Failure) -> None:
        """Record a failure.

        Args:
            failure: The failure.
        """
        self.validator_name = failure.validator
        self.property_path = str(failure.path)
        self.value_before_validation = failure.value
        self.value_after_validation = None if failure.after is UNSET else failure.after
        self.validation_result = {"outcome": "fail", "error_message": failure.message}

    def json(self, **options: Any) -> str:
        """Write the record as JSON.

        Args:
            **options: As `json.dumps` takes them.

        Returns:
            The text.
        """
        return json.dumps(vars(self), **{"default": str, "ensure_ascii": False, **options})

    def __repr__(self) -> str:
        return f"ValidatorLog({self.json()})"


class Step:
    """One round of a call, under guardrails-ai's names. It also has the attributes of railguard's Iteration."""

    def __init__(self, iteration: Iteration) -> None:
        self._iteration = iteration

    def __getattr__(self, name: str) -> Any:
        return getattr(self._iteration, name)

    @property
    def inputs(self) -> Inputs:
        """What the model was asked."""
        messages = self._iteration.messages
        return Inputs(partial(_said, messages), messages=messages)

    @property
    def raw_output(self) -> str:
        """The model's answer."""
        return self._iteration.raw

    @property
    def parsed_output(self) -> Any:
        """The value that was read from the answer and merged into the earlier ones; None if there was none."""
        return None if self._iteration.parsed is UNSET else self._iteration.parsed

    @property
    def failed_validations(self) -> Stack[Failure]:
        """The failures of this round."""
        return Stack(self._iteration.failures)

    @property
    def reasks(self) -> Stack[Failure]:
        """The same: what is asked for again while the budget lasts."""
        return self.failed_validations

    @property
    def validator_logs(self) -> Stack[ValidatorLog]:
        """What each rule found wrong in this round, also where its action resolved it."""
        return Stack(ValidatorLog(one) for one in (*self._iteration.failures, *self._iteration.resolved))

    @property
    def status(self) -> str:
        """ "pass" or "fail"."""
        return "fail" if self._iteration.failures else "pass"

    @property
    def tokens_consumed(self) -> int | None:
        """All tokens of the round, or None if the model did not report them."""
        return self._tokens("total_tokens")

    @property
    def prompt_tokens_consumed(self) -> int | None:
        """Tokens that the model read; None if it did not report them."""
        return self._tokens("input_tokens")

    @property
    def completion_tokens_consumed(self) -> int | None:
        """Tokens that the model wrote; None if it did not report them."""
        return self._tokens("output_tokens")

    def _tokens(self, name: str) -> int | None:
        usage = self._iteration.usage
        return getattr(usage, name) if usage is not None and usage.known else None


class Call:
    """One call of a guard.

    Attributes:
        validation_outcome: The outcome of the call.
        validated_output: The validated value as plain data; None if there is none.
        guarded_output: The same.
        status: "pass", "fail", or "error" if a rule with on_fail="exception" ended it.
        id: The number of the call in this process, as text.
        inputs: What was asked, as it was given.
        exception: What the call raised; None if it raised nothing.
        error: Its text, or the failures as text; None if everything passed.
    """

    def __init__(
        self, outcome: ValidationOutcome, inputs: Inputs | None = None, exception: Exception | None = None
    ) -> None:
        """Record a call.

        Args:
            outcome: Its outcome.
            inputs: What was asked.
            exception: What it raised.
        """
        self.validation_outcome = outcome
        self.validated_output = outcome.validated_output
        self.guarded_output = outcome.validated_output
        self.status = "error" if exception is not None else "pass" if outcome.validation_passed else "fail"
        self.id = outcome.call_id
        self.inputs = inputs if inputs is not None else Inputs()
        self.exception = exception
        self.error = str(exception) if exception is not None else outcome.error

    @property
    def prompt(self) -> str | None:
        """The user's message, with the names of its variables in their places; None if there is none."""
        return self.inputs.prompt

    @property
    def instructions(self) -> str | None:
        """The system message, with the names of its variables in their places; None if there is none."""
        return self.inputs.instructions

    @property
    def prompt_params(self) -> Mapping[str, Any] | None:
        """The variables as they were given."""
        return self.inputs.prompt_params

    @property
    def compiled_prompt(self) -> str | None:
        """The user's message as it was sent first; None if no model was asked."""
        return self.iterations[0].inputs.prompt if self.iterations else None

    @property
    def compiled_instructions(self) -> str | None:
        """The system message as it was sent first; None if there is none."""
        return self.iterations[0].inputs.instructions if self.iterations else None

    @property
    def iterations(self) -> Stack[Step]:
        """The rounds."""
        return Stack(Step(iteration) for iteration in self.validation_outcome.outcome.iterations)

    @property
    def raw_outputs(self) -> Stack[str]:
        """The model's answers, one for each round."""
        return Stack(iteration.raw for iteration in self.iterations)

    @property
    def parsed_outputs(self) -> Stack[Any]:
        """The values that were read from the answers, one for each round."""
        return Stack(iteration.parsed_output for iteration in self.iterations)

    @property
    def reask_messages(self) -> Stack[list[dict[str, Any]]]:
        """The messages of each reask."""
        return Stack(list(iteration.messages) for iteration in self.iterations[1:])

    @property
    def reask_prompts(self) -> Stack[str | None]:
        """The last message of each reask."""
        return Stack(_said(messages[-1:], "user") for messages in self.reask_messages)

    @property
    def reasks(self) -> Stack[Failure]:
        """The failures that were asked for again."""
        return Stack(failure for iteration in self.iterations[:-1] for failure in iteration.failures)

    @property
    def tokens_consumed(self) -> int | None:
        """All tokens of the call; None if the model did not report them."""
        usage = self.validation_outcome.outcome.usage
        return usage.total_tokens if usage.known else None

    @property
    def prompt_tokens_consumed(self) -> int | None:
        """Tokens that the model read; None if it did not report them."""
        usage = self.validation_outcome.outcome.usage
        return usage.input_tokens if usage.known else None

    @property
    def completion_tokens_consumed(self) -> int | None:
        """Tokens that the model wrote; None if it did not report them."""
        usage = self.validation_outcome.outcome.usage
        return usage.output_tokens if usage.known else None

    @property
    def failed_validations(self) -> Stack[Failure]:
        """The failures of all rounds."""
        return Stack(failure for iteration in self.iterations for failure in iteration.failures)

    @property
    def validator_logs(self) -> Stack[ValidatorLog]:
        """What each rule found wrong in any round."""
        return Stack(log for iteration in self.iterations for log in iteration.validator_logs)

    @property
    def tree(self) -> Any:
        """The rounds as a tree that rich prints."""
        from rich.panel import Panel
        from rich.tree import Tree

        tree = Tree("Logs")
        for number, iteration in enumerate(self.iterations):
            step = tree.add(f"Step {number}")
            asked = "\n\n".join(f"{message['role']}: {message['content']}" for message in iteration.messages)
            for title, text in (("Messages", asked), ("Raw LLM Output", iteration.raw)):
                step.add(Panel(_plain(text), title=title))
            found = "\n".join(map(str, iteration.failures)) or "passed"
            step.add(Panel(_plain(found), title="Validation"))
        return tree


class History(Stack[Call]):
    """The last calls, oldest first."""

    def push(self, call: Call) -> None:
        """Add a call, and drop the oldest one if there are too many.

        Args:
            call: The call.
        """
        self.append(call)
        del self[:-LENGTH]


def _said(messages: Sequence[Message], role: str) -> str | None:
    """Return the text of the first message of a role."""
    return next((str(message["content"]) for message in messages if message["role"] == role), None)


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text(text)  # a model's text is not rich markup
