"""Which form of the schema a conversation shows a model, and what its texts say about the schema.

A primitive speaks of the schema that is shown: where a conversation shows XML alone, "this JSON Schema" would be about
nothing, so the primitive of the same name for XML stands in its place, and the other way round.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple, TypeAlias

from railguard.prompting import primitives
from railguard.prompting.compact import as_types
from railguard.prompting.xml import as_xml
from railguard.schema import Schema
from railguard.schema.json_schema import to_json_schema
from railguard.spec import MessageTemplate, Slot, Template
from railguard.values import Message

__all__ = ["Exchange", "agreeing", "announced_in_vain", "says_schema", "shows_schema"]

Form: TypeAlias = Literal["json", "xml"]

_FORMS: dict[str, Form] = {"output_schema": "json", "xml_output_schema": "xml"}
_TWINS = {
    f"{form}_{rest}": f"{other}_{rest}"
    for form, other in (("json", "xml"), ("xml", "json"))
    for rest in (
        "prefix_prompt",
        "suffix_prompt",
        "suffix_prompt_v2",
        "suffix_prompt_v2_wo_none",
        "suffix_prompt_examples",
    )
}
_TWINS |= {
    f"high_level_{name}_instructions": f"high_level_{twin}_instructions"
    for name, twin in (("json", "xml"), ("xml", "json"))
}
"""Primitives that speak of a schema without showing it → what says the same of its other form."""


class Exchange(NamedTuple):
    """A primitive that speaks of another form than the one shown: its name, and that of its twin."""

    name: str
    twin: str


def shows_schema(messages: Sequence[MessageTemplate]) -> bool:
    """Whether any message has a place for the schema, itself or in a primitive."""
    return any(_forms(message.content) for message in messages if isinstance(message.content, Template))


def says_schema(messages: Sequence[Message], schema: Schema) -> bool:
    """Whether the schema stands in a text of these messages, in any of the forms in which people put it there: as JSON
    Schema, ours or pydantic's, as XML, or as a type. Blanks and line breaks do not count."""
    contents = (message.get("content") for message in messages if isinstance(message, Mapping))
    texts = "".join("".join(text.split()) for content in contents for text in _texts(content))
    return bool(texts) and any("".join(form.split()) in texts for form in _written(schema))


def _written(schema: Schema) -> Iterator[str]:
    own = to_json_schema(schema)
    for document in (own, to_json_schema(schema, rules=True), schema.source, _of_pydantic(schema)):
        if isinstance(document, dict) and document:
            yield from dict.fromkeys(json.dumps(document, ensure_ascii=ascii, default=str) for ascii in (False, True))
    yield as_xml(schema)
    yield as_types(schema)


def _of_pydantic(schema: Schema) -> Any:
    if schema.user_model is None:
        return None
    from pydantic import TypeAdapter

    return TypeAdapter(schema.source).json_schema()


def _texts(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, (list, tuple)):
        for part in content:
            text = part.get("text") if isinstance(part, Mapping) else None
            if isinstance(text, str):
                yield text


def agreeing(
    messages: Sequence[MessageTemplate], shown: Sequence[MessageTemplate] = ()
) -> tuple[list[MessageTemplate], list[Exchange]]:
    """The messages with each primitive in the form of the schema that is shown, and which were exchanged.

    Args:
        messages: the conversation.
        shown: messages that are seen besides, and whose schema counts where these show none.
    """
    forms = _all_forms(messages) or _all_forms(shown)
    if len(forms) != 1:
        return list(messages), []
    (form,) = forms
    changes: dict[str, Exchange] = {}
    changed = []
    for message in messages:
        if isinstance(message.content, Template):
            parts = [_exchanged(part, form, changes) for part in message.content.parts]
            message = replace(message, content=Template(tuple(parts)))
        changed.append(message)
    return changed, list(changes.values())


def announced_in_vain(messages: Sequence[MessageTemplate]) -> list[str]:
    """Primitives that say "the XML below describes …" and have no schema behind them, in this or a later message."""
    parts = [part for message in messages if isinstance(message.content, Template) for part in message.content.parts]
    last = max((at for at, part in enumerate(parts) if isinstance(part, Slot) and _form(part)), default=-1)
    return [
        part.name
        for at, part in enumerate(parts)
        if at > last and isinstance(part, Slot) and part.kind == "primitive" and part.name.endswith("_prefix_prompt")
    ]


def _all_forms(messages: Sequence[MessageTemplate]) -> set[Form]:
    return {form for message in messages if isinstance(message.content, Template) for form in _forms(message.content)}


def _forms(template: Template) -> set[Form]:
    return {form for part in template.parts if isinstance(part, Slot) for form in _form(part)}


def _form(slot: Slot) -> list[Form]:
    """The forms of the schema that a place puts into the text; of a primitive, those in its own text."""
    if slot.kind == "schema":
        return [_FORMS[slot.name]]
    own = primitives.find(slot.name) if slot.kind == "primitive" else None
    parts = () if own is None else own.parts
    return [_FORMS[part.name] for part in parts if isinstance(part, Slot) and part.kind == "schema"]


def _exchanged(part: str | Slot, form: Form, changes: dict[str, Exchange]) -> str | Slot:
    if isinstance(part, str) or part.kind != "primitive" or part.name not in _TWINS:
        return part
    twin = _TWINS[part.name]
    if f"{form}_" in part.name:
        return part
    changes.setdefault(part.name, Exchange(part.name, twin))
    return Slot("primitive", twin)
