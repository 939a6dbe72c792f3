"""anyOf and oneOf that are a choice or an enum, and whether the branches of a oneOf exclude each other.

A choice: every branch is an object, and one required member allows other texts in each.
"""

from __future__ import annotations

from typing import Any

from railguard.schema import EnumNode
from railguard.sources.flatten import Flattener
from railguard.sources.keywords import (
    distinct,
    enumerated,
    has_type,
    type_names,
    type_of,
    types_of,
    without_annotations,
)
from railguard.validation.vocabulary import JSON_TYPES
from railguard.values import json_key

__all__ = ["choice", "discriminator", "exclusive", "only_null", "values_of", "within"]

Found = tuple[str, list[Any], list[list[str]]]


def choice(flattener: Flattener, branches: list[Any], wanted: str | None) -> Found | None:
    """(discriminator, branches, the values of each) if every branch is an object told apart by one member."""
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
    """The required members of an object schema that allow only certain texts."""
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
    """Whether no value can satisfy two branches of a oneOf, as far as types and values tell."""
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
    if found is not None:  # the branches of a choice are apart from each other; null is no object
        types = [name for name in types if name != "object"] + ["object"]
    taken = {type_of(value) for value in values}
    taken |= {"integer"} if "number" in taken else set()
    keys = {json_key(value) for value in values}
    return len(types) == len(set(types)) and len(keys) == len(values) and taken.isdisjoint(types)


def within(flattener: Flattener, branch: Any, around: dict[str, Any]) -> bool:
    """Whether a branch has the type already that is all that stands around it."""
    schema = flattener.resolved(flattener.flatten(branch))
    if set(around) != {"type"} or not isinstance(schema, dict) or "type" not in schema:
        return False
    outer = type_names(around["type"])
    return all(name in outer or (name == "integer" and "number" in outer) for name in type_names(schema["type"]))


def discriminator(flat: dict[str, Any]) -> str | None:
    """OpenAPI's word on which member tells the branches apart."""
    stated = flat.get("discriminator")
    name = stated.get("propertyName") if isinstance(stated, dict) else None
    return name if isinstance(name, str) else None


def only_null(schema: Any) -> bool:
    """Whether null is all that a flat schema allows."""
    if not isinstance(schema, dict) or without_annotations(schema).keys() - {"type", "enum", "const"}:
        return False
    types, values = type_names(schema.get("type", "null")), enumerated(schema)
    return types == ["null"] and (values == [None] if values is not None else "type" in schema)


def values_of(schemas: list[Any]) -> EnumNode | None:
    """Branches that each list values, as one enum; their descriptions become its hint."""
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
