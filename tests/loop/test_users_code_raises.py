"""What the code of a user's own model raises: the answer is asked for once more; then, or where nobody is asked any more,
it is a ValidatorError that carries the outcome."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import pytest
from pydantic import AfterValidator, BaseModel, model_validator

from railguard import Guard, ValidatorError
from railguard.testing import ScriptedModel
from railguard_validators.valid_range import valid_range

USER = [{"role": "user", "content": "x"}]


class Whole(BaseModel):
    a: int
    b: int = 1

    @model_validator(mode="after")
    def divide(self) -> Whole:
        assert 1 // (self.a - 3) is not None
        return self


class Member(BaseModel):
    a: Annotated[int, AfterValidator(lambda value: (1 // (value - 3) and value) or value)]


class Before(BaseModel):
    a: int

    @model_validator(mode="before")
    @classmethod
    def shift(cls, data: dict[str, Any]) -> dict[str, Any]:
        return {"a": 1 // (data["a"] - 3)}


MODELS = [Whole, Member, Before]
EVERY = pytest.mark.parametrize("model", [*MODELS, list[Member]], ids=str)


def raising(model: Any) -> str:
    return '[{"a": 3}]' if model == list[Member] else '{"a": 3}'


def error_of(guard: Guard[Any], answers: list[str], **options: Any) -> ValidatorError:
    with pytest.raises(ValidatorError, match="raised ZeroDivisionError") as caught:
        guard(ScriptedModel(answers), messages=USER, **options)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value.outcome is not None
    assert caught.value.outcome.stopped == "raised"
    assert caught.value.outcome.output is None
    assert [failure.validator for failure in caught.value.outcome.failures] == ["raised"]
    return caught.value


@EVERY
@pytest.mark.parametrize("reasks", [1, 2, 5])
def test_two_identical_answers_on_which_it_raises_end_as_an_error(model: Any, reasks: int) -> None:
    error = error_of(Guard.from_pydantic(model), [raising(model)] * 6, max_reasks=reasks)
    assert error.outcome is not None
    assert len(error.outcome.iterations) == 2


@EVERY
def test_where_no_reask_is_allowed_the_first_is_the_last(model: Any) -> None:
    error = error_of(Guard.from_pydantic(model), [raising(model)], max_reasks=0)
    assert error.outcome is not None
    assert len(error.outcome.iterations) == 1
    with pytest.raises(ValidatorError):
        Guard.from_pydantic(model).parse(raising(model))


@EVERY
def test_a_reask_that_brings_nothing_leaves_the_answer_on_which_it_raised(model: Any) -> None:
    error_of(Guard.from_pydantic(model), [raising(model), "I cannot.", "I cannot."], max_reasks=1)
    error_of(Guard.from_pydantic(model), [raising(model), "I cannot.", "I cannot."], max_reasks=4)


@EVERY
def test_a_better_answer_to_the_reask_is_taken(model: Any) -> None:
    script = ScriptedModel([raising(model), raising(model).replace("3", "4")])
    assert Guard.from_pydantic(model)(script, messages=USER).passed


@pytest.mark.parametrize("model", MODELS)
def test_an_answer_that_fails_otherwise_in_the_end_is_an_outcome(model: Any) -> None:
    outcome = Guard.from_pydantic(Whole)(ScriptedModel(['{"a": 3}', '{"a": "x"}']), messages=USER, max_reasks=1)
    assert outcome.stopped == "max_reasks"
    assert [failure.validator for failure in outcome.failures] == ["type"]


def test_it_is_the_same_however_the_call_is_made() -> None:
    guard = Guard.from_pydantic(Whole)
    for reasks in (0, 2):
        with pytest.raises(ValidatorError):
            list(guard.stream(ScriptedModel(['{"a": 3}'] * 2), messages=USER, max_reasks=reasks))
        with pytest.raises(ValidatorError):
            asyncio.run(guard.acall(ScriptedModel(['{"a": 3}'] * 2), messages=USER, max_reasks=reasks))


def test_what_it_raises_once_a_filter_has_left_something_out_is_an_error_too() -> None:
    class Sum(BaseModel):
        items: list[Annotated[int, valid_range(0, 5, on_fail="filter")]]

        @model_validator(mode="after")
        def share(self) -> Sum:
            assert 1 // len(self.items) is not None
            return self

    assert Guard.from_pydantic(Sum).parse('{"items": [1, 9]}').output == Sum(items=[1])
    with pytest.raises(ValidatorError, match="ZeroDivisionError"):
        Guard.from_pydantic(Sum).parse('{"items": [9]}')


def test_it_is_asked_once_more_and_no_oftener_if_it_raises_on_other_answers() -> None:
    class Divided(BaseModel):
        a: int
        b: int = 0

        @model_validator(mode="after")
        def divide(self) -> Divided:
            assert 1 // (self.a - 3) is not None
            return self

    model = ScriptedModel(['{"a": 3}', '{"a": 3, "b": 1}', '{"a": 4}'])
    with pytest.raises(ValidatorError, match="raised ZeroDivisionError"):
        Guard.from_pydantic(Divided)(model, messages=USER, max_reasks=5)
    assert len(model.requests) == 2
