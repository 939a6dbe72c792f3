"""The wanted output as a model reads it: as JSON Schema, as XML, in words, and one node in one line.

Everything that is checked can be read in each form: types, constraints, hints, and the rules in their validators' own
words; what a failure does is never shown. Same tree, same text.
"""

from __future__ import annotations

import json
from typing import Any

from railguard.prompting.nouns import LINE, noun_of, said_of
from railguard.prompting.xml import as_xml
from railguard.schema import Node, Schema
from railguard.schema.formats import is_free_text
from railguard.schema.json_schema import to_json_schema
from railguard.spec import Slot

__all__ = ["as_json", "as_text", "as_xml", "is_text", "short", "slot_text"]

_WIDTH = 100


def is_text(schema: Schema) -> bool:
    """Whether the whole answer is a text, not JSON: the root is a string that cannot be null."""
    return not schema.root.nullable and is_free_text(schema.root)


def slot_text(slot: Slot, schema: Schema) -> str:
    """What stands in a template's place for the schema: XML for `xml_output_schema`, else JSON, or words for a text."""
    if slot.name == "xml_output_schema":
        return as_xml(schema)
    return as_text(schema) if is_text(schema) else as_json(schema)


def as_json(schema: Schema) -> str:
    """The JSON Schema with every rule in its descriptions, indented by two; what fits on a line stands on one."""
    return _pretty(to_json_schema(schema, rules=True), 0)


def as_text(schema: Schema) -> str:
    """A wanted text in words: its description, then what it must satisfy, one line each, then how to answer."""
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


def short(node: Node, *, rules: bool = False, schema: Schema | None = None, limit: int = LINE) -> str:
    """What is allowed at a node, in one line to follow "it must be": `a whole number between 0 and 100`.

    rules: whether the node's validators stand behind it, in brackets; its hint always does. schema: what references
    are looked up in; without it they are named. limit: about how many characters the line may have; names and values
    that do not fit are counted instead.
    """
    limit = max(limit, 40)
    told = noun_of(node, limit, {} if schema is None else schema.definitions).one
    said = said_of(node, rules=rules)
    if said:
        told += f" ({'; '.join(said)})"
    told = " ".join(told.split())
    return told if len(told) <= limit else told[: limit - 1].rstrip() + "…"


def _pretty(value: Any, level: int) -> str:
    if isinstance(value, dict) and value:
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {_pretty(item, level + 1)}" for key, item in value.items()]
        return _laid_out("{", parts, "}", level)
    if isinstance(value, list) and value:
        return _laid_out("[", [_pretty(item, level + 1) for item in value], "]", level)
    return json.dumps(value, ensure_ascii=False)


def _laid_out(start: str, parts: list[str], end: str, level: int) -> str:
    if sum(map(len, parts)) + 2 * len(parts) + 2 * level <= _WIDTH and not any("\n" in part for part in parts):
        return f"{start}{', '.join(parts)}{end}"
    indent = "  " * (level + 1)
    return f"{start}\n{indent}" + f",\n{indent}".join(parts) + f"\n{indent[2:]}{end}"
