"""Determines in which form a conversation shows the schema to a model, and adapts its texts about the schema.

A primitive describes the schema that is shown. If a conversation shows only XML, "this JSON Schema" would have no
meaning, so the equivalent primitive for XML replaces it, and vice versa.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeAlias

from railguard.prompting import primitives
from railguard.prompting.compact import TOLD, as_types, type_text, with_text
from railguard.prompting.describe import described_as_json
from railguard.prompting.described_as_xml import as_xml
from railguard.schema import Schema
from railguard.schema.to_json_schema import to_json_schema
from railguard.spec import MessageTemplate, ShownAs, Slot, Spec, Template
from railguard.values import Message

__all__ = ["Exchange", "agreeing", "announced_in_vain", "form_of", "says_schema", "shows_schema", "with_type"]

Form: TypeAlias = Literal["json", "xml"]

_FORMS: dict[str, Form] = {"output_schema": "json", "xml_output_schema": "xml"}


def _shows(name: str) -> bool:
    """Whether a primitive shows the schema."""
    own = primitives.find_primitive(name)
    return own is not None and any(isinstance(part, Slot) and part.kind == "schema" for part in own.parts)


_TWINS = {
    name: twin
    for pair in primitives.TWINS.items()
    for name, twin in (pair, pair[::-1])
    if not _shows(name) and "reask" not in name
}
"""Maps primitives that describe a schema without showing it to the equivalent ones for the other form."""


class Exchange(NamedTuple):
    """A replaced primitive: its name, and that of its replacement."""

    name: str
    twin: str


def shows_schema(messages: Sequence[MessageTemplate]) -> bool:
    """Whether any message has a placeholder for the schema, directly or in a primitive."""
    return any(_forms(message.content) for message in messages if isinstance(message.content, Template))


def form_of(spec: Spec) -> ShownAs:
    """Return the form in which a spec's messages show the output: the author's choice; by default a type, but JSON
    Schema in documents of older dialects and with `${output_schema}`.
    """
    if spec.shown_as is not None:
        return spec.shown_as
    old = spec.version not in (None, "1.0")
    return "json-schema" if old or any(map(_has_schema, (*spec.messages, *spec.reask))) else "types"


def _has_schema(message: MessageTemplate) -> bool:
    parts = message.content.parts if isinstance(message.content, Template) else ()
    return any(isinstance(part, Slot) and (part.kind, part.name) == ("schema", "output_schema") for part in parts)


def with_type(messages: Sequence[Message], schema: Schema, form: ShownAs = "types") -> tuple[Message, ...]:
    """Return the messages with the output's description at the end, in one of its forms, as `with_text` adds it."""
    return with_text(messages, _told(schema, form))


@lru_cache(maxsize=256)
def _told(schema: Schema, form: ShownAs) -> str:
    """Return a schema's description with its first line."""
    forms: Mapping[ShownAs, Callable[[Schema], str]] = {
        "types": type_text,
        "json-schema": described_as_json,
        "xml": as_xml,
    }
    return f"{TOLD[form]}\n\n{forms[form](schema)}"


def says_schema(messages: Sequence[Message], schema: Schema) -> bool:
    """Whether a message's text contains the schema in any common form: as JSON Schema, railguard's or pydantic's, as
    XML, or as a type. White space is ignored.
    """
    texts: list[str] = []
    for message in messages:
        if type(message) is dict or isinstance(message, Mapping):
            content = message.get("content")
            if type(content) is str:
                texts.append(content)
            else:
                texts += _texts(content)
    shortest, forms = _all_written(schema)
    if sum(map(len, texts)) < shortest:
        return False
    said = "".join("".join(text.split()) for text in texts)
    return bool(said) and any(form in said for form in forms)


@lru_cache(maxsize=256)
def _all_written(schema: Schema) -> tuple[int, tuple[str, ...]]:
    """Return the shortest length of all forms of a schema without white space, and the forms."""
    forms = tuple("".join(form.split()) for form in _written(schema))
    return min(map(len, forms)), forms


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
    """Return the messages with each primitive in the form of the shown schema, and the replaced primitives.

    Args:
        messages: the conversation.
        shown: further messages of the conversation; their schema counts if the messages show none.
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
    """Return primitives such as "the XML below describes …" without a schema after them, in this or a later message."""
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
    """Return the forms of the schema in a placeholder's text, or in that of a primitive."""
    if slot.kind == "schema":
        return [_FORMS[slot.name]]
    own = primitives.find_primitive(slot.name) if slot.kind == "primitive" else None
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
