"""Merges allOf into one equivalent schema; parts that cannot be merged stay in an allOf.

A merged schema is a new dict; schemas of the document are never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from railguard.sources.schema_keywords import (
    CONSTRAINTS,
    GROUPS,
    JOINED,
    OBJECT,
    RULES_KEYWORD,
    UNEVALUATED,
    enumerated,
    type_names,
    without_annotations,
)
from railguard.validation.vocabulary import JSON_TYPES
from railguard.values import identical, json_key

__all__ = ["both", "merge_schemas"]


def merge_schemas(parts: list[dict[str, Any]]) -> dict[str, Any] | bool:
    """Merge schemas into one that a value satisfies if it satisfies all of them; False if no value can.

    Annotations are taken from the first part that has them; the rules of later parts run first, because these are inner
    schemas.
    """
    merged: dict[str, Any] = {}
    leftover: list[Any] = []
    for part in parts:
        if any(keyword in part for keyword in UNEVALUATED):
            leftover.append(without_annotations(part))
            part = {keyword: value for keyword, value in part.items() if keyword not in CONSTRAINTS}
        if not _add(merged, part, leftover):
            return False
    if leftover:
        merged["allOf"] = [*merged.get("allOf", ()), *leftover]
    return merged


def _add(merged: dict[str, Any], part: dict[str, Any], leftover: list[Any]) -> bool:
    for keyword, value in part.items():
        if keyword not in CONSTRAINTS:
            merged.setdefault(keyword, value)
    for keyword, joined in JOINED.items():
        if keyword in part:
            merged[keyword] = joined(merged.get(keyword, part[keyword]), part[keyword])
    if RULES_KEYWORD in part:
        merged[RULES_KEYWORD] = [*part[RULES_KEYWORD], *merged.get(RULES_KEYWORD, ())]
    _objects(merged, part, leftover)
    if "items" in part and "items" in merged and "prefixItems" not in {**part, **merged}:
        merged["items"] = both(merged["items"], part["items"])
        part = {keyword: value for keyword, value in part.items() if keyword != "items"}
    for group in GROUPS:
        mine = {keyword: part[keyword] for keyword in group if keyword in part}
        if not mine:
            continue
        if not any(keyword in merged for keyword in group):
            merged.update(mine)
        elif not identical(mine, {keyword: merged[keyword] for keyword in group if keyword in merged}):
            leftover.append(mine)
    return _types(merged, part) and _values(merged, part)


def _types(merged: dict[str, Any], part: dict[str, Any]) -> bool:
    if "type" not in part:
        return True
    mine = type_names(part["type"])
    if "type" in merged:
        before = type_names(merged["type"])
        mine = [name for name in JSON_TYPES if _covers(before, name) and _covers(mine, name)]
        if "number" in mine and "integer" in mine:
            mine.remove("integer")
    merged["type"] = mine[0] if len(mine) == 1 else mine
    return bool(mine)


def _covers(names: Iterable[str], name: str) -> bool:
    return name in names or (name == "integer" and "number" in names)


def _values(merged: dict[str, Any], part: dict[str, Any]) -> bool:
    mine = enumerated(part)
    if mine is None:
        return True
    if (before := merged.get("enum")) is not None:
        allowed = {json_key(value) for value in before}
        mine = [value for value in mine if json_key(value) in allowed]
    merged["enum"] = mine
    return bool(mine)


def _objects(merged: dict[str, Any], part: dict[str, Any], leftover: list[Any]) -> None:
    """properties and additionalProperties: a part's additionalProperties governs the names that only others list."""
    mine = {keyword: part[keyword] for keyword in OBJECT if keyword in part}
    before = {keyword: merged[keyword] for keyword in OBJECT if keyword in merged}
    if not mine or not before:
        merged.update(mine)
        return
    if identical(mine, before):
        return
    if "patternProperties" in mine or "patternProperties" in before:
        leftover.append(mine)
        return
    mine_named, before_named = mine.get("properties", {}), before.get("properties", {})
    mine_other, before_other = mine.get("additionalProperties", True), before.get("additionalProperties", True)
    names = dict.fromkeys([*before_named, *mine_named])
    properties = {name: both(before_named.get(name, before_other), mine_named.get(name, mine_other)) for name in names}
    merged["properties"] = properties
    if "additionalProperties" in mine or "additionalProperties" in before:
        # True is also stored: it evaluates every key, so that unevaluatedProperties has no effect
        merged["additionalProperties"] = both(before_other, mine_other)


def both(one: Any, other: Any) -> Any:
    """Return a schema for values that satisfy two schemas."""
    if one is False or other is False:
        return False
    if one in (True, {}):
        return other
    if other in (True, {}) or identical(one, other):
        return one
    return {"allOf": [one, other]}
