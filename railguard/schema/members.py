"""What stands under a name: in an object of the tree, and in a value.

Fields are looked up once for each failing path, so an object's are put into a table once, and not searched each time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from railguard.schema.nodes import Field, ObjectNode, Schema
from railguard.values import UNSET

__all__ = ["field_named", "fields_of", "member_of"]


def fields_of(schema: Schema, node: ObjectNode) -> dict[str, Field]:
    """The fields of an object by name. schema: what the object is of."""
    tables = _tables(schema)
    if id(node) not in tables:
        tables[id(node)] = {field.name: field for field in reversed(node.fields)}
    return tables[id(node)]


def field_named(schema: Schema, node: ObjectNode, name: str) -> Field | None:
    """The field of an object that a key gives, under its own name or another that a user's model takes."""
    field = fields_of(schema, node).get(name)
    if field is not None:
        return field
    return next((one for one in node.fields if name in one.also), None)


@lru_cache(maxsize=256)
def _tables(schema: Schema) -> dict[int, dict[str, Field]]:
    """Fields by name, by the identity of their object; the schema, which is the key, keeps its nodes alive."""
    return {}


def member_of(value: Any, part: str | int) -> Any:
    """What stands in a value under one part of a path; UNSET if nothing does."""
    if isinstance(value, dict) and isinstance(part, str):
        return value.get(part, UNSET)
    if isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
        return value[part]
    return UNSET
