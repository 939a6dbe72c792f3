"""What a call is given, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from railguard.checking import About, Plan, Seen
from railguard.schema.targets import DIALECTS, Target
from railguard.values import Failure, Message, Usage, ValidationOutcome

__all__ = ["Budget", "Call", "Streaming"]


@dataclass(frozen=True, slots=True)
class Budget:
    """reasks: rounds after the first. tokens: of all rounds together; no reask is begun once they are spent."""

    reasks: int = 2
    tokens: int = 500_000


@dataclass(frozen=True, slots=True)
class Streaming:
    """How a call streams. raw: tell unchecked pieces of text too. abort: stop reading at the first definite failure."""

    raw: bool = False
    abort: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One guarded call. text: an answer that is there already, for `parse`; then nobody is asked. seen: its first look.

    resumed: an outcome to go on from: its last state is taken, and what failed is asked for. target: the dialect of
    JSON Schema that the model's provider enforces; where it cannot say the schema, the schema is not enforced there.
    spent: tokens that checks of the input have cost already. noted: what they found that did not stop the call.
    note: what is on record with the first round besides.
    """

    plan: Plan
    messages: tuple[Message, ...] = ()
    metadata: Mapping[str, Any] | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    budget: Budget = Budget()
    strict_first: bool = True
    strict_reask: bool = False
    target: Target = "draft2020-12"
    text: str | None = None
    seen: Seen | None = None
    streaming: Streaming | None = None
    resumed: ValidationOutcome | None = None
    spent: Usage | None = None
    noted: tuple[Failure, ...] = ()
    note: str | None = None

    @property
    def known(self) -> Mapping[str, Any]:
        """What validators find as their metadata: the caller's, and the prompt variables."""
        return {**self.variables, **(self.metadata or {})}

    def about(self) -> About:
        """What the checks of this call may know, with a memory of their answers that is this call's own."""
        strict = self.strict_first or self.strict_reask
        nulls = strict and self.text is None and DIALECTS[self.target].all_required
        return About(self.known, self.metadata, self.messages, nulls=nulls)
