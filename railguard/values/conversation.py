"""What goes to a model and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["Completion", "FinishReason", "JsonSchema", "Message", "Usage"]

Message: TypeAlias = dict[str, Any]
"""One message as every chat API takes it: {"role": "system" | "user" | "assistant", "content": text or content parts}."""

JsonSchema: TypeAlias = dict[str, Any]
"""A JSON Schema, draft 2020-12, as plain data."""

FinishReason: TypeAlias = Literal["stop", "length", "refusal", "content_filter", "tool_calls", "unknown"]
"""Why the model stopped, in one vocabulary for all providers. "length": it was cut off at a token limit."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens a call cost, as the provider counted them: `input_tokens` of what was sent, of which `cached_tokens` came
    from its prompt cache, and `output_tokens` of what came back.

    `known` is False where the provider did not say (an aborted stream, a plain callable): the numbers are then a
    lower bound, not a measurement. `cost` is in US dollars, None where it is not known: of a sum, if it is not known of
    one part.
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


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer of a model: its text, why it ended (`finish_reason`), what it cost (`usage`, None if that is not known)
    and which `model` gave it.

    `refusal` is the model's own words if it declined; the text is then usually empty. `note` says what the provider did
    otherwise than it was asked to, such as asking without the schema that its server does not take.

    `calls` holds the arguments of each tool call, as JSON text, where the model made more than one; `text` is then the JSON
    list of them. Where one answer is wanted, several are none; where a list is, they are its items.
    """

    text: str
    finish_reason: FinishReason = "unknown"
    refusal: str | None = None
    usage: Usage | None = None
    model: str | None = None
    note: str | None = None
    calls: tuple[str, ...] = ()
