"""What each target knows of JSON Schema: one row a target, as its documentation and its SDK say.

What they leave open is written the way their SDK's users write it: the first law is that a request is not refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from railguard.values import JsonSchema

__all__ = ["DIALECTS", "Dialect", "Target", "size_of"]

Target: TypeAlias = Literal["draft2020-12", "openai-strict", "anthropic", "gemini"]
"""Whose JSON Schema: the standard's, or the part of it that a provider turns into a grammar."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a target knows. Keywords and formats: None for all. null, one_of, ref: how null, one of several, and a
    reference with something beside it are written. min_items: the most that minItems may say, where it is no known
    keyword. limits: (what, most) of what a request may hold."""

    keywords: frozenset[str] | None = None
    formats: frozenset[str] | None = None
    null: Literal["type", "anyOf"] = "type"
    one_of: Literal["oneOf", "anyOf"] = "anyOf"
    ref: Literal["beside", "anyOf", "allOf"] = "anyOf"
    object_root: bool = False
    all_required: bool = False
    min_items: int = -1
    open_objects: bool = False
    anything: bool = False
    enums: tuple[type, ...] | None = None
    recursion: Literal["any", "optional", "none"] = "any"
    names: re.Pattern[str] | None = None
    limits: tuple[tuple[str, int], ...] = ()


_WORDS = {"title", "description", "type", "properties", "required", "items", "enum", "additionalProperties"}
_TIMES = {"date", "time", "date-time", "duration"}

DIALECTS: Mapping[str, Dialect] = {
    "draft2020-12": Dialect(one_of="oneOf", ref="beside", open_objects=True, anything=True),
    "openai-strict": Dialect(
        keywords=frozenset(
            _WORDS
            | {"const", "pattern", "format", "minItems", "maxItems"}
            | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
        ),
        formats=frozenset(_TIMES | {"email", "hostname", "ipv4", "ipv6", "uuid"}),
        object_root=True,
        all_required=True,
        enums=(str, int, float, bool, type(None)),
        limits=(("properties", 5000), ("levels", 10), ("characters", 120_000), ("enum values", 1000)),
    ),
    "anthropic": Dialect(
        keywords=frozenset(_WORDS | {"const", "format"}),
        formats=frozenset(_TIMES | {"email", "hostname", "uri", "ipv4", "ipv6", "uuid"}),
        min_items=1,
        null="anyOf",
        ref="allOf",
        object_root=True,
        enums=(str, int, float, bool, type(None)),
        recursion="none",
        names=re.compile(r"[A-Za-z0-9_.-]{1,64}"),
        limits=(("optional properties", 24), ("union-typed properties", 16)),
    ),
    "gemini": Dialect(
        keywords=frozenset(_WORDS | {"format", "minimum", "maximum", "minItems", "maxItems"}),
        formats=frozenset(),
        null="anyOf",
        open_objects=True,
        anything=True,
        enums=(str, int, float, type(None)),
        recursion="optional",
    ),
}


def size_of(body: JsonSchema) -> dict[str, int]:
    """How many properties, levels of objects and lists, characters of names and values, and enum values there are."""
    size = {"properties": 0, "levels": 0, "characters": 0, "enum values": 0}
    todo: list[tuple[JsonSchema, int]] = [(body, 0), *((node, 0) for node in body.get("$defs", {}).values())]
    while todo:
        at, level = todo.pop()
        properties = at.get("properties", {})
        values = at["enum"] if "enum" in at else [at["const"]] if "const" in at else []
        level += "properties" in at or "items" in at
        size["levels"] = max(size["levels"], level)
        size["properties"] += len(properties)
        size["enum values"] += len(values)
        size["characters"] += sum(
            map(
                len,
                (
                    *properties,
                    *at.get("$defs", ()),
                    *(value if isinstance(value, str) else json.dumps(value) for value in values),
                ),
            )
        )
        below = [*properties.values(), *at.get("anyOf", ()), *([at["items"]] if "items" in at else [])]
        todo += [(one, level) for one in below]
    return size
