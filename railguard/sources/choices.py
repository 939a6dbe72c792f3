"""Recognizes anyOf and oneOf that are a choice or an enum, and whether the branches of a oneOf exclude each other.

A choice: every branch is an object, and one required member has different text values in each branch.
"""

from __future__ import annotations

from typing import Any

from railguard.schema import EnumNode
from railguard.sources.flatten import Flattener
from railguard.sources.schema_keywords import (
    distinct,
    enumerated,
    has_type,
    type_names,
    types_of,
    value_type,
    without_annotations,
)
from railguard.validation.vocabulary import JSON_TYPES
from railguard.values import json_key

__all__ = ["choice_branches", "discriminator", "exclusive", "has_type_already", "only_null", "values_of"]

Found = tuple[str, list[Any], list[list[str]]]


def choice_branches(flattener: Flattener, branches: list[Any], wanted: str | None) -> Found | None:
    """Return (discriminator, branches, values of each) if every branch is an object that one member identifies."""
    if len(branches) < 2:
        return None
    tags: list[dict[str, list[str]]] = []
    for branch in branches:
        schema = flattener.resolved(flattener.flatten(branch))
        found = _tags(flattener, schema)
        if not found:
            return None
        tags.append(found)
    for name in [wanted] if wanted is not None else list(tags[0]):
        values = [found[name] for found in tags if name in found]
        if len(values) == len(tags):
            flat = [value for some in values for value in some]
            if len(flat) == len(set(flat)):
                return name, branches, values
    return None


def _tags(flattener: Flattener, schema: Any) -> dict[str, list[str]]:
    """Return the required members of an object schema that allow only certain texts."""
    if not isinstance(schema, dict) or types_of(schema) != ["object"]:
        return {}
    if not {"anyOf", "oneOf", "enum", "const", "$ref"}.isdisjoint(schema):
        return {}
    found = {}
    for name in schema.get("required", ()):
        member = flattener.resolved(flattener.flatten(schema.get("properties", {}).get(name)))
        if not isinstance(member, dict) or without_annotations(member).keys() - {"type", "enum", "const"}:
            continue
        values = enumerated(member)
        if (
            values
            and all(isinstance(value, str) for value in values)
            and has_type("", type_names(member.get("type", "string")))
        ):
            found[name] = list(dict.fromkeys(values))
    return found


def exclusive(flattener: Flattener, schemas: list[Any], found: Found | None, nullable: bool) -> bool:
    """Whether no value can satisfy two branches of a oneOf, as far as types and values show it."""
    if len(schemas) == 1 or (found is not None and not nullable):
        return True
    types: list[str] = []
    values: list[Any] = []
    for schema in map(flattener.resolved, schemas):
        if not isinstance(schema, dict):
            return False
        listed = enumerated(schema)
        if listed is not None:
            values.extend(distinct(listed))
        elif not (named := types_of(schema)) or "type" not in schema:
            return False
        else:
            for name in named:
                types.extend(("number", "integer") if name == "number" else (name,))
    if found is not None:  # the branches of a choice are disjoint; null is not an object
        types = [name for name in types if name != "object"] + ["object"]
    taken = {value_type(value) for value in values}
    taken |= {"integer"} if "number" in taken else set()
    keys = {json_key(value) for value in values}
    return len(types) == len(set(types)) and len(keys) == len(values) and taken.isdisjoint(types)


def has_type_already(flattener: Flattener, branch: Any, around: dict[str, Any]) -> bool:
    """Whether a branch already has the type that is the only constraint around it."""
    schema = flattener.resolved(flattener.flatten(branch))
    if set(around) != {"type"} or not isinstance(schema, dict) or "type" not in schema:
        return False
    outer = type_names(around["type"])
    return all(name in outer or (name == "integer" and "number" in outer) for name in type_names(schema["type"]))


def discriminator(flat: dict[str, Any]) -> str | None:
    """Return OpenAPI's discriminator of a schema."""
    stated = flat.get("discriminator")
    name = stated.get("propertyName") if isinstance(stated, dict) else None
    return name if isinstance(name, str) else None


def only_null(schema: Any) -> bool:
    """Whether a flat schema allows only null."""
    if not isinstance(schema, dict) or without_annotations(schema).keys() - {"type", "enum", "const"}:
        return False
    types, values = type_names(schema.get("type", "null")), enumerated(schema)
    return types == ["null"] and (values == [None] if values is not None else "type" in schema)


def values_of(schemas: list[Any]) -> EnumNode | None:
    """Return branches that each list values as one enum; their descriptions become its hint."""
    values: list[Any] = []
    words = []
    for schema in schemas:
        if not isinstance(schema, dict) or without_annotations(schema).keys() - {"type", "enum", "const"}:
            return None
        listed = enumerated(schema)
        if listed is None:
            return None
        types = type_names(schema["type"]) if "type" in schema else JSON_TYPES
        kept = [value for value in listed if has_type(value, types) and value is not None]
        if len(kept) < len(listed):
            return None
        values.extend(kept)
        if isinstance(schema.get("description"), str):
            words.append(f"{', '.join(map(str, kept))}: {schema['description']}")
    return EnumNode(values=tuple(distinct(values)), hint="; ".join(words) or None)
