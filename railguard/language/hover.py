"""Explains the syntax at an offset: elements with their JSON Schema, attributes, validators with their manual."""

from __future__ import annotations

import json
from dataclasses import dataclass

from railguard.errors import SpecError
from railguard.language.catalogue import ON_FAIL_PREFIX, actions, attributes, element, primitives
from railguard.language.cursor import (
    as_document,
    call_at,
    declarations,
    definitions,
    is_rules,
    parent_tag,
    template_at,
)
from railguard.rail.files import load
from railguard.rail.syntax import AttributeSyntax, Document, ElementSyntax
from railguard.schema.to_json_schema import to_json_schema
from railguard.validation import Validator, registry

__all__ = ["Hover", "hover"]

_MOST_LINES = 40
_MOST_ELEMENTS = 300


@dataclass(frozen=True, slots=True)
class Hover:
    """The explanation of a name.

    Attributes:
        text: The explanation, as Markdown.
        start: The start of the name.
        end: The end of the name.
    """

    text: str
    start: int
    end: int


def hover(text: str | Document, offset: int) -> Hover | None:
    """Explain the syntax at an offset.

    Args:
        text: A RAIL document, however broken, or its tree.
        offset: The index in the text.

    Returns:
        The explanation, or None.
    """
    document = as_document(text)
    if (found := template_at(document, offset)) is not None:
        place, base = found
        said = _of_place(document, place.kind, place.name)
        return None if said is None else Hover(said, base + place.start, base + place.end)
    at = document.place(offset)
    if at.element is None:
        return None
    if at.kind in ("tag", "end-tag"):
        said = _of_element(document, at.element)
    elif at.kind == "attribute" and at.attribute is not None:
        said = _of_attribute(at.element, at.attribute)
    elif at.kind == "value" and at.attribute is not None:
        return _of_value(document, at.element, at.attribute, offset)
    else:
        return None
    return None if said is None else Hover(said, at.start, at.end)


def _of_place(document: Document, kind: str, name: str) -> str | None:
    if kind == "primitive":
        primitive = primitives().get(name)
        return None if primitive is None else f"`${{gr.{name}}}`\n\n{_fenced(primitive.text, 'text')}"
    if kind == "schema":
        form = "XML" if name.startswith("xml") else "JSON Schema"
        return f"`${{{name}}}`: the wanted output, as {form}."
    declared = next((one for one in declarations(document) if one.name == name), None)
    if declared is None or declared.element is None:
        return f"`${{{name}}}`: a variable." if name else None
    description = declared.element.get("description")
    words = f"\n\n{description}" if description else ""
    return f"`${{{name}}}`: a variable, `<{declared.element.tag}>`.{words}"


def _of_element(document: Document, at: ElementSyntax) -> str | None:
    info = element(at.tag)
    if info is None:
        return None
    parts = [f"`<{at.tag}>`: {info.doc[:1].lower()}{info.doc[1:]}" if info.doc else f"`<{at.tag}>`"]
    schema = _schema(document, at) if info.is_type or at.tag == "output" else None
    if schema is not None:
        parts.append(_fenced(schema, "json"))
    return "\n\n".join(parts)


def _schema(document: Document, at: ElementSyntax) -> str | None:
    """Return the JSON Schema of an element; None if it has an error, or is too large to be shown."""
    if sum(1 for _, _ in zip(at.walk(), range(_MOST_ELEMENTS + 1), strict=False)) > _MOST_ELEMENTS:
        return None
    text = document.text
    written = text[at.start : at.end]
    shared = [one for one in (document.root.elements if document.root else []) if one.tag == "definitions"]
    defined = "".join(text[one.start : one.end] for one in shared)
    name = at.get("name")
    output = written if at.tag == "output" else f"<output>{written}</output>"
    if at.tag != "output" and name is None:
        output = f'<output type="list">{written}</output>'
    try:
        spec = load(f'<rail version="1.0">{defined}{output}</rail>\n')
        schema = to_json_schema(spec.schema)
    except SpecError:
        return None
    found = schema
    if at.tag != "output":
        found = schema.get("items", {}) if name is None else schema.get("properties", {}).get(name, {})
    lines = json.dumps(found, indent=2, ensure_ascii=False).splitlines()
    return "\n".join(lines if len(lines) <= _MOST_LINES else [*lines[:_MOST_LINES], "…"])


def _of_attribute(at: ElementSyntax, attribute: AttributeSyntax) -> str | None:
    kind = at.get("type") if at.tag == "output" else None
    name = attribute.name
    for one in attributes(at.tag, parent_tag(at), type=kind):
        on_fail = one.name.startswith(ON_FAIL_PREFIX) and name.startswith(ON_FAIL_PREFIX)
        if one.name == name or on_fail:
            said = one.doc.replace("validator NAME", f"validator `{name.removeprefix(ON_FAIL_PREFIX)}`")
            default = f"\n\nDefault: {one.default}." if one.default else ""
            return f"`{name}`: {said[:1].lower()}{said[1:]}{default}"
    return None


def _of_value(document: Document, at: ElementSyntax, attribute: AttributeSyntax, offset: int) -> Hover | None:
    if is_rules(attribute):
        return _of_call(attribute, offset)
    word, start, end = attribute.value.strip(), attribute.value_start, attribute.value_end
    if attribute.name == "on-fail" or attribute.name.startswith(ON_FAIL_PREFIX):
        action = next((one for one in actions() if one.name == word), None)
        return None if action is None else Hover(f"`{word}`: {action.doc}", start, end)
    if at.tag == "ref" and attribute.name == "to":
        named = next((one for one in definitions(document) if one.name == word), None)
        if named is not None and named.element is not None:
            said = _of_element(document, named.element)
            return None if said is None else Hover(said, start, end)
    return None


def _of_call(attribute: AttributeSyntax, offset: int) -> Hover | None:
    at = call_at(attribute, offset)
    if at is None:
        return None
    validator = registry.find_validator(at.call.name)
    if validator is None:
        return None
    if at.in_name:
        return Hover(_manual(validator), at.name_start, at.name_end)
    for token in at.call.tokens:
        keyword = token.keyword
        if keyword is not None and token.offset <= at.at <= token.offset + len(keyword.name):
            parameter = next((one for one in validator.parameters if one.name == keyword.name), None)
            if parameter is None:
                return None
            start = attribute.offset_of(token.offset)
            doc = f": {parameter.doc}" if parameter.doc else ""
            return Hover(f"`{parameter}`{doc}", start, start + len(keyword.name))
    return None


def _manual(validator: Validator) -> str:
    manual = validator.manual
    parts = [f"`{validator.signature}`", "\n".join(manual.words).strip()]
    described = [f"- `{one}`: {one.doc}" for one in validator.parameters if one.doc]
    if described:
        parts.append("\n".join(described))
    if manual.examples:
        parts.append(_fenced("\n".join(manual.examples), "python"))
    return "\n\n".join(part for part in parts if part)


def _fenced(text: str, language: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"
