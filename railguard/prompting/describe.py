"""Describes the output for a model: as JSON Schema, as XML, and in words.

Each form contains everything that is checked: types, constraints, hints, and the rules in their validators' own words;
on-fail actions are never shown. The same tree gives the same text.
"""

from __future__ import annotations

from typing import Any

from railguard.prompting.compact import as_types
from railguard.prompting.described_as_xml import as_xml
from railguard.prompting.noun_phrases import noun_of, said_of
from railguard.schema import Schema
from railguard.schema.formats import is_text
from railguard.schema.to_json_schema import to_json_schema
from railguard.spec import Slot
from railguard.values import json_text

__all__ = ["as_xml", "described_as_json", "described_as_text", "slot_text"]

_WIDTH = 100


def slot_text(slot: Slot, schema: Schema) -> str:
    """Return the text of the schema's placeholder in a template: XML for `xml_output_schema`, a type for `output_type`,
    otherwise JSON, or words for a text.
    """
    if slot.name == "xml_output_schema":
        return as_xml(schema)
    if is_text(schema):
        return described_as_text(schema)
    return as_types(schema) if slot.name == "output_type" else described_as_json(schema)


def described_as_json(schema: Schema) -> str:
    """Return the JSON Schema with every rule in its descriptions, indented by two; short parts are on one line."""
    return _pretty(to_json_schema(schema, rules=True), 0)


def described_as_text(schema: Schema) -> str:
    """Describe a text output in words: its description, then its conditions, one per line, then how to answer."""
    root = schema.resolve(schema.root)
    told = []
    if root.description:
        told.append(f"Write this: {root.description}")
    kind = noun_of(root, 1000, schema.definitions).one
    wanted = [*([] if kind == "text" else [kind]), *said_of(root)]
    if wanted:
        told.append("It must satisfy all of these:\n" + "\n".join(f"- {one}" for one in wanted))
    told.append("Write only the text itself, with nothing before or after it.")
    return "\n\n".join(told)


def _pretty(value: Any, level: int) -> str:
    if isinstance(value, dict) and value:
        parts = [f"{json_text(key)}: {_pretty(item, level + 1)}" for key, item in value.items()]
        return _laid_out("{", parts, "}", level)
    if isinstance(value, list) and value:
        return _laid_out("[", [_pretty(item, level + 1) for item in value], "]", level)
    return json_text(value)


def _laid_out(start: str, parts: list[str], end: str, level: int) -> str:
    if sum(map(len, parts)) + 2 * len(parts) + 2 * level <= _WIDTH and not any("\n" in part for part in parts):
        return f"{start}{', '.join(parts)}{end}"
    indent = "  " * (level + 1)
    return f"{start}\n{indent}" + f",\n{indent}".join(parts) + f"\n{indent[2:]}{end}"
