"""The JSON Schema support of each target: one row per target, by its documentation and SDK.

Unspecified details are written as their SDKs' users write them: the most important rule is that a request is not
refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from railguard.lazy import regex
from railguard.values import JsonSchema

__all__ = ["ANYTHING", "DIALECTS", "Dialect", "Target", "size_of"]

Target: TypeAlias = Literal[
    "draft2020-12", "openai-strict", "anthropic", "gemini", "mistral", "groq", "llamacpp", "llguidance", "portable"
]
"""A dialect of JSON Schema: the standard, or the subset that a provider converts to a grammar."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """The dialect of a target.

    Attributes:
        keywords: The supported keywords; None for all.
        formats: The supported formats; None for all.
        null: How a nullable type is written.
        one_of: How one of several schemas is written.
        ref: How a reference with other keywords next to it is written.
        object_root: Whether the root must be an object.
        all_required: Whether every property must be required; an optional one may then be null instead.
        min_items: The largest supported minItems, if it is not a supported keyword.
        open_objects: Whether an object may have further keys; if not, they are written as a list of pairs.
        anything: Whether a schema may allow any value.
        enums: The types that values of an enum may have; None for all.
        recursion: Which references may be recursive: any, those through optional properties, none.
        names: The allowed names of properties; None for any.
        limits: (quantity, largest number) of the limits of a request.
        types: The types with which a keyword is supported, for keywords that are not supported with all types.
        most: The largest value of a keyword.
        patterns: Which regular expressions have the same meaning as in ECMA-262; None for all.
        narrow: For formats, a pattern that allows less than the format, for decoding: the target does not support the
            format, has another definition of it, or would write it without end.
        bounds: For types of numbers, their bounds for decoding if the schema has none.
    """

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
    types: Mapping[str, frozenset[str]] = field(default_factory=dict)
    most: Mapping[str, int] = field(default_factory=dict)
    patterns: re.Pattern[str] | None = None
    narrow: Mapping[str, str] = field(default_factory=dict)
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def knows(self, keyword: str, value: Any, type: Any) -> bool:
        """Whether a keyword with this value has its standard meaning for the target, next to this `type`."""
        if keyword == "minItems" and value <= self.min_items:
            return True
        if self.keywords is not None and keyword not in self.keywords:
            return False
        if keyword == "format":
            return self.formats is None or value in self.formats or value in self.narrow
        if keyword == "pattern":
            return self.patterns is None or self.patterns.fullmatch(value) is not None
        if keyword in self.types and type not in self.types[keyword]:
            return False
        return keyword not in self.most or value <= self.most[keyword]

    def narrow_body(self, body: JsonSchema) -> list[str]:
        """Narrow a node's schema for decoding, in place. Returns descriptions of the changes."""
        narrowed = []
        pattern = self.narrow.get(body.get("format", ""))
        if pattern is not None:
            narrowed.append(f"format {body.pop('format')}")
            body["pattern"] = pattern
        kind = body.get("type")
        if isinstance(kind, str) and kind in self.bounds and body.keys().isdisjoint(("enum", "const")):
            low, high = self.bounds[kind]
            most, least = (next((body[name] for name in names if name in body), None) for names in _BOUNDS)
            if least is None:
                body["minimum"] = least = low if most is None or most > low else most - high
                narrowed.append("minimum")
            if most is None:
                body["maximum"] = high if least < high else least + high
                narrowed.append("maximum")
        return narrowed

    def any_value(self) -> JsonSchema:
        """Return the definition ANYTHING: any JSON value whose numbers are within the bounds for decoding."""
        low, high = self.bounds["number"]
        below = {"$ref": f"#/$defs/{ANYTHING}"}
        return {
            "anyOf": [
                *({"type": name} for name in ("string", "boolean", "null")),
                {"type": "number", "minimum": low, "maximum": high},
                {"type": "array", "items": below},
                {"type": "object", "additionalProperties": below},
            ]
        }


ANYTHING = "any.value"
"""The name of the definition of any value with bounded numbers. No definition of a tree has a dot in its name."""

_BOUNDS = (("maximum", "exclusiveMaximum"), ("minimum", "exclusiveMinimum"))


_DAY = (
    r"[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_HOST = r"([a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?\.){1,3}[a-z]{2,10}"
_YEAR = r"(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
_NARROW = {
    "date": f"^{_DAY.replace('[0-9]{4}', _YEAR, 1)}$",
    "time": f"^{_CLOCK}$",
    "date-time": f"^{_DAY.replace('[0-9]{4}', _YEAR, 1)}T{_CLOCK}$",
    "duration": r"^P([0-9]{1,4}D(T[0-9]{1,2}H)?|T[0-9]{1,4}[HMS]|[0-9]{1,4}[YMW])$",
    "email": rf"^[A-Za-z0-9_+-]{{1,32}}(\.[A-Za-z0-9_+-]{{1,15}})?@{_HOST}$",
    "hostname": f"^{_HOST}$",
    "uri": rf"^https?://{_HOST}(/[A-Za-z0-9._~-]{{0,40}}){{0,6}}$",
}
_NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
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
        names=regex(r"[A-Za-z0-9_.-]{1,64}"),
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
    "mistral": Dialect(
        keywords=frozenset(_WORDS),
        formats=frozenset(),
        null="anyOf",
        ref="anyOf",
        object_root=True,
        enums=(str, int, float, bool, type(None)),
    ),
    # The intersection of all, for a question that may go to several providers.
    "portable": Dialect(
        keywords=frozenset(_WORDS),
        formats=frozenset(),
        null="anyOf",
        object_root=True,
        all_required=True,
        enums=(str, int, float, type(None)),
        recursion="none",
        names=regex(r"[A-Za-z0-9_.-]{1,64}"),
        limits=(
            *(("properties", 5000), ("levels", 10), ("characters", 120_000), ("enum values", 1000)),
            ("union-typed properties", 16),
        ),
    ),
    "groq": Dialect(
        keywords=frozenset(_WORDS),
        formats=frozenset(),
        object_root=True,
        all_required=True,
        enums=(str, int, float, bool, type(None)),
    ),
    # json-schema-to-grammar ignores unsupported keywords, except a pattern, at which it fails.
    "llamacpp": Dialect(
        keywords=frozenset(
            _WORDS | {"const", "pattern", "format", "minLength", "maxLength", "minItems", "maxItems"} | _NUMBERS
        ),
        formats=frozenset({"date", "time", "date-time", "uuid"}),
        null="anyOf",
        ref="beside",
        open_objects=True,
        anything=True,
        types=dict.fromkeys(_NUMBERS, frozenset({"integer"})),
        most=dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), 2000),  # of a repetition in a grammar
        patterns=regex(r"\^(?:[^\\|^$(\[.\s]|\[\^?[^\\\]\[^]+\])*\$"),
    ),
    "llguidance": Dialect(
        keywords=frozenset(
            _WORDS
            | {"const", "pattern", "format", "minLength", "maxLength", "minItems", "maxItems", "multipleOf"}
            | _NUMBERS
        ),
        formats=frozenset({"uuid", "ipv4", "ipv6"}),
        ref="beside",
        open_objects=True,
        anything=True,
        patterns=regex(r"(?:[^\\(]|\((?!\?[=!<])|\\[^bBcCpPkAzZ1-9])*"),
        narrow=_NARROW,
        bounds={"number": (-1e15, 1e15), "integer": (-(10**18), 10**18)},
    ),
}


def size_of(body: JsonSchema) -> dict[str, int]:
    """Count properties, levels of objects and lists, characters of names and values, and enum values."""
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
