"""The result of loading a RAIL document, a pydantic model or a JSON Schema: everything that a guard needs, frozen,
without behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from railguard.errors import Problem
from railguard.schema import ObjectNode, Schema
from railguard.validation import Rule
from railguard.values import Limits

__all__ = ["MessageRule", "MessageTemplate", "RepairPolicy", "ShownAs", "Slot", "Spec", "Template"]

RepairPolicy: TypeAlias = Literal["none", "syntax", "lossless", "judgement"]
"""Which classes of local repair are allowed; each includes those before it."""


ShownAs: TypeAlias = Literal["types", "json-schema", "xml"]
"""How a model is shown the output: as a short type, as JSON Schema, or as RAIL's elements."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A placeholder in a template. kind "variable": a prompt variable; "primitive": a text of railguard's own
    (`${gr.NAME}`); "schema": the description of the output for the model.
    """

    kind: Literal["variable", "primitive", "schema"]
    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """Text with placeholders. It is filled in one pass: inserted text is never parsed again."""

    parts: tuple[str | Slot, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of the prompt variables, in order of first use."""
        return tuple(dict.fromkeys(p.name for p in self.parts if isinstance(p, Slot) and p.kind == "variable"))


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One message of the conversation. `content` is a template, or content parts that are not changed."""

    role: str
    content: Template | list[Any]
    rules: tuple[Rule, ...] = ()


class MessageRule(NamedTuple):
    """A rule on the text of every message of a role (None for all), wherever the message comes from."""

    role: str | None
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spec:
    """The expected output, the messages that ask for it, and the handling of failures.

    schema: the output. messages: the conversation before the answer. reask: extra messages of the author's own in place
    of the first line of a reask. message_rules: what is checked of every message before the call, also of those the
    caller gives in place of the spec's. inputs: typed prompt variables; None where the spec declares none, then every
    variable of a template is required and untyped. shown_as: how a model is shown the output; None where the author
    does not say: then `${output_schema}` is JSON Schema, and railguard's own texts show a type, but in documents of
    older dialects and beside `${output_schema}`. warnings: what was odd when it was read. name: for messages.
    """

    schema: Schema
    messages: tuple[MessageTemplate, ...] = ()
    reask: tuple[MessageTemplate, ...] = ()
    message_rules: tuple[MessageRule, ...] = ()
    inputs: ObjectNode | None = None
    repair: RepairPolicy = "lossless"
    limits: Limits = field(default_factory=Limits)
    shown_as: ShownAs | None = None
    warnings: tuple[Problem, ...] = ()
    name: str | None = None
    version: str | None = None
