"""The structure of pydantic's core schemas: which parts are schemas, and the names of fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["NO_SCHEMA", "WITH_MEMBERS", "definitions_of", "field_keys", "has_default", "schemas_in"]

NO_SCHEMA = frozenset({"metadata", "serialization", "default", "expected", "members", "config", "cls", "function"})
"""Keys of a core schema whose values contain no core schemas, although they may look like them."""
WITH_MEMBERS = frozenset({"model-fields", "typed-dict", "dataclass-args"})
"""Types of core schemas whose `fields` contain the schemas of members."""


def definitions_of(core: Any) -> dict[str, Any]:
    """Return the definitions of a core schema by name."""
    return {at["ref"]: at for at in schemas_in(core) if isinstance(at.get("ref"), str)}


def schemas_in(core: Any) -> Iterator[dict[str, Any]]:
    """Yield all dicts of a core schema: each schema in it, and the tables of fields and choices."""
    todo, seen = [core], set()
    while todo:
        at = todo.pop()
        if id(at) in seen:
            continue
        seen.add(id(at))
        if isinstance(at, dict):
            yield at
            todo.extend(part for key, part in at.items() if key not in NO_SCHEMA)
        elif isinstance(at, (list, tuple)):
            todo.extend(at)


def field_keys(name: str, schema: Any, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the keys under which a field may be given."""
    alias = schema.get("validation_alias")
    found: list[str] = []
    if alias is not None and config.get("validate_by_alias") is not False:
        found += [alias] if isinstance(alias, str) else [str(one[0] if isinstance(one, list) else one) for one in alias]
    if alias is None or config.get("validate_by_name") or config.get("populate_by_name"):
        found.append(name)
    return tuple(dict.fromkeys(found or [name]))


def has_default(schema: Any) -> bool:
    """Whether a field may be left out: pydantic looks for a default outermost alone."""
    return bool(schema.get("type") == "default")
