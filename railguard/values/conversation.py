"""Messages to a model, and its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

from railguard.values.frozen import quick_init

__all__ = ["ROLES", "UNREPORTED", "Completion", "FinishReason", "JsonSchema", "Message", "Usage"]

Message: TypeAlias = dict[str, Any]
"""One message in the form of chat APIs: {"role": "system" | "user" | "assistant", "content": text or content parts}."""

ROLES = ("system", "developer", "user", "assistant", "tool")
"""The roles that a message of a spec may have."""

JsonSchema: TypeAlias = dict[str, Any]
"""A JSON Schema, draft 2020-12, as plain data."""

FinishReason: TypeAlias = Literal["stop", "length", "refusal", "content_filter", "tool_calls", "unknown"]
"""Why the model stopped, in the same terms for all providers. "length": the answer was truncated at a token limit."""


@quick_init
@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of a call, as the provider counted them.

    Attributes:
        input_tokens: Number of input tokens.
        output_tokens: Number of output tokens.
        cached_tokens: Number of input tokens from the provider's prompt cache.
        known: False if the provider did not report them, as for an aborted stream or a plain callable: the numbers are
            then a lower bound.
        cost: US dollars; None if unknown; a sum is unknown if one part is.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    known: bool = True
    cost: Decimal | None = None

    @property
    def total_tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.known and other.known,
            None if self.cost is None or other.cost is None else self.cost + other.cost,
        )


UNREPORTED = Usage(known=False)
"""What a provider reports that counts no tokens."""


@quick_init
@dataclass(frozen=True, slots=True)
class Completion:
    """One answer of a model.

    Attributes:
        text: The text of the answer.
        finish_reason: Why the model stopped.
        refusal: The model's own words if it declined; the text is then usually empty.
        usage: Its tokens; None if unknown.
        model: The name of the model that answered, if the provider reports it.
        note: How the provider deviated from the request, for example by omitting the schema that its server refuses.
        calls: The arguments of each tool call, as JSON text, if the model made more than one; `text` is then the JSON
            list of them. If one answer is expected, several count as none; if a list is expected, they are its items.
    """

    text: str
    finish_reason: FinishReason = "unknown"
    refusal: str | None = None
    usage: Usage | None = None
    model: str | None = None
    note: str | None = None
    calls: tuple[str, ...] = ()

    def noted(self, note: str | None) -> Completion:
        """Return the answer with a further note.

        Args:
            note: The note; None if there is nothing to add.

        Returns:
            The answer; itself if there is nothing to add.
        """
        if not note:
            return self
        note = note if not self.note else f"{self.note}; {note}"
        return Completion(self.text, self.finish_reason, self.refusal, self.usage, self.model, note, self.calls)
