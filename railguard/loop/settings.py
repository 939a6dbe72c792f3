"""The arguments of a call, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from railguard.checking import About, Plan, Seen
from railguard.loop.document import UpdatedDocument
from railguard.loop.standing import Standing
from railguard.schema.targets import DIALECTS, Target
from railguard.values import Completion, Failure, Message, Path, Usage, ValidationOutcome

__all__ = ["GuardedCall", "Opened", "SharedAnswer", "Streaming"]


class Streaming(NamedTuple):
    """How a call streams. raw: also emit unchecked pieces of text. abort: stop reading at the first definite failure."""

    raw: bool = False
    abort: bool = False


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """The part of one document in the answer to a question about several documents.

    Attributes:
        completion: The model's answer for all of them, with this one's part of the cost; None if there was no time.
        messages: The question.
        standing: The standing of the call when the question was asked.
        value: The answer for this document; UNSET if nothing could be parsed.
        doubted: The parts that are not taken and the reasons, by path in `value`.
    """

    completion: Completion | None
    messages: tuple[Message, ...]
    standing: Standing
    value: Any
    doubted: tuple[tuple[Path, str], ...] = ()


class Opened(NamedTuple):
    """A call whose first question was asked before its loop started.

    Attributes:
        completion: The answer; None if no time was left to ask.
        about: What the checks of the call know and have found.
        seen: The first look at the answer; None if it is no answer.
    """

    completion: Completion | None
    about: About
    seen: Seen | None


class GuardedCall(NamedTuple):
    """One guarded call. text: an existing answer, for `parse`; then no model is asked. seen: its first look.

    max_reasks: rounds after the first. token_budget: of all rounds together; no reask starts once it is spent.

    resumed: an outcome to continue from: its last state is used, and failing values are asked for. target: the dialect
    of JSON Schema that the model's provider enforces; if it cannot express the schema, the schema is not enforced.
    reasks_whole: whether a reask repeats the first question; only the failing values are taken from the answer.

    spent: tokens of checks of the input. noted: failures of the input that did not stop the call. note: an additional
    note for the first round. document: the document to update by changes, instead of writing an output. shared: the
    first answer, if the question was about several documents.
    """

    plan: Plan
    messages: tuple[Message, ...] = ()
    metadata: Mapping[str, Any] | None = None
    variables: Mapping[str, Any] = MappingProxyType({})
    max_reasks: int = 2
    token_budget: int = 500_000
    strict_first: bool = True
    strict_reask: bool = False
    reasks_whole: bool = False
    target: Target = "draft2020-12"
    text: str | None = None
    seen: Seen | None = None
    streaming: Streaming | None = None
    resumed: ValidationOutcome | None = None
    spent: Usage | None = None
    noted: tuple[Failure, ...] = ()
    note: str | None = None
    document: UpdatedDocument | None = None
    shared: SharedAnswer | None = None

    @property
    def known(self) -> Mapping[str, Any]:
        """The metadata for validators: the caller's, and the prompt variables."""
        return {**self.variables, **self.metadata} if self.metadata else self.variables

    def about(self) -> About:
        """Return the context of the checks of this call, with a cache of their results for this call only."""
        strict = self.strict_first or self.strict_reask
        nulls = strict and self.text is None and DIALECTS[self.target].all_required
        return About(self.known, self.metadata, self.messages, nulls=nulls)
