"""What a sound answer costs, counted in calls: no noise of the machine gets into it, and no path grows with the items."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from railguard import Guard
from railguard_validators.length import length
from railguard_validators.valid_range import valid_range


class Item(BaseModel):
    id: Annotated[int, Field(ge=0)]
    code: Annotated[str, Field(pattern="^[A-Z]+$")]
    kind: Literal["fee", "rate"]


class Items(BaseModel):
    items: Annotated[list[Item], Field(min_length=1)]


class RuledItem(BaseModel):
    id: Annotated[int, valid_range(min=0, max=10)]
    code: Annotated[str, length(min=1, max=80)]
    kind: Literal["fee", "rate"]


class RuledItems(BaseModel):
    items: Annotated[list[RuledItem], length(min=1)]


RAIL = """
<rail version="1.0"><output><list name="items" validators="length: 1 50000"><object>
  <integer name="id" validators="valid-range: 0 10"/>
  <string name="code" validators="regex-match: {r'^[A-Z]+$'}"/>
  <string name="kind" validators="valid-choices: {['fee', 'rate']}"/>
</object></list></output></rail>
"""
GUARDS = {
    "rail": Guard.from_rail_string(RAIL),
    "json schema": Guard.from_json_schema(Items.model_json_schema()),
    "pydantic": Guard.from_pydantic(Items),
    "pydantic with rules": Guard.from_pydantic(RuledItems),
}


def answer(items: int, *, wrong: int = 0) -> str:
    made = [{"id": 1, "code": "A" * 20, "kind": "fee"} for _ in range(items)]
    for item in made[:wrong]:
        item["code"] = ""
    return json.dumps({"items": made})


def calls_of(run: Callable[[], Any]) -> int:
    """How many functions are called, those of C included."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    run()
    before = sys.getprofile()
    gc.disable()  # its callbacks would be counted
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
        gc.enable()
    return count


@pytest.mark.parametrize("source", GUARDS)
@pytest.mark.parametrize(("around", "most"), [("{}", 70), ("```json\n{}\n```", 130), ("Here it is:\n{}\nDone.", 130)])
def test_a_sound_answer_takes_few_calls_however_long_it_is(source: str, around: str, most: int) -> None:
    guard = GUARDS[source]
    texts = [around.replace("{}", answer(items)) for items in (10, 1000)]
    assert all(guard.parse(text).passed for text in texts)
    few, many = (calls_of(lambda text=text: guard.parse(text)) for text in texts)
    assert few == many
    assert few <= most


@pytest.mark.parametrize("source", ["rail", "json schema"])
def test_one_faulty_item_does_not_cost_a_check_of_the_others(source: str) -> None:
    guard = GUARDS[source]
    texts = [answer(items, wrong=1) for items in (10, 1000)]
    few, many = (calls_of(lambda text=text: guard.parse(text)) for text in texts)
    assert len(guard.parse(texts[1]).failures) == 1
    assert many - few < 1000, "the sound items take calls of their own"


def test_a_guarded_call_makes_what_only_its_spec_decides_once() -> None:
    guard = GUARDS["json schema"]
    text, messages = answer(10), [{"role": "user", "content": "Read it."}]

    def run() -> None:
        assert guard(lambda messages: text, messages=messages).passed

    assert calls_of(run) < 900
