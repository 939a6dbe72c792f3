"""A user's model that refuses an answer: what the first look says of it at once is what reading and repairing it step by step
comes to, whatever the model is made of."""

from __future__ import annotations

import copy
import json
import os
import random
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from railguard import Guard, ValidationOutcome
from railguard.checking.first_look import NOTHING_SEEN
from railguard.loop import rounds
from railguard_validators.length import length
from railguard_validators.one_line import one_line
from railguard_validators.valid_range import valid_range

TRIALS = 150 * min(int(os.environ.get("RAILGUARD_FUZZ") or 1), 10)
SEED = os.environ.get("RAILGUARD_SEED") or ""


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    street: str
    zip: Annotated[str, Field(pattern=r"^[0-9]{5}$")]


class Customer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, StringConstraints(min_length=1, max_length=12)]
    born: date | None = None
    address: Address | None = None


class Line(BaseModel):
    sku: Annotated[str, Field(pattern=r"^[A-Z]+-[0-9]+$")]
    quantity: Annotated[int, Field(ge=1, le=100)]
    price: Annotated[Decimal, Field(ge=0)]
    colour: Colour = Colour.RED


class Order(BaseModel):
    id: UUID
    at: datetime
    due: date
    customer: Customer
    lines: Annotated[list[Line], Field(min_length=1, max_length=3)]
    notes: dict[str, str] = {}
    total: Annotated[float, Field(ge=0)]


class Cat(BaseModel):
    type: Literal["cat"]
    lives: Annotated[int, Field(le=9)]


class Dog(BaseModel):
    type: Literal["dog"]
    name: Annotated[str, Field(min_length=2)]
    walks: list[time] = []


Pet = Annotated[Cat | Dog, Field(discriminator="type")]


class Zoo(BaseModel):
    pets: list[Pet]
    others: list[Cat | Dog] = []
    by_name: dict[str, Cat] = {}
    first: int | str | None = None


class Tree(BaseModel):
    name: Annotated[str, Field(min_length=1)]
    below: list[Tree] = []


class Ruled(BaseModel):
    name: Annotated[str, length(min=1, max=5), one_line()]
    age: Annotated[int, valid_range(min=0, max=150)]
    tags: Annotated[list[Annotated[str, length(min=2)]], length(max=3)]
    score: Annotated[float, valid_range(max=1, on_fail="noop")] = 0.5
    grade: Annotated[int, valid_range(max=6, on_fail="fix")] = 1
    since: date


class Kept(BaseModel):
    model_config = ConfigDict(extra="allow")
    name: Annotated[str, Field(alias="Name", min_length=1)]
    size: Annotated[int, Field(ge=0)]


class Judged(BaseModel):
    """Its own code looks at what comes in, and at what it is made of."""

    low: int
    high: int
    title: str
    items: list[Line] = []

    @field_validator("title")
    @classmethod
    def is_title(cls, value: str) -> str:
        if not value.istitle():
            raise ValueError("write it as a title")
        return value

    @model_validator(mode="after")
    def is_in_order(self) -> Judged:
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


LINE = {"sku": "ABC-1", "quantity": 2, "price": "9.50", "colour": "blue"}
ORDER = {
    "id": "12345678-1234-5678-1e34-567812345678",
    "at": "2024-05-02T10:11:12Z",
    "due": "2024-06-01",
    "customer": {"name": "Ada", "born": "1990-02-03", "address": {"street": "Main 1", "zip": "12345"}},
    "lines": [LINE, LINE | {"price": 2.5}],
    "notes": {"a": "b: c", "d": "1.50"},
    "total": 21.5,
}
CAT, DOG = {"type": "cat", "lives": 9}, {"type": "dog", "name": "Rex", "walks": ["10:00"]}
RULED = {"name": "Ada", "age": 33, "tags": ["ab", "cd"], "score": 0.7, "grade": 2, "since": "2020-01-01"}
MODELS: dict[str, tuple[Any, Any]] = {
    "nested, with dates": (Order, ORDER),
    "a list of models": (list[Line], [LINE, LINE]),
    "choices and unions": (Zoo, {"pets": [CAT, DOG], "others": [DOG, CAT], "by_name": {"Tom": CAT}, "first": 1}),
    "a choice": (Pet, DOG),
    "a union": (Cat | Dog, DOG),
    "a model or nothing": (Customer | None, ORDER["customer"]),
    "a tree": (Tree, {"name": "a", "below": [{"name": "b", "below": [{"name": "c"}]}, {"name": "d"}]}),
    "with rules": (Ruled, RULED),
    "a list with rules": (list[Ruled], [RULED, RULED]),
    "that keeps what it does not know": (Kept, {"Name": "a", "size": 1, "more": "x"}),
    "with code of its own": (Judged, {"low": 1, "high": 2, "title": "One", "items": [LINE]}),
    "a dict of models": (dict[str, Line], {"a": LINE, "b": LINE}),
}
WRONG = [
    "x",
    "",
    "200",
    "unknown",
    "Red",
    "cat",
    "next week",
    "2024-13-01",
    "20240501",
    -1,
    0,
    3.0,
    1000,
    0.1,
    None,
    True,
    [],
    {},
    ["x"],
    {"type": "cat"},
    [1, 2, 3, 4],
    "two\nlines",
]
RAW = ["1.50", "-0", "1e2", "NaN", "1e400", '"a\\bc"', '"\\ud800"']


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, below in parts:
        yield from places(below, (*path, part))


def spoilt(answer: Any, rng: random.Random) -> str:
    """The text of an answer with one to three faults."""
    answer = copy.deepcopy(answer)
    raw = {}
    for number in range(rng.choice([1, 1, 1, 2, 3])):
        path = rng.choice([one for one in places(answer) if one] or [()])
        if not path:
            return json.dumps(rng.choice(WRONG))
        holder = answer
        for part in path[:-1]:
            holder = holder[part]
        kind = rng.random()
        if kind < 0.6:
            holder[path[-1]] = copy.deepcopy(rng.choice(WRONG))
        elif kind < 0.7:
            del holder[path[-1]]
        elif kind < 0.8 and isinstance(holder, dict):
            holder[rng.choice(["more", "Name", "Price", "typ", "note"])] = holder.pop(path[-1])
        elif kind < 0.9:
            holder[path[-1]] = f"raw {number}"
            raw[f'"raw {number}"'] = rng.choice(RAW)
        else:
            holder[path[-1]] = rng.choice([[holder[path[-1]]], json.dumps(holder[path[-1]])])
    text = json.dumps(answer, indent=rng.choice([None, None, 1]))
    for name, spelt in raw.items():
        text = text.replace(name, spelt)
    return text


def told(outcome: ValidationOutcome[Any]) -> tuple[Any, ...]:
    """All that an outcome says."""
    said = outcome.to_dict()
    record = outcome.iterations[0]
    return repr(said), outcome.stopped, outcome.usage, record, [(one.blame, one.spans) for one in outcome.failures]


@pytest.mark.parametrize("kind", MODELS)
def test_what_is_said_at_once_is_what_a_closer_look_says(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, answer = MODELS[kind]
    rng = random.Random(f"{kind} {SEED}")
    texts = [spoilt(answer, rng) for _ in range(TRIALS)]
    guards = [Guard.from_pydantic(model, repair=policy) for policy in ("judgement", "lossless", "none")]
    for guard in guards:
        quick = [told(guard.parse(text)) for text in texts]
        with monkeypatch.context() as without:
            without.setattr(guard, "_first_look", lambda *given, **how: NOTHING_SEEN)
            without.setattr(rounds, "looked_at", lambda *given, **how: NOTHING_SEEN)
            for text, found in zip(texts, quick, strict=True):
                assert found == told(guard.parse(text)), text
        assert sum("'passed': False" in said for said, *_ in quick) > TRIALS // 3
