"""Checks that ask a model or take long: what they cost is counted, and a pure one is not run twice on a value."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from railguard import (
    Completion,
    Context,
    FailResult,
    Guard,
    InputError,
    PassResult,
    Rule,
    Usage,
    ValidatorError,
    ask,
    guarded,
    validator,
)
from railguard.testing import ScriptedModel

SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
    "required": ["a", "b"],
}
RAN: list[Any] = []


@validator("t-cc-judged", pure=True, replace=True)
async def judged(value: str) -> PassResult | FailResult:
    RAN.append(value)
    usage = Usage(10, 1)
    return PassResult(usage=usage) if value == "good" else FailResult("Write good.", usage=usage)


@validator("t-cc-anew", pure=False, replace=True)
async def anew(value: str) -> PassResult:
    RAN.append(value)
    return PassResult(usage=Usage(10, 1))


@validator("t-cc-quick", replace=True)
def quick(value: str) -> PassResult:
    return PassResult(usage=Usage(1, 0))


def guard_of(rule: Rule, on: str) -> Guard:
    RAN.clear()
    return Guard.from_json_schema(SCHEMA).using(rule, on=on)


def test_what_a_validator_says_it_cost_is_in_the_outcome() -> None:
    outcome = guard_of(judged(), "$.a").parse('{"a": "good", "b": ""}')
    assert outcome.passed
    assert outcome.usage == Usage(10, 1)
    model = ScriptedModel(
        [Completion('{"a": "bad", "b": ""}', usage=Usage(100, 20)), Completion('{"a": "good"}', usage=Usage(50, 2))]
    )
    outcome = guard_of(judged(), "$.a")(model, messages=[{"role": "user", "content": "?"}])
    assert outcome.passed
    assert outcome.usage == Usage(170, 24)


def test_the_cost_of_a_quick_one_counts_too() -> None:
    assert guard_of(quick(), "$.a").parse('{"a": "", "b": ""}').usage == Usage(1, 0)


def test_tokens_of_checks_count_against_the_budget() -> None:
    model = ScriptedModel([Completion('{"a": "bad", "b": ""}', usage=Usage(5, 1))] * 3)
    outcome = guard_of(judged(), "$.a")(model, messages=[{"role": "user", "content": "?"}], token_budget=12)
    assert outcome.stopped == "token_budget"
    assert len(model.requests) == 1


def test_a_pure_one_is_run_once_on_a_value_and_another_one_each_time() -> None:
    answers = ['{"a": "good", "b": 1}', '{"b": "x"}']
    for rule, runs in ((judged(), ["good"]), (anew(), ["good", "good"])):
        guard = guard_of(rule, "$.a").using(length_two(), on="$")
        outcome = guard(ScriptedModel(list(answers)), messages=[{"role": "user", "content": "?"}])
        assert outcome.passed
        assert runs[:1] == RAN[:1]
        RAN.clear()
    RAN.clear()
    listed = Guard.from_json_schema({"type": "array", "items": {"type": "string"}}).using(judged(), on="$[*]")
    assert listed.parse('["good"]').usage == Usage(10, 1)


@validator("t-cc-two", replace=True)
def length_two(value: dict) -> bool:
    return len(value) == 2


def test_a_value_that_comes_again_in_a_reask_is_judged_once() -> None:
    answers = ['{"a": "bad", "b": "x"}', '{"a": "bad"}', '{"a": "good"}']
    guard = guard_of(judged(), "$.a")
    outcome = guard(ScriptedModel(answers), messages=[{"role": "user", "content": "?"}])
    assert outcome.passed
    assert RAN == ["bad", "good"]
    assert outcome.usage.output_tokens == 2


@validator("t-cc-in-source", metadata=("document",), replace=True)
def in_source(value: str, ctx: Any = None) -> bool:
    return value in ctx.metadata["document"]


@validator("t-cc-named", replace=True)
class Named:
    """Stands in a text that is named."""

    def __init__(self, source: str) -> None:
        self.metadata = (source,)

    def __call__(self, value: str, ctx: Context) -> bool:
        return value in ctx.metadata[self.metadata[0]]


def test_metadata_that_is_needed_and_missing_is_an_error_before_anything_is_asked() -> None:
    model = ScriptedModel([])
    guard = guard_of(in_source(), "$.a").using(Named("letter"), on="$.b")
    with pytest.raises(InputError) as caught:
        guard(model, messages=[{"role": "user", "content": "?"}])
    assert "'t-cc-in-source' needs 'document'" in str(caught.value)
    assert "'t-cc-named' needs 'letter'" in str(caught.value)
    assert "metadata={'document': …, 'letter': …}" in str(caught.value)
    assert not model.requests
    with pytest.raises(InputError, match="document"):
        guard.parse('{"a": "x", "b": "y"}')
    assert guard.parse('{"a": "x", "b": "y"}', metadata={"document": "xx", "letter": "yy"}).passed


def test_a_prompt_variable_serves_as_metadata_unless_the_caller_gave_that_key() -> None:
    guard = Guard.from_json_schema({"type": "string"}, messages="Quote: ${document}").using(in_source())
    assert guard(ScriptedModel(["rail"]), {"document": "a rail"}, max_reasks=0).passed
    own = {"document": "something else"}
    assert not guard(ScriptedModel(["rail"]), {"document": "a rail"}, metadata=own, max_reasks=0).passed

    @guarded(guard)
    def quote(messages: Any) -> str:
        return "rail"

    assert quote(document="a rail") == "rail"


def test_metadata_without_a_context_to_find_it_in_is_refused() -> None:
    from railguard import SpecError

    with pytest.raises(SpecError, match="no parameter ctx"):
        validator("t-cc-no-ctx", metadata=("document",), replace=True)(lambda value: True)


def test_any_model_can_be_asked_once() -> None:
    question = [{"role": "user", "content": "hi"}]
    completion = asyncio.run(ask(lambda messages: messages[0]["content"].upper(), question))
    assert completion.text == "HI"


def test_a_judge_that_gets_no_answer_is_a_validator_error() -> None:
    @validator("t-cc-asks", replace=True)
    async def asks(value: str) -> bool:
        return (await ask(ScriptedModel([]), [{"role": "user", "content": value}])).text == "yes"

    with pytest.raises(ValidatorError, match="t-cc-asks"):
        guard_of(asks(), "$.a").parse('{"a": "x", "b": ""}')


def test_a_validator_whose_package_is_not_installed_cannot_be_used() -> None:
    from railguard import SpecError

    @validator("t-cc-package", requires={"no_such_module": "railguard[nothing]", "json": "json"}, replace=True)
    def package(value: str) -> None: ...

    with pytest.raises(SpecError, match="not installed") as caught:
        package()
    assert caught.value.problems[0].code == "validator-package"
    assert caught.value.problems[0].hint == "install it: pip install 'railguard[nothing]'"
    old = Guard.from_rail_string(
        '<rail version="0.1"><output><string name="a" validators="t-cc-package"/></output></rail>'
    )
    with pytest.raises(SpecError, match="'t-cc-package' needs a package"):
        old.parse('{"a": ""}')


def test_spans_of_what_is_wrong_are_on_the_failure() -> None:
    @validator("t-cc-spans", replace=True)
    def spans(value: str) -> FailResult:
        return FailResult("no", spans=[(0, 1)])

    outcome = guard_of(spans(), "$.a").parse('{"a": "x", "b": ""}')
    assert outcome.failures[0].spans == ((0, 1),)
    assert outcome.failures[0].to_dict()["spans"] == [[0, 1]]


def test_a_parameter_is_documented_by_the_line_that_begins_with_its_name() -> None:
    @validator("t-cc-doc", replace=True)
    def doc(value: str, *, low: int = 0, high: int = 1) -> None:
        """Something.

        low: the least,
            both included.
        high: the most.

        Not about high: this.
        """

    assert [parameter.doc for parameter in doc.parameters] == ["the least, both included.", "the most."]
