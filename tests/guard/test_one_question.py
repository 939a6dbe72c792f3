"""A call that nobody looks on at asks its first question before its loop starts. The law: whoever looks on, and however the
call is made, the requests, the outcome and its record are the same.
"""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import BaseModel

from railguard import Completion, Guard, InputError, ProviderError, Usage, ValidationFailed, validator
from railguard.testing import Request, ScriptedModel
from railguard.values.frozen import schema_when_read
from railguard_validators.length import length

USER = [{"role": "user", "content": "Read it."}]
RULED = """<rail version="1.0"><output>
  <string name="code" validators="length: 1 3"/><list name="sizes"><integer/></list>
</output></rail>"""
MAP = {"type": "object", "additionalProperties": {"type": "integer"}}


class Item(BaseModel):
    code: Annotated[str, length(min=1, max=3)]
    sizes: list[int]


class Strict(ScriptedModel):
    schema_target: ClassVar[str] = "openai-strict"


class Unseeing(ScriptedModel):
    carries_schemas: ClassVar[bool] = False


@validator("in-one-question", pure=False)
def in_one_question(value: Any, ctx: Any) -> str | None:
    return None if len(ctx.messages) == 1 and ctx.metadata["k"] == 1 else "the messages or the metadata are missing"


GUARDS: dict[str, Callable[[], Guard[Any]]] = {
    "RAIL": lambda: Guard.from_rail_string(RULED),
    "JSON Schema": lambda: Guard.from_json_schema({"type": "array", "items": {"type": "integer"}}),
    "open": lambda: Guard.from_json_schema({"type": "object", "properties": {"code": {"type": "string"}}}),
    "map": lambda: Guard.from_json_schema(MAP),
    "pydantic": lambda: Guard.from_pydantic(Item),
    "text": lambda: Guard.from_string([length(max=20)]),
    "context": lambda: Guard.from_rail_string(RULED.replace("length: 1 3", "in-one-question")),
    "input rules": lambda: Guard.from_rail_string(RULED).using(length(max=4, on_fail="fix"), on="messages"),
}
GOOD = '{"code": "abc", "sizes": [1, 2]}'
ANSWERS: dict[str, list[Any]] = {
    "valid": [GOOD],
    "list": ["[1, 2]"],
    "in a fence": [f"Here it is:\n```json\n{GOOD}\n```"],
    "a broken rule": ['{"code": "abcdef", "sizes": [1]}', '{"code": "ab"}'],
    "a wrong type": ['{"code": "abc", "sizes": ["x"]}', '{"sizes.0": 4}'],
    "broken JSON": ["{'code': 'abc', 'sizes': [1,]}"],
    "prose": ["I cannot say.", GOOD],
    "empty": ["", GOOD],
    "cut": [Completion('{"code": "abc", "sizes": [1', "length"), GOOD],
    "refused": [Completion("", "refusal", refusal="no"), GOOD],
    "filtered": [Completion(GOOD, "content_filter")],
    "several": [Completion(f"[{GOOD}, {GOOD}]", calls=(GOOD, GOOD)), GOOD],
    "noted": [Completion(GOOD, "stop", usage=Usage(3, 4), model="m", note="a note")],
    "wrapped pairs": ['{"value": [{"key": "k", "value": 2}]}'],
    "no answer": [ProviderError("no"), GOOD],
    "raises": [KeyError("mine")],
    "ended": [StopIteration()],
}


def end_of(make: Callable[[], Any]) -> Any:
    try:
        outcome = make()
    except (ProviderError, InputError, ValidationFailed, KeyError, RuntimeError) as error:
        return type(error), str(error)
    return [outcome.to_dict(), outcome.output, outcome.iterations, outcome.partial, outcome.usage, outcome.stopped]


@pytest.mark.parametrize("model", [ScriptedModel, Strict, Unseeing])
@pytest.mark.parametrize("answers", ANSWERS)
@pytest.mark.parametrize("source", GUARDS)
def test_who_looks_on_changes_nothing(source: str, answers: str, model: type[ScriptedModel]) -> None:
    guard = GUARDS[source]()
    found = []
    for watched in (False, True):
        for waits in (False, True):
            asked = model(ANSWERS[answers])
            one = guard.on("answer", lambda event: None) if watched else guard
            settings: dict[str, Any] = {"messages": copy.deepcopy(USER), "metadata": {"k": 1}, "max_reasks": 1}
            if waits:
                end = end_of(lambda one=one, asked=asked, s=settings: asyncio.run(one.acall(asked, **s)))
            else:
                end = end_of(lambda one=one, asked=asked, s=settings: one(asked, **s))
            requests = [replace(request, timeout=None) for request in asked.requests]
            found.append((end, requests))
    if answers == "ended":  # a coroutine cannot raise StopIteration: Python makes another error of it
        found = found[::2]
    assert all(one == found[0] for one in found[1:]), found


def test_metadata_that_is_missing_is_said_before_the_question() -> None:
    @validator("needs-metadata-first", metadata=["k"])
    def needs(value: Any, ctx: Any) -> None:
        return None

    model = ScriptedModel([GOOD])
    guard = Guard.from_rail_string(RULED.replace("length: 1 3", "needs-metadata-first"))
    with pytest.raises(InputError, match="'k'"):
        guard(model, messages=USER)
    assert not model.requests


def test_an_answer_of_a_validator_is_kept_from_the_first_look() -> None:
    asked = []

    @validator("counts-its-runs", pure=True)
    async def counts(value: Any) -> str | None:
        asked.append(value)
        return None

    model = ScriptedModel(['{"code": "abc", "sizes": ["x"]}', '{"sizes.0": 4}'])
    outcome = Guard.from_rail_string(RULED.replace("length: 1 3", "counts-its-runs"))(model, messages=USER)
    assert outcome.passed
    assert asked == ["abc"]


class TestADeferredRequest:
    def request(self, made: list[int]) -> Request:
        def schema() -> dict[str, Any]:
            made.append(1)
            return {"type": "integer"}

        whole = Request(({"role": "user"},), None, True, {"seed": 1}, 2.0, "reask", 3)
        return schema_when_read(whole, schema)

    def test_its_schema_is_made_once_and_when_it_is_read(self) -> None:
        made: list[int] = []
        request = self.request(made)
        assert (request.messages, request.strict, request.options) == (({"role": "user"},), True, {"seed": 1})
        assert (request.timeout, request.purpose, request.round) == (2.0, "reask", 3)
        assert not made
        assert request.schema is request.schema
        assert request.schema == {"type": "integer"}
        assert made == [1]

    def test_it_equals_one_that_was_made_whole(self) -> None:
        whole = Request(({"role": "user"},), {"type": "integer"}, True, {"seed": 1}, 2.0, "reask", 3)
        assert self.request([]) == whole
        assert repr(self.request([])) == repr(whole)
        assert replace(self.request([]), round=4) == replace(whole, round=4)
        assert pickle.loads(pickle.dumps(self.request([]))) == whole
        assert copy.copy(self.request([])) == copy.deepcopy(self.request([])) == whole

    def test_it_has_no_other_attributes(self) -> None:
        with pytest.raises(AttributeError, match="scheme"):
            self.request([]).scheme  # type: ignore[attr-defined]


@pytest.mark.parametrize("wrong", ["", [], 0, False])
def test_variables_that_are_no_dict_are_refused_even_if_they_are_empty(wrong: Any) -> None:
    guard, model = Guard.from_rail_string(RULED), ScriptedModel([GOOD])
    for call in (lambda: guard(model, wrong), lambda: guard.render(wrong), lambda: guard.stream(model, wrong)):
        with pytest.raises(InputError, match="variables are a dict"):
            call()
    assert not model.requests
