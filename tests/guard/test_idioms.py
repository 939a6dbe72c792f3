"""Hints for programs that are written for guardrails-ai: each wrong idiom is an error that says what to write."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, Field

import railguard
from railguard import UNSET, FailResult, Guard, InputError, SpecError
from railguard.testing import ScriptedModel


class Person(BaseModel):
    name: str


GUARD = Guard.from_pydantic(Person)
OUTCOME = GUARD.parse('{"name": "Ann"}')
MODEL = ScriptedModel([])


@pytest.mark.parametrize(
    ("program", "error", "mend"),
    [
        (lambda: Guard.for_rail_string("<rail/>"), AttributeError, "Guard.from_rail_string(xml)"),
        (lambda: Guard.for_pydantic(Person), AttributeError, "Guard.from_pydantic(Model"),
        (lambda: Guard().use(None), TypeError, "Guard.from_rail, from_pydantic"),
        (lambda: GUARD.use(None), AttributeError, "guard.using(rule"),
        (lambda: GUARD.validate("x"), AttributeError, "guard.parse(text)"),
        (lambda: GUARD.history, AttributeError, "outcome.iterations"),
        (lambda: GUARD.base_prompt, AttributeError, "guard.render(variables)"),
        (lambda: GUARD(MODEL, num_reasks=1), InputError, "max_reasks="),
        (lambda: GUARD(MODEL, prompt_params={}), InputError, "variables="),
        (lambda: GUARD(num_reasks=1), TypeError, "max_reasks="),
        (lambda: GUARD(llm_api=MODEL), TypeError, "the model as the first argument"),
        (lambda: GUARD(model="gpt-4o", messages=[]), TypeError, 'guard("openai:gpt-5"'),
        (lambda: asyncio.run(GUARD.acall(model="gpt-4o")), TypeError, "guard.acall("),
        (lambda: GUARD.stream(MODEL, num_reasks=1), InputError, "max_reasks="),
        (lambda: GUARD.parse(llm_output="{}"), TypeError, "guard.parse(text)"),
        (lambda: GUARD.parse("{}", llm_api=MODEL), TypeError, "guard.resume(guard.parse(text), model)"),
        (lambda: Guard.from_pydantic(output_class=Person), TypeError, "Guard.from_pydantic(Model"),
        (lambda: Guard.from_pydantic(Person, prompt="p"), TypeError, "messages="),
        (lambda: tuple(OUTCOME), TypeError, "it has output, passed, failures"),
        (lambda: OUTCOME.validated_output, AttributeError, "outcome.output"),
        (lambda: OUTCOME.validation_passed, AttributeError, "outcome.passed"),
        (lambda: OUTCOME.raw_llm_output, AttributeError, "outcome.raw_output"),
        (lambda: railguard.OnFailAction, AttributeError, "OnFail"),
        (lambda: railguard.register_validator, AttributeError, "validator"),
        (lambda: FailResult(error_message="x"), TypeError, "FailResult(message)"),
        (lambda: FailResult("x", fix_value="y"), TypeError, "fix="),
    ],
)
def test_an_idiom_of_guardrails_ai_is_refused_with_what_to_write(
    program: Callable[[], Any], error: type[Exception], mend: str
) -> None:
    with pytest.raises(error) as caught:
        program()
    assert mend in str(caught.value)
    assert "railguard.compat.guardrails" in str(caught.value)


def test_rules_that_pydantics_field_drops_are_refused():
    class Inner(BaseModel):
        name: str = Field(json_schema_extra={"validators": [len]})

    class Outer(BaseModel):
        inner: list[Inner]

    with pytest.raises(SpecError, match=r"at Inner\.name: rules in Field\(validators=…\)"):
        Guard.from_pydantic(Outer)


def test_a_field_of_that_name_is_a_field():
    class Rules(BaseModel):
        validators: list[str]

    assert Guard.from_pydantic(Rules).parse('{"validators": ["a"]}').passed


def test_a_model_may_have_an_option_named_model():
    def answer(messages, model):
        return f'{{"name": "{model}"}}'

    assert GUARD(answer, messages=[], model="gpt-5").output == Person(name="gpt-5")


def test_other_names_are_plain_errors():
    for thing in (Guard, GUARD, OUTCOME, railguard):
        with pytest.raises(AttributeError) as caught:
            thing.nonsense
        assert "compat" not in str(caught.value)


def test_what_is_refused_changes_nothing_else():
    assert pickle.loads(pickle.dumps(OUTCOME)).output == Person(name="Ann")
    assert copy.deepcopy(GUARD).parse('{"name": "Ann"}').passed
    assert FailResult("x") == FailResult(message="x", fix=UNSET)
    assert inspect.iscoroutinefunction(GUARD.acall)
    assert list(inspect.signature(Guard.__call__).parameters)[:3] == ["self", "model", "variables"]
    assert list(inspect.signature(Guard).parameters) == ["spec", "unknown_validators"]
