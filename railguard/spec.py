"""What a RAIL document, a pydantic model or a JSON Schema becomes: everything a guard needs, frozen, with no behaviour."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from railguard.errors import Problem
from railguard.schema import ObjectNode, Schema
from railguard.validation import Rule
from railguard.values import Limits

__all__ = ["MessageRule", "MessageTemplate", "RepairPolicy", "Slot", "Spec", "Template"]

RepairPolicy: TypeAlias = Literal["none", "syntax", "lossless", "judgement"]
"""Which classes of local repair are allowed; each includes those before it."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a template. kind "variable": a prompt variable; "primitive": one of railguard's own texts (`${gr.NAME}`);
    "schema": the wanted output, rendered for the model."""

    kind: Literal["variable", "primitive", "schema"]
    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """Text with places in it. It is filled in one pass: what is put into a place is never looked at again."""

    parts: tuple[str | Slot, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the prompt variables, in order of first use."""
        return tuple(dict.fromkeys(p.name for p in self.parts if isinstance(p, Slot) and p.kind == "variable"))


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One message of the conversation. `content` is a template, or content parts that pass untouched."""

    role: str
    content: Template | list[Any]
    rules: tuple[Rule, ...] = ()


class MessageRule(NamedTuple):
    """A rule on the text of every message of a role, None for all of them, wherever the message comes from."""

    role: str | None
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spec:
    """What is wanted, how it is asked for, and how a failure is handled.

    schema: the output. messages: the conversation before the answer. reask: extra messages of the author's own in
    place of the first line of a reask. message_rules: what is checked of every message before the call, also of those
    the caller gives in place of the spec's. inputs: typed prompt variables; None where the spec declares none, then every
    variable of a template is required and untyped. warnings: what was odd when it was read. name: for messages.
    """

    schema: Schema
    messages: tuple[MessageTemplate, ...] = ()
    reask: tuple[MessageTemplate, ...] = ()
    message_rules: tuple[MessageRule, ...] = ()
    inputs: ObjectNode | None = None
    repair: RepairPolicy = "lossless"
    limits: Limits = field(default_factory=Limits)
    warnings: tuple[Problem, ...] = ()
    name: str | None = None
    version: str | None = None
