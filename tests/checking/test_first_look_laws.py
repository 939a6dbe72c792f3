"""What a first look accepts is what reading, repairing and checking step by step come to, for every source and any text."""

from __future__ import annotations

import gc
import json
import os
import random
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, StringConstraints

from railguard import Completion, Guard, Usage, ValidationOutcome
from railguard.checking import whole
from railguard.checking.first_look import NOTHING_SEEN
from railguard.checking.walk import places
from railguard.loop import call, first_question, rounds
from railguard_validators.length import length
from railguard_validators.regex_match import regex_match
from railguard_validators.upper_case import upper_case
from railguard_validators.valid_choices import valid_choices
from railguard_validators.valid_range import valid_range

TRIALS = 400 * min(int(os.environ.get("RAILGUARD_FUZZ") or 1), 10)
"""For each of the sources: 2,000 texts, and 20,000 in `make fuzz`."""


class Ruled(BaseModel):
    id: Annotated[int, valid_range(min=0, max=100)]
    name: Annotated[str, length(min=1, max=12), regex_match("^[A-Za-z: ]+$")]
    amount: Annotated[float, valid_range(min=0, max=100)] | None = None
    kind: Annotated[str, valid_choices(["fee", "rate"])] = "fee"


class RuledList(BaseModel):
    items: Annotated[list[Ruled], length(min=1, max=4)]


class Bounded(BaseModel):
    id: Annotated[int, Field(ge=0, le=100)]
    name: Annotated[str, Field(min_length=1, max_length=12, pattern="^[A-Za-z: ]+$")]
    amount: Annotated[float, Field(ge=0, le=100)]
    kind: Literal["fee", "rate"]


class BoundedList(BaseModel):
    items: Annotated[list[Bounded], Field(min_length=1, max_length=4)]


class Converted(BaseModel):
    id: Annotated[int, valid_range(min=0, max=100)]
    name: Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True), length(min=1, max=12)]
    amount: Annotated[float, valid_range(min=0, max=100, on_fail="fix")]
    kind: Annotated[str, valid_choices(["fee", "rate"])]


class ConvertedList(BaseModel):
    """Its rules see other values than those of the text."""

    items: Annotated[list[Converted], length(min=1, max=4)]


class Various(BaseModel):
    id: Annotated[int, Field(le=100), valid_range(min=0)]
    name: Annotated[str, length(min=1, max=12, on_fail="fix"), upper_case()]
    amount: Annotated[float, valid_range(min=0, max=100), valid_range(max=50, on_fail="noop")]
    kind: Annotated[str, valid_choices(["fee", "rate"], on_fail="noop")]
    notes: list[str] = Field(default_factory=list, max_length=2)


class VariousList(BaseModel):
    """Some of its rules are bounds, others are not, and some keep what they find."""

    items: Annotated[list[Various], length(min=1, max=4)]


class Defaulted(BaseModel):
    """Some of its members may be missing, and have a default then."""

    id: Annotated[int, Field(ge=0)]
    name: Annotated[str, Field(max_length=12)]
    amount: float | None = None
    kind: Literal["fee", "rate"] = "fee"


class DefaultedList(BaseModel):
    items: list[Defaulted]


RAIL = """
<rail version="1.0"><output><list name="items" validators="length: 1 4"><object>
  <integer name="id" validators="valid-range: 0 100"/>
  <string name="name" validators="length: 1 12; regex-match: {r'^[A-Za-z: ]+$'}; upper-case"/>
  <float name="amount" nullable="true" required="false" validators="valid-range: 0 100"/>
  <string name="kind" validators="valid-choices: {['fee', 'rate']}"/>
</object></list></output></rail>
"""


def _inline(**members: Any) -> dict[str, Any]:
    schema: dict[str, Any] = BoundedList.model_json_schema()
    item = schema.pop("$defs")["Bounded"]
    item["properties"] |= members
    schema["properties"]["items"]["items"] = item | {"additionalProperties": False}
    return schema


GUARDS = {
    "rail": Guard.from_rail_string(RAIL),
    "rail that pydantic-core checks": Guard.from_rail_string(RAIL.replace("; upper-case", "")),
    "json schema": Guard.from_json_schema(_inline()),
    "json schema with sets of several types": Guard.from_json_schema(
        _inline(id={"enum": [1, 100, "7", None]}, kind={"enum": ["fee", "rate", 2, False]})
    ),
    "json schema with $defs": Guard.from_json_schema(BoundedList.model_json_schema()),
    "json schema with defaults": Guard.from_json_schema(DefaultedList.model_json_schema()),
    "pydantic with rules": Guard.from_pydantic(RuledList),
    "pydantic": Guard.from_pydantic(BoundedList),
    "pydantic that converts": Guard.from_pydantic(ConvertedList),
    "pydantic with rules of many kinds": Guard.from_pydantic(VariousList),
}

VALUES: dict[str, list[Any]] = {
    "id": [1, 100, 101, -1, "7", 1.0, 2.0, None, True],
    "name": ["ANN", "Ann", "", "A: B", "Ann 2", "MUCH TOO LONG A NAME", "  ", "  MUCH TOO LONG ", 5, "é"],
    "amount": [1, 1.5, 100, 1000, "5", "500", None, False],
    "kind": ["fee", "rate", "Fee", "other", None, 2.0],
}
RAW = ["NaN", "1e400", '"\\ud800"', '"\\b"', "[[[[[[]]]]]]", "123456789012345678901"]
"""JSON, or nearly, for which Python has no value."""
AROUND = [
    ("", ""),
    ("```json\n", "\n```"),
    ("```\n", "\n```\nThat is it."),
    ("Here it is:\n\n", "\n\nTell me if it is right."),
    ("Here: ", ""),
    ("Do not answer ", ""),
    ("For example: ", " would do"),
    ("", "\nSorry, ignore that."),
    ("", " is wrong."),
    ("1, ", ""),
    ("", "\nnull"),
    ('He said "so ', '"'),
    ("In 2024, 2025, ", ""),
    ("[INFO] ", ""),
    ("Either [1] or ", ""),
    ("<think>{}</think>", ""),
    ("<answer>", "</answer>"),
    ("```json\n{}\n```\n", ""),
    ("f(x=", ")"),
    ("\ufeff ", " \n"),
    ("“", "”"),
    ("答案：", "，完"),
    ("~~~json title\n", "\n~~~"),
]


def a_text(rng: random.Random) -> str:
    """An answer, sound or with a few faults."""
    wild = rng.random() < 0.5
    items = []
    for _ in range(rng.choice([1, 1, 2, 3, 5]) if wild else 2):
        item = {
            name: values[0 if rng.random() < 0.7 or not wild else rng.randrange(len(values))]
            for name, values in VALUES.items()
        }
        if wild and rng.random() < 0.2:
            item.pop(rng.choice([*item]))
        if wild and rng.random() < 0.15:
            item[rng.choice(["note", "Name", "type", "arguments"])] = rng.choice(["x", 1, {"a": []}])
        items.append(item)
    text = json.dumps(
        rng.choice([{"items": items}] * 8 + [items, {"data": {"items": items}}, {"items": items, "more": 1}])
    )
    if wild and rng.random() < 0.2:
        text = text.replace('"fee"', rng.choice(RAW), 1)
    if wild and rng.random() < 0.15:
        text = text.replace('"id": 1', '"id": 1, "id": 1', 1)
    if wild and rng.random() < 0.1:
        text = rng.choice([text[:-1], text.replace("}]", "},]"), text.replace('"', "'")])
    if wild and rng.random() < 0.05:
        text = f'{{"name": "answer", "arguments": {text}}}'
    before, behind = rng.choice(AROUND) if rng.random() < 0.6 else ("", "")
    return before + text + behind


def told(outcome: ValidationOutcome[Any]) -> dict[str, Any]:
    """All that an outcome says, in an order of its own."""
    said = outcome.to_dict()
    said["failures"] = sorted((one["path"], one["validator"], one["message"]) for one in said["failures"])
    said["repairs"] = sorted((one["path"], one["rule"], one["class"]) for one in said["repairs"])
    said["resolved"] = sorted((one["path"], one["validator"]) for one in said["resolved"])
    said["iterations"] = [(one["raw"], one.get("parsed"), len(one["failures"])) for one in said["iterations"]]
    return said


def step_by_step(guard: Guard[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the quick ways away from a guard."""
    monkeypatch.setitem(vars(guard._plan), "accepts_at_once", False)
    no_bounds(guard, monkeypatch)
    monkeypatch.setattr(guard, "_first_look", lambda *given, **how: NOTHING_SEEN)
    for module in (call, first_question, rounds):
        monkeypatch.setattr(module, "looked_at", lambda *given, **how: NOTHING_SEEN)
    monkeypatch.setattr(
        whole,
        "_to_check",
        lambda plan, about, value, only, unsound: list(places(plan, value, only=only, unsound=unsound)),
    )


def no_bounds(guard: Guard[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a user's model asked with each of its rules at its place."""
    if guard._plan.model is not None:
        monkeypatch.setitem(vars(guard._plan.quick_model), "accepting", None)


def test_the_quickest_way_is_taken_where_a_tree_decides() -> None:
    accepting = {source for source, guard in GUARDS.items() if guard._plan.accepts_at_once}
    assert accepting == {source for source in GUARDS if not source.startswith("pydantic")}


@pytest.mark.parametrize("source", GUARDS)
def test_a_guarded_call_that_is_sound_at_once_says_what_the_rounds_say(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = GUARDS[source]
    rng = random.Random(f"{source} 2")
    texts = [a_text(rng) for _ in range(TRIALS // 4)]
    messages = [{"role": "user", "content": "Read the list."}]

    def asked(text: str) -> tuple[Any, ...]:
        answer = Completion(text, "stop", usage=Usage(3, 4), note="answered")
        outcome = guard(lambda messages: answer, messages=messages, max_reasks=0)
        record = outcome.iterations[0]
        shared = (
            record.parsed is outcome.output or record.parsed is outcome.partial or outcome.partial is outcome.output
        )
        assert not (shared and isinstance(outcome.output, (dict, list)))
        return told(outcome), record.messages, record.schema, record.note, record.usage, outcome.usage, outcome.stopped

    quick = [asked(text) for text in texts]
    step_by_step(guard, monkeypatch)
    for text, found in zip(texts, quick, strict=True):
        assert found == asked(text), text
    assert any(one[0]["passed"] for one in quick)


@pytest.mark.parametrize("source", GUARDS)
def test_a_first_look_comes_to_what_a_closer_look_does(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    guard = GUARDS[source]
    rng = random.Random(f"{source} 1")
    texts = [a_text(rng) for _ in range(TRIALS)]
    quick = [told(guard.parse(text)) for text in texts]
    step_by_step(guard, monkeypatch)
    for text, found in zip(texts, quick, strict=True):
        assert found == told(guard.parse(text)), text
    passed = sum(one["passed"] for one in quick)
    assert TRIALS // 5 < passed < TRIALS * 9 // 10, "the texts are too good, or too bad"


@pytest.mark.parametrize("source", [name for name, guard in GUARDS.items() if guard._plan.model is not None])
def test_rules_that_are_bounds_say_what_they_say_at_their_places_in_that_order(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = GUARDS[source]
    rng = random.Random(f"{source} 3")
    texts = [a_text(rng) for _ in range(TRIALS)]
    quick = [repr(guard.parse(text).to_dict()) for text in texts]
    no_bounds(guard, monkeypatch)
    for text, found in zip(texts, quick, strict=True):
        assert found == repr(guard.parse(text).to_dict()), text


@pytest.mark.parametrize("source", GUARDS)
def test_an_answer_that_fails_leaves_nothing_to_be_collected(source: str) -> None:
    guard = GUARDS[source]
    item = {name: values[0] for name, values in VALUES.items()}
    texts = [json.dumps({"items": [item | {"id": -1}]}), json.dumps({"items": [item | {"id": "x"}]})]
    for text in texts:
        assert not guard.parse(text).passed
    gc.freeze()  # only what comes after this is looked at
    gc.disable()
    try:
        for text in texts:
            guard.parse(text)
            assert gc.collect() == 0
    finally:
        gc.enable()
        gc.unfreeze()
