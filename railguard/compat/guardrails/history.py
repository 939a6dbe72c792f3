"""`guard.history`: the last calls of one wrapper. railguard's own guard stores none; each outcome contains its own
rounds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from railguard import UNSET, Iteration
from railguard.compat.guardrails.outcome import ValidationOutcome

__all__ = ["Call", "History", "Step"]

LENGTH = 10
"""Number of calls that are kept."""


class Step:
    """One round of a call, under guardrails-ai's names. It also has the attributes of railguard's Iteration."""

    def __init__(self, iteration: Iteration) -> None:
        self._iteration = iteration

    def __getattr__(self, name: str) -> Any:
        return getattr(self._iteration, name)

    @property
    def raw_output(self) -> str:
        """The model's answer."""
        return self._iteration.raw

    @property
    def parsed_output(self) -> Any:
        """The value that was read from the answer and merged into the earlier ones; None if there was none."""
        return None if self._iteration.parsed is UNSET else self._iteration.parsed

    @property
    def failed_validations(self) -> list[Any]:
        """The failures of this round."""
        return list(self._iteration.failures)

    @property
    def status(self) -> str:
        """ "pass" or "fail"."""
        return "fail" if self._iteration.failures else "pass"

    @property
    def tokens_consumed(self) -> int | None:
        """All tokens of the round, or None if the model did not report them."""
        usage = self._iteration.usage
        return usage.total_tokens if usage is not None and usage.known else None


class Call:
    """One call of a guard.

    Attributes:
        validation_outcome: The outcome of the call.
        validated_output: The validated value as plain data; None if there is none.
        status: "pass" or "fail".
        id: The number of the call in this process, as text.
    """

    def __init__(self, outcome: ValidationOutcome) -> None:
        """Record a call.

        Args:
            outcome: Its outcome.
        """
        self.validation_outcome = outcome
        self.validated_output = outcome.validated_output
        self.status = "pass" if outcome.validation_passed else "fail"
        self.id = outcome.call_id

    @property
    def iterations(self) -> Sequence[Step]:
        """The rounds."""
        return [Step(iteration) for iteration in self.validation_outcome.outcome.iterations]

    @property
    def raw_outputs(self) -> list[str]:
        """The model's answers, one for each round."""
        return [iteration.raw for iteration in self.iterations]

    @property
    def reask_messages(self) -> list[list[dict[str, Any]]]:
        """The messages of each reask."""
        return [list(iteration.messages) for iteration in self.iterations[1:]]

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
    def failed_validations(self) -> list[Any]:
        """The failures of all rounds."""
        return [failure for iteration in self.iterations for failure in iteration.failures]

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


class History:
    """The last calls, oldest first."""

    def __init__(self) -> None:
        """Create an empty history."""
        self._calls: deque[Call] = deque(maxlen=LENGTH)

    def push(self, outcome: ValidationOutcome) -> None:
        """Add a call, and drop the oldest one if there are too many.

        Args:
            outcome: Its outcome.
        """
        self._calls.append(Call(outcome))

    @property
    def last(self) -> Call | None:
        """The last call; None before the first."""
        return self._calls[-1] if self._calls else None

    @property
    def first(self) -> Call | None:
        """The oldest call that is kept; None before the first."""
        return self._calls[0] if self._calls else None

    @property
    def length(self) -> int:
        """How many calls are kept."""
        return len(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text(text)  # a model's text is not rich markup
