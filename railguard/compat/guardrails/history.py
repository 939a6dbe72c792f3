"""`guard.history`: the last calls of one wrapper. railguard's own guard keeps none; each outcome holds its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from railguard import Iteration
from railguard.compat.guardrails.outcome import ValidationOutcome

__all__ = ["Call", "History"]

LENGTH = 10
"""How many calls are kept."""


class Call:
    """One call of a guard."""

    def __init__(self, outcome: ValidationOutcome) -> None:
        self.validation_outcome = outcome
        self.validated_output = outcome.validated_output
        self.status = "pass" if outcome.validation_passed else "fail"
        self.id = outcome.call_id

    @property
    def iterations(self) -> Sequence[Iteration]:
        """The rounds, as railguard records them."""
        return self.validation_outcome.outcome.iterations

    @property
    def raw_outputs(self) -> list[str]:
        """What the model answered, round by round."""
        return [iteration.raw for iteration in self.iterations]

    @property
    def reask_messages(self) -> list[list[dict[str, Any]]]:
        """What was sent in each reask."""
        return [list(iteration.messages) for iteration in self.iterations[1:]]

    @property
    def tokens_consumed(self) -> int | None:
        """All tokens, None where the model did not say."""
        usage = self.validation_outcome.outcome.usage
        return usage.total_tokens if usage.known else None

    @property
    def prompt_tokens_consumed(self) -> int | None:
        """The tokens of what was sent."""
        usage = self.validation_outcome.outcome.usage
        return usage.input_tokens if usage.known else None

    @property
    def completion_tokens_consumed(self) -> int | None:
        """The tokens of what came back."""
        usage = self.validation_outcome.outcome.usage
        return usage.output_tokens if usage.known else None

    @property
    def failed_validations(self) -> list[Any]:
        """What failed, in all rounds."""
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
        self._calls: deque[Call] = deque(maxlen=LENGTH)

    def push(self, outcome: ValidationOutcome) -> None:
        """Keep a call."""
        self._calls.append(Call(outcome))

    @property
    def last(self) -> Call | None:
        """The last call, None before the first."""
        return self._calls[-1] if self._calls else None

    @property
    def first(self) -> Call | None:
        """The first call that is kept."""
        return self._calls[0] if self._calls else None

    @property
    def length(self) -> int:
        """How many there are."""
        return len(self._calls)

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: int) -> Call:
        return self._calls[index]


def _plain(text: str) -> Any:
    from rich.text import Text

    return Text(text)  # what a model wrote is no markup
