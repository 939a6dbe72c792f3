"""`guard.parse` of a valid answer, beside pydantic's model_validate_json with the same checks as AfterValidators."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated, Any, Literal

from measure import cpu_seconds, print_rows, ratio
from pydantic import AfterValidator, BaseModel

from railguard import Guard

RAIL = """
<rail version="1.0">
  <output>
    <list name="items" validators="length: 1 5000">
      <object>
        <integer name="id" validators="valid-range: 0 1000000"/>
        <string name="name" validators="length: 1 80; one-line"/>
        <float name="amount" validators="valid-range: 0 100000"/>
        <string name="code" validators="upper-case"/>
        <string name="kind" validators="lower-case; valid-choices: {['fee', 'rate', 'charge']}"/>
      </object>
    </list>
  </output>
</rail>
"""
PLAIN = RAIL
for _part in (
    ' validators="length: 1 5000"',
    ' validators="valid-range: 0 1000000"',
    ' validators="length: 1 80; one-line"',
    ' validators="valid-range: 0 100000"',
    ' validators="upper-case"',
    " validators=\"lower-case; valid-choices: {['fee', 'rate', 'charge']}\"",
):
    PLAIN = PLAIN.replace(_part, "")


def check_length(least: int, most: int) -> Any:
    def check(value: Any) -> Any:
        if not least <= len(value) <= most:
            raise ValueError("length")
        return value

    return AfterValidator(check)


def _range(least: float, most: float) -> Any:
    def check(value: Any) -> Any:
        if not least <= value <= most:
            raise ValueError("range")
        return value

    return AfterValidator(check)


def _one_line(value: str) -> str:
    if "\n" in value or "\r" in value:
        raise ValueError("one line")
    return value


def check_upper(value: str) -> str:
    if value.upper() != value:
        raise ValueError("upper")
    return value


def _lower(value: str) -> str:
    if value.lower() != value:
        raise ValueError("lower")
    return value


def _choices(value: str) -> str:
    if value not in ("fee", "rate", "charge"):
        raise ValueError("choices")
    return value


class Checked(BaseModel):
    id: Annotated[int, _range(0, 1000000)]
    name: Annotated[str, check_length(1, 80), AfterValidator(_one_line)]
    amount: Annotated[float, _range(0, 100000)]
    code: Annotated[str, AfterValidator(check_upper)]
    kind: Annotated[str, AfterValidator(_lower), AfterValidator(_choices)]


class CheckedList(BaseModel):
    items: Annotated[list[Checked], check_length(1, 5000)]


class Bare(BaseModel):
    id: int
    name: str
    amount: float
    code: str
    kind: Literal["fee", "rate", "charge"] | str


class BareList(BaseModel):
    items: list[Bare]


def document(items: int) -> str:
    """A valid answer of `items` items with five fields each."""
    rows = [
        {
            "id": number,
            "name": f"A name of some length, number {number}",
            "amount": 12.5 + number,
            "code": f"CODE{number}",
            "kind": ("fee", "rate", "charge")[number % 3],
        }
        for number in range(items)
    ]
    return json.dumps({"items": rows})


def rows() -> list[tuple[str, float, float, float]]:
    """(what, our seconds, pydantic's seconds, ratio) for each size, with and without the eight validators."""
    found = []
    for items in (10, 1000):
        text = document(items)
        for name, rail, model in (("8 validators", RAIL, CheckedList), ("no validators", PLAIN, BareList)):
            guard = Guard.from_rail_string(rail)
            assert guard.parse(text).passed
            what = f"parse {len(text) / 1000:.1f} KB, {name}"
            found.append((what, *ratio(partial(guard.parse, text), partial(model.model_validate_json, text))))
    return found


def floor(items: int) -> float:
    """Seconds of jiter over the same text."""
    import jiter

    data = document(items).encode()
    return cpu_seconds(lambda: jiter.from_json(data))


if __name__ == "__main__":
    print_rows(rows())
