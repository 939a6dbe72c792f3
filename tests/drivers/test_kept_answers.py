"""What costly validators answered is kept between calls, and found only by all that may have decided on it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from railguard import FailResult, Guard, InputError, MemoryStore, PassResult, SQLiteStore, Usage, validator
from railguard.testing import ScriptedModel

LIST = {"type": "array", "items": {}}
asked: list[Any] = []


@pytest.fixture(autouse=True)
def _nobody_asked_yet():
    asked.clear()


@validator("kept-sync", blocking=True, replace=True)
def kept_sync(value: Any, *, most: int = 3) -> Any:
    asked.append(value)
    if isinstance(value, str) and len(value) > most:
        return FailResult(f"at most {most}", fix=value[:most], spans=[(most, len(value))], usage=Usage(9, 9))
    return PassResult(Usage(5, 5))


@validator("kept-async", replace=True)
async def kept_async(value: Any, *, most: int = 3) -> Any:
    return kept_sync.check(value, most=most)


@validator("kept-with-context", blocking=True, pure=True, replace=True)
def kept_with_context(value: Any, ctx: Any = None) -> Any:
    asked.append(value)
    return ctx.metadata.get("allowed") != value or "this is not allowed"


@validator("kept-impure", blocking=True, pure=False, replace=True)
def kept_impure(value: Any) -> None:
    asked.append(value)


@validator("kept-answers", blocking=True, replace=True)
def kept_answers(value: Any) -> Any:
    asked.append(value)
    return ANSWERS[value] if isinstance(value, str) and value in ANSWERS else None  # a fix passes


ANSWERS: dict[str, Any] = {
    "none": None,
    "true": True,
    "false": False,
    "text": "say it better",
    "fix none": FailResult("wrong", fix=None),
    "fix list": FailResult("wrong", fix=["a", 1, 1.0, {"b": None}]),
    "fix tuple": FailResult("wrong", fix=("a",)),
    "fix set": FailResult("wrong", fix={1}),
    "blame": FailResult("wrong", blame=[("a", 0)]),
}


def outcome_of(guard: Guard[Any], value: Any, way: str, **metadata: Any) -> dict[str, Any]:
    text = json.dumps([value])
    if way == "sync":
        return guard.parse(text, metadata=metadata).to_dict()
    return asyncio.run(guard.aparse(text, metadata=metadata)).to_dict()


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("rule", [kept_sync, kept_async])
@pytest.mark.parametrize("value", ["ab", "abcdef", 7, [1.0, {"a": None}]])
def test_a_question_is_put_once_and_its_answer_costs_nothing_again(tmp_path, way, rule, value):
    store = SQLiteStore(tmp_path / "answers.db")
    first = outcome_of(Guard.from_json_schema(LIST).using(rule(), on="$[*]").caching(store), value, way)
    again = outcome_of(Guard.from_json_schema(LIST).using(rule(), on="$[*]").caching(store), value, way)
    assert asked == [value]
    assert again["usage"]["input_tokens"] == 0 < first["usage"]["input_tokens"]
    for one in (first, again):
        del one["usage"]
    assert again == first


@pytest.mark.parametrize(
    ("rule", "value", "metadata"),
    [
        (kept_sync(most=4), "abcd", {}),
        (kept_sync(), "abce", {}),
        (kept_async(), "abcd", {}),
        (kept_sync(), 1, {}),
        (kept_sync(), True, {}),
        (kept_with_context(), "abcd", {"allowed": "abcd"}),
    ],
)
def test_another_validator_argument_value_or_context_is_another_question(rule, value, metadata):
    store = MemoryStore()
    guard = Guard.from_json_schema(LIST)
    for other, given in ((kept_sync(), "abcd"), (kept_sync(), 1.0), (kept_with_context(), "abcd")):
        outcome_of(guard.using(other, on="$[*]").caching(store), given, "sync", allowed="nothing")
    before = len(asked)
    outcome_of(guard.using(rule, on="$[*]").caching(store), value, "sync", **metadata)
    assert len(asked) == before + 1


def test_a_validator_that_is_not_pure_and_a_guard_without_a_store_ask_every_time():
    for guard in (
        Guard.from_json_schema(LIST).using(kept_impure(), on="$[*]").caching(MemoryStore()),
        Guard.from_json_schema(LIST).using(kept_sync(), on="$[*]"),
    ):
        asked.clear()
        for _ in range(2):
            outcome_of(guard, "ab", "sync")
        assert len(asked) == 2


@pytest.mark.parametrize("value", sorted(ANSWERS))
def test_every_kind_of_answer_is_given_again_as_it_was_or_asked_for_again(value):
    guard = Guard.from_json_schema(LIST).using(kept_answers(on_fail="fix"), on="$[*]").caching(MemoryStore())
    first, again = (outcome_of(guard, value, "sync") for _ in range(2))
    assert first == again
    assert asked.count(value) == (2 if value in ("false", "fix tuple", "fix set") else 1)


def test_what_a_store_holds_of_somebody_else_is_not_taken_for_an_answer():
    class Strange(MemoryStore):
        def get(self, key: str) -> str:
            return '{"passed": false}'

    guard = Guard.from_json_schema(LIST).using(kept_sync(), on="$[*]").caching(Strange())
    assert guard.parse('["ab"]').passed
    assert asked == ["ab"]


def test_a_judge_by_a_model_is_kept_with_the_model_by_its_name():
    from railguard_validators.politeness_check import politeness_check

    store = MemoryStore()
    guard = Guard.from_string([politeness_check()]).caching(store)
    judges = [ScriptedModel(['{"reason": "fine", "passes": true}']) for _ in range(3)]
    judges[2].name = "another"
    assert all(guard.parse("I am well.", metadata={"judge": judge}).passed for judge in judges)
    assert [bool(judge.requests) for judge in judges] == [True, False, True]


def test_a_guard_made_of_a_caching_one_keeps_the_store_and_a_thing_that_is_no_store_is_refused():
    guard = Guard.from_json_schema(LIST).caching(MemoryStore()).using(kept_sync(), on="$[*]")
    for _ in range(2):
        outcome_of(guard, "ab", "sync")
    assert asked == ["ab"]
    with pytest.raises(InputError, match="a store has the methods get and put, and dict has not"):
        guard.caching({})
