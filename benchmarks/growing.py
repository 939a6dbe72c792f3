"""How time grows with the size of each part of the work, as an exponent (1 is linear), and what memory a parse takes."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import workloads
from measure import growth, peak_bytes
from pydantic import create_model

from railguard import Guard

__all__ = ["MEMORY", "GrowthRow", "growth_rows", "memory_rows"]

GOAL = 1.1
MEMORY = ("RAIL, 8 rules", "pydantic, no rules", "a code fence")


class GrowthRow(NamedTuple):
    """What grows, the sizes that were measured, and the exponent."""

    what: str
    sizes: tuple[int, ...]
    exponent: float


def _fields(count: int) -> dict[str, Any]:
    properties = {f"field_{number}": {"type": "integer", "minimum": 0} for number in range(count)}
    return {"type": "object", "properties": properties, "required": [*properties]}


def _of_fields(count: int) -> Callable[[], object]:
    text = json.dumps({f"field_{number}": number for number in range(count)})
    return partial(Guard.from_json_schema(_fields(count)).parse, text)


def _of_pydantic_fields(count: int) -> Callable[[], object]:
    fields: dict[str, Any] = {f"field_{number}": (int, ...) for number in range(count)}
    text = json.dumps({f"field_{number}": number for number in range(count)})
    return partial(Guard.from_pydantic(create_model("Wide", **fields)).parse, text)


def _of_spec(count: int) -> Callable[[], object]:
    return partial(Guard.from_json_schema, _fields(count))


def _of_nesting(depth: int) -> Callable[[], object]:
    schema: dict[str, Any] = {"type": "integer"}
    value: Any = 1
    for _ in range(depth):
        schema, value = {"type": "array", "items": schema}, [value]
    return partial(Guard.from_json_schema(schema).parse, json.dumps(value))


def _of_unknown_keys(count: int) -> Callable[[], object]:
    guard = Guard.from_json_schema({**_fields(2), "additionalProperties": False})
    text = json.dumps({"field_0": 1, "field_1": 2} | {f"other_{number}": number for number in range(count)})
    return partial(guard.parse, text)


def growth_rows() -> list[GrowthRow]:
    """All of them."""
    guard = Guard.from_rail_string(workloads.rail(rules=True))
    wide, many = (50, 200, 800), (100, 400, 1600)
    found: list[tuple[str, Callable[[int], Callable[[], object]], tuple[int, ...]]] = [
        ("fields of a JSON Schema", _of_fields, wide),
        ("fields of a pydantic model", _of_pydantic_fields, wide),
        ("size of a spec, to build its guard", _of_spec, wide),
        ("items, valid", lambda size: partial(guard.parse, workloads.document(size)), many),
        ("items, each with a wrong type", lambda size: partial(guard.parse, workloads.wrong_types(size, size)), many),
        (
            "items, each with a broken rule",
            lambda size: partial(guard.parse, workloads.faulty_values(size, size)),
            many,
        ),
        ("nesting", _of_nesting, (10, 20, 40, 80)),
        ("unknown keys", _of_unknown_keys, (50, 200, 800)),
    ]
    return [GrowthRow(what, sizes, growth(call_of, sizes).exponent) for what, call_of, sizes in found]


def memory_rows() -> list[tuple[str, float]]:
    """(what, the most memory of Python's allocators during a parse of 100 KB, as a multiple of the text)."""
    text = workloads.document(workloads.SIZES["100 KB"])
    rail, model = Guard.from_rail_string(workloads.rail(rules=True)), Guard.from_pydantic(workloads.PlainList)
    calls = (partial(rail.parse, text), partial(model.parse, text), partial(rail.parse, f"```json\n{text}\n```"))
    return [(what, peak_bytes(call) / len(text)) for what, call in zip(MEMORY, calls, strict=True)]


if __name__ == "__main__":
    for row in growth_rows():
        print(row, flush=True)
    print(*memory_rows(), sep="\n")
