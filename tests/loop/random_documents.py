"""Random schemas, valid values of them, and paths in values, for tests of laws."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

Place = tuple[str | int, ...]


def a_schema(rng: random.Random, depth: int = 0) -> dict[str, Any]:
    """A random schema. Items of lists of objects have an `id` of their own."""
    kind = rng.choice(
        [
            "int",
            "int",
            "str",
            "str",
            "enum",
            "num",
            "bool",
            *(["obj", "list", "list", "union", "map"] if depth < 3 else []),
        ]
    )
    if depth == 0:
        kind = rng.choice(["obj", "obj", "obj", "list"])
    match kind:
        case "int":
            return {"type": rng.choice(["integer", ["integer", "null"]]), "minimum": rng.choice([0, 5])}
        case "num":
            return {"type": "number", "maximum": 1000}
        case "str":
            return {"type": "string", "maxLength": 9, **rng.choice([{}, {"minLength": 2}, {"pattern": "^[a-z]"}])}
        case "enum":
            return {"enum": rng.choice([["red", "green"], [1, 2, "x"], ["a", None]])}
        case "bool":
            return {"type": "boolean"}
        case "obj":
            return an_object(
                {name: a_schema(rng, depth + 1) for name in rng.sample(["a", "b", "c-d", "e_f", "total"], 3)}, rng
            )
        case "map":
            return {"type": "object", "additionalProperties": a_schema(rng, 3)}
        case "union":
            cases = [
                an_object(
                    {"kind": {"const": kind}, "v": a_schema(rng, depth + 2), "w": a_schema(rng, 3)}, rng, optional=False
                )
                for kind in ("one", "two")
            ]
            return {"anyOf": cases}
    item = a_schema(rng, depth + 1)
    if item.get("type") == "object" and "properties" in item:
        item["properties"]["id"] = {"type": "string"}
        item["required"].append("id")
    return {"type": "array", "items": item, **rng.choice([{}, {}, {"uniqueItems": True}, {"minItems": 2}])}


def an_object(members: dict[str, Any], rng: random.Random, *, optional: bool = True) -> dict[str, Any]:
    required = [name for name in members if not optional or rng.random() < 0.7]
    return {"type": "object", "properties": members, "required": required, "additionalProperties": False}


def a_value(rng: random.Random, schema: dict[str, Any], ids: list[int]) -> Any:
    """A valid value of a schema."""
    if "enum" in schema:
        return rng.choice(schema["enum"])
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return a_value(rng, rng.choice(schema["anyOf"]), ids)
    kind = schema["type"]
    if isinstance(kind, list):
        if rng.random() < 0.2:
            return None
        kind = kind[0]
    match kind:
        case "integer":
            return rng.randint(5, 60)
        case "number":
            return rng.choice([0.5, 2, -7.25, 1e-3])
        case "boolean":
            return rng.random() < 0.5
        case "string":
            return "".join(rng.choice("abcdexyz") for _ in range(rng.randint(2, 9)))
        case "array":
            found: list[Any] = []
            for _ in range(rng.randint(2, 5)):
                item = a_value(rng, schema["items"], ids)
                if not schema.get("uniqueItems") or all(json.dumps(item) != json.dumps(one) for one in found):
                    found.append(item)
            while len(found) < schema.get("minItems", 0):
                found.append(a_value(rng, schema["items"], ids))
            return found
    if "properties" not in schema:
        return {f"k{n}": a_value(rng, schema["additionalProperties"], ids) for n in range(rng.randint(0, 3))}
    value = {}
    for name, member in schema["properties"].items():
        if name == "id":
            ids.append(len(ids))
            value[name] = f"id-{len(ids)}"
        elif name in schema["required"] or rng.random() < 0.6:
            value[name] = a_value(rng, member, ids)
    return value


def places(value: Any, path: Place = ()) -> list[Place]:
    """The paths of everything below a value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for part, below in parts for found in ((*path, part), *places(below, (*path, part)))]


MISSING = object()


def at(value: Any, path: Sequence[str | int]) -> Any:
    for part in path:
        known = (
            part in value
            if isinstance(value, dict)
            else isinstance(value, list) and isinstance(part, int) and part < len(value)
        )
        if not known:
            return MISSING
        value = value[part]
    return value


def put(value: Any, path: Place, new: Any) -> None:
    at(value, path[:-1])[path[-1]] = new


def dotted(path: Place) -> str:
    return ".".join(map(str, path))


def pointer(path: Place) -> str:
    return "".join(f"/{part}" for part in path)
