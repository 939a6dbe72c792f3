"""The work that is measured: one list of items as RAIL, JSON Schema and pydantic, with eight rules and without, and texts.

Needs pydantic and nothing else, so that the programs of the rivals measure the same work in environments of their own.
The eight rules are two lengths, three patterns, two ranges and one choice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

__all__ = [
    "FAULTS",
    "FIELD_RULES",
    "Checked",
    "CheckedList",
    "FieldList",
    "PlainList",
    "document",
    "faulty_values",
    "items_of",
    "json_schema",
    "rail",
    "wrong_types",
]

KINDS = ("fee", "rate", "charge")
PATTERNS = {"name": r"^[A-Za-z0-9 ,]+$", "code": r"^[A-Z]+[0-9]+$", "kind": r"^[a-z]+$"}
SIZES = {"1 KB": 10, "100 KB": 900, "1 MB": 9000}
"""The name of a size, and how many items have it."""


class Plain(BaseModel):
    id: int
    name: str
    amount: float
    code: str
    kind: str


class PlainList(BaseModel):
    """Without rules."""

    items: list[Plain]


class Ruled(BaseModel):
    id: Annotated[int, Field(ge=0, le=1_000_000)]
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=PATTERNS["name"])]
    amount: Annotated[float, Field(ge=0, le=100_000)]
    code: Annotated[str, Field(pattern=PATTERNS["code"])]
    kind: Literal["fee", "rate", "charge"]


class FieldList(BaseModel):
    """The rules as `Field()` and `Literal`."""

    items: Annotated[list[Ruled], Field(min_length=1, max_length=50_000)]


def _check(holds: Callable[[Any], Any]) -> AfterValidator:
    def check(value: Any) -> Any:
        if not holds(value):
            raise ValueError("the value breaks a rule")
        return value

    return AfterValidator(check)


def _matches(name: str) -> AfterValidator:
    return _check(re.compile(PATTERNS[name].replace("$", r"\Z")).match)


class Checked(BaseModel):
    id: Annotated[int, _check(lambda value: 0 <= value <= 1_000_000)]
    name: Annotated[str, _check(lambda value: 1 <= len(value) <= 80), _matches("name")]
    amount: Annotated[float, _check(lambda value: 0 <= value <= 100_000)]
    code: Annotated[str, _matches("code")]
    kind: Annotated[str, _matches("kind"), _check(lambda value: value in KINDS)]


class CheckedList(BaseModel):
    """The rules as validators written in Python: what people write who use pydantic alone."""

    items: Annotated[list[Checked], _check(lambda value: 1 <= len(value) <= 50_000)]


FIELD_RULES = (
    ("integer", "id", "valid-range: 0 1000000"),
    ("string", "name", f"length: 1 80; regex-match: {{r'{PATTERNS['name']}'}}"),
    ("float", "amount", "valid-range: 0 100000"),
    ("string", "code", f"regex-match: {{r'{PATTERNS['code']}'}}"),
    ("string", "kind", f"regex-match: {{r'{PATTERNS['kind']}'}}; valid-choices: {{{list(KINDS)!r}}}"),
)


def rail(*, rules: bool) -> str:
    """The spec as RAIL."""
    fields = "".join(
        f'<{element} name="{name}"' + (f' validators="{checks}"' if rules else "") + "/>"
        for element, name, checks in FIELD_RULES
    )
    length = ' validators="length: 1 50000"' if rules else ""
    return f'<rail version="1.0"><output><list name="items"{length}><object>{fields}</object></list></output></rail>'


def json_schema(*, rules: bool, refs: bool) -> dict[str, Any]:
    """The spec as JSON Schema. refs: the item is a definition."""
    schema: dict[str, Any] = (FieldList if rules else PlainList).model_json_schema()
    schema["additionalProperties"] = False
    definitions = schema.pop("$defs")
    ((name, item),) = definitions.items()
    item["additionalProperties"] = False
    if rules:
        item["properties"]["kind"]["pattern"] = PATTERNS["kind"]
    if refs:
        schema["$defs"] = {name: item}
    else:
        schema["properties"]["items"]["items"] = item
    return schema


def items_of(count: int) -> list[dict[str, Any]]:
    """Valid items."""
    return [
        {
            "id": number,
            "name": f"A name of some length, number {number}",
            "amount": 12.5 + number,
            "code": f"CODE{number}",
            "kind": KINDS[number % 3],
        }
        for number in range(count)
    ]


def document(count: int) -> str:
    """A valid answer of so many items."""
    return json.dumps({"items": items_of(count)})


def wrong_types(count: int, wrong: int) -> str:
    """An answer of which so many items hold a number as a text that is no number."""
    items = items_of(count)
    for item in items[3 :: max(1, count // wrong)][:wrong]:
        item["amount"] = "unknown"
    return json.dumps({"items": items})


def faulty_values(count: int, wrong: int) -> str:
    """An answer of which so many items break a rule."""
    items = items_of(count)
    for item in items[3 :: max(1, count // wrong)][:wrong]:
        item["code"] = "no code"
    return json.dumps({"items": items})


FAULTS: dict[str, Callable[[str], str]] = {
    "code fence": lambda text: f"```json\n{text}\n```",
    "prose around": lambda text: f"Here is the list.\n\n{text}\n\nTell me if you need more.",
    "prose and fence": lambda text: f"Here is the list:\n```json\n{text}\n```\nTell me if you need more.",
    "single quotes": lambda text: text.replace('"', "'"),
    "trailing commas": lambda text: text.replace('"}', '",}').replace("}]", "},]"),
}
"""The name of a fault, and what puts it into a valid answer."""
