"""A member that the user's own code makes of other members of the JSON, and that fails: those others are asked for."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, field_validator, model_validator

from railguard import Guard
from railguard.testing import ScriptedModel
from railguard_validators.valid_range import valid_range

USER = [{"role": "user", "content": "x"}]


def renamed(data: Any) -> Any:
    if isinstance(data, dict) and "sum" in data:
        return {**{key: value for key, value in data.items() if key != "sum"}, "total": data["sum"]}
    return data


class Bill(BaseModel):
    total: Annotated[int, Field(ge=0)]
    name: str = "bill"

    _renamed = model_validator(mode="before")(renamed)


class Ruled(BaseModel):
    total: Annotated[int, valid_range(0, 100)]

    _renamed = model_validator(mode="before")(renamed)


class Optional(BaseModel):
    total: Annotated[int, Field(ge=0)] = 0

    _renamed = model_validator(mode="before")(renamed)


class Checked(BaseModel):
    total: int

    _renamed = model_validator(mode="before")(renamed)

    @field_validator("total")
    @classmethod
    def positive(cls, value: int) -> int:
        if value < 0:
            raise ValueError("it is negative")
        return value


class Amount(BaseModel):
    value: Annotated[int, Field(ge=0)]


class Deep(BaseModel):
    total: Amount

    @model_validator(mode="before")
    @classmethod
    def nested(cls, data: Any) -> Any:
        return {"total": {"value": data["sum"]}} if "sum" in data else data


class Emptied(BaseModel):
    total: Amount

    @model_validator(mode="before")
    @classmethod
    def nested(cls, data: Any) -> Any:
        return {"total": {"value": data["sum"]} if data["sum"] >= 0 else {}} if "sum" in data else data


MODELS = [Bill, Ruled, Optional, Checked, Deep, Emptied]


def value_of(total: Any) -> int:
    return total.value if isinstance(total, Amount) else total


@pytest.mark.parametrize("model", MODELS)
def test_the_object_that_holds_what_it_was_made_of_is_asked_for(model: Any) -> None:
    guard = Guard.from_pydantic(model)
    script = ScriptedModel(['{"sum": -5}', '{"sum": 5}'])
    outcome = guard(script, messages=USER)
    assert outcome.passed, outcome.failures
    assert value_of(outcome.output.total) == 5
    assert [str(path) for path in outcome.iterations[1].asked] == ["$"]
    assert "total" in outcome.iterations[1].messages[-1]["content"]
    assert outcome.iterations[1].messages[-2]["content"] == '{"sum": -5}'


@pytest.mark.parametrize("model", MODELS)
def test_of_a_list_that_item_alone_is_asked_for(model: Any) -> None:
    guard = Guard.from_pydantic(list[model])
    script = ScriptedModel(['[{"sum": 1}, {"sum": -5}]', '{"1": {"sum": 5}}'])
    first = guard.parse('[{"sum": 1}, {"sum": -5}]')
    assert [str(failure.path)[:9] for failure in first.failures] == ["$[1].tota"]
    assert first.partial == [{"sum": 1}]
    outcome = guard(script, messages=USER)
    assert outcome.passed, outcome.failures
    assert [value_of(one.total) for one in outcome.output] == [1, 5]


def test_it_may_be_answered_by_the_name_that_the_model_gives_it() -> None:
    outcome = Guard.from_pydantic(Bill)(ScriptedModel(['{"sum": -5}', '{"total": 5}']), messages=USER)
    assert outcome.output == Bill(total=5)


def test_a_default_that_fails_is_asked_for_at_its_own_name() -> None:
    class Model(BaseModel):
        a: int
        b: Annotated[int, Field(ge=0, validate_default=True)] = -1

    outcome = Guard.from_pydantic(Model)(ScriptedModel(['{"a": 1}', '{"b": 2}']), messages=USER)
    assert outcome.output == Model(a=1, b=2)
