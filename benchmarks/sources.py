"""`guard.parse` for each source, over a sound answer and the same answer with faults, as ratios to pydantic.

The floor of a source is pydantic with the same checks over the sound answer: pydantic refuses most of the faulty ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

from measure import print_rows, ratio
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter
from validation import RAIL, CheckedList, check_length, check_upper, document

from railguard import Guard
from railguard_validators.length import length
from railguard_validators.upper_case import upper_case

__all__ = ["FAULTS", "Row", "rows"]


class Bounded(BaseModel):
    id: Annotated[int, Field(ge=0, le=1000000)]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    amount: Annotated[float, Field(ge=0, le=100000)]
    code: Annotated[str, Field(pattern="^[A-Z0-9]+$")]
    kind: Literal["fee", "rate", "charge"]


class BoundedList(BaseModel):
    items: Annotated[list[Bounded], Field(min_length=1, max_length=5000)]


FAULTS: dict[str, Callable[[str], str]] = {
    "sound": str,
    "fence": lambda text: f"```json\n{text}\n```",
    "prose": lambda text: f"Here is the list.\n\n{text}\n\nTell me if you need more.",
    "trailing commas": lambda text: text.replace('"}', '",}').replace("}]", "},]"),
    "wrong types": lambda text: re.sub(r'"(id|amount)": ([0-9.]+)', r'"\1": "\2"', text),
    "cut off": lambda text: text[:-40],
    "failed check": lambda text: text.replace("CODE1", "code1", 1),
}
"""The name of a fault, and what puts it into a sound answer."""

REPAIRED = ("sound", "fence", "prose", "trailing commas", "wrong types")
"""The faults after which the answer passes."""


class Row(NamedTuple):
    """One source and size. ours: railguard's seconds for the sound answer. floor: pydantic's.
    ratios: for each fault, railguard's seconds for the faulty answer, divided by pydantic's for the sound one."""

    source: str
    kilobytes: int
    ours: float
    floor: float
    ratios: dict[str, float]


def _row(source: str, guard: Guard[Any], floor: Callable[[str], object], text: str, faults: tuple[str, ...]) -> Row:
    seconds, ratios = {}, {}
    for fault in faults:
        faulty = FAULTS[fault](text)
        assert guard.parse(faulty).passed is (fault in REPAIRED), (source, fault)
        seconds[fault], least, ratios[fault] = ratio(partial(guard.parse, faulty), partial(floor, text), pairs=2)
        if fault == "sound":
            sound_floor = least
    return Row(source, round(len(text) / 1000), seconds["sound"], sound_floor, ratios)


def rows() -> list[Row]:
    """Each source with 1 KB and 110 KB."""
    found = []
    plain: TypeAdapter[str] = TypeAdapter(Annotated[str, check_length(1, 200000), AfterValidator(check_upper)])
    sources: list[tuple[str, Guard[Any], Callable[[str], object]]] = [
        ("RAIL", Guard.from_rail_string(RAIL), CheckedList.model_validate_json),
        ("pydantic", Guard.from_pydantic(CheckedList), CheckedList.model_validate_json),
        ("JSON Schema", Guard.from_json_schema(BoundedList.model_json_schema()), BoundedList.model_validate_json),
    ]
    text_guard = Guard.from_string([length(min=1, max=200000), upper_case()])
    for items in (10, 1000):
        found += [_row(*source, document(items), tuple(FAULTS)) for source in sources]
        sentences = "A LINE OF TEXT. THE CODE1 IS IN IT. " * (items * 3)
        found.append(_row("text", text_guard, plain.validate_python, sentences, ("sound", "failed check")))
    return found


if __name__ == "__main__":
    print_rows(rows())
