"""The loop is a generator that decides and performs nothing: driven here by hand, with no driver at all."""

import json
from collections.abc import Generator
from typing import Any

import pytest

from railguard import Completion, Guard, ProviderError, ValidationOutcome, validator
from railguard.checking import Plan, RunChecks
from railguard.loop import GuardedCall, UpdatedDocument, guard_loop, guard_loops
from railguard.loop.effects import Ask, Effect

USER = ({"role": "user", "content": "go"},)
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "string"}, "c": {"type": "string"}},
    "required": ["a", "b", "c"],
}


@validator("t-bh-slow", replace=True)
async def slow(value: str) -> bool | str:
    """Async, and never run here: its answers are given by hand."""
    raise AssertionError("the loop itself runs nothing")


@validator("t-bh-blocking", blocking=True, replace=True)
def blocking(value: str) -> bool | str:
    """Blocking, and never run here."""
    raise AssertionError("the loop itself runs nothing")


def loop(guard: Guard, **options: Any) -> Generator[Effect, Any, ValidationOutcome]:
    return guard_loop(GuardedCall(plan=Plan(guard.spec), messages=USER, **options))


def end(running: Generator[Effect, Any, ValidationOutcome], answer: Any) -> ValidationOutcome:
    with pytest.raises(StopIteration) as stopped:
        running.send(answer)
    outcome: ValidationOutcome = stopped.value.value
    return outcome


def test_it_asks_and_is_sent_answers() -> None:
    running = loop(Guard.from_json_schema(SCHEMA))
    first = next(running)
    assert isinstance(first, Ask)
    assert (first.messages, first.round, first.asked) == (USER, 0, ())
    second = running.send(Completion('{"a":"x","b":"y","c":"z"}'))
    assert isinstance(second, Ask)
    assert (second.round, second.asked) == (1, (("a",),))
    outcome = end(running, Completion('{"a":1}'))
    assert outcome.output == {"a": 1, "b": "y", "c": "z"}


def test_it_asks_for_checks_that_must_not_run_inline_all_of_a_round_together() -> None:
    guard = Guard.from_json_schema(SCHEMA).using(slow(), on="$.b").using(blocking(), on="$.c")
    running = loop(guard)
    next(running)
    checks = running.send(Completion('{"a":1,"b":"y","c":"z"}'))
    assert isinstance(checks, RunChecks)
    assert [(job.rule.name, job.value, job.context.path) for job in checks.jobs] == [
        ("t-bh-slow", "y", ("b",)),
        ("t-bh-blocking", "z", ("c",)),
    ]
    reask = running.send([None, "not that"])
    assert isinstance(reask, Ask)
    assert reask.asked == (("c",),)
    again = running.send(Completion('{"c":"ok"}'))
    assert isinstance(again, RunChecks)
    assert [(job.value, job.context.path) for job in again.jobs] == [("ok", ("c",))]
    assert end(running, [True]).passed


def test_no_time_for_a_reask_ends_it() -> None:
    running = loop(Guard.from_json_schema(SCHEMA))
    next(running)
    running.send(Completion('{"a":"x","b":"y","c":"z"}'))
    outcome = end(running, None)
    assert outcome.stopped == "timeout"
    assert outcome.partial == {"b": "y", "c": "z"}


def test_no_time_for_the_first_question_is_not_passed() -> None:
    running = loop(Guard.from_json_schema(SCHEMA))
    next(running)
    outcome = end(running, None)
    assert outcome.stopped == "timeout"
    assert outcome.output is None
    assert not outcome.passed


def test_an_error_thrown_into_it_surfaces_where_it_was_caused() -> None:
    running = loop(Guard.from_json_schema(SCHEMA))
    next(running)
    with pytest.raises(ProviderError, match="gone") as first:
        running.throw(ProviderError("gone"))
    assert first.value.outcome is None
    running = loop(Guard.from_json_schema(SCHEMA))
    next(running)
    running.send(Completion('{"a":"x","b":"y","c":"z"}'))
    with pytest.raises(ProviderError, match="gone") as second:
        running.throw(ProviderError("gone"))
    assert second.value.outcome is not None
    assert second.value.outcome.partial == {"b": "y", "c": "z"}


def test_a_log_of_answers_replays_to_the_same_outcome() -> None:
    guard = Guard.from_json_schema(SCHEMA).using(slow(), on="$.b")
    log = [None, Completion('{"a":"x","b":"y","c":"z"}'), ["no"], Completion('{"a":1,"b":"q"}'), [None]]

    def replay() -> ValidationOutcome:
        running = loop(guard)
        try:
            for answer in log:
                running.send(answer)
        except StopIteration as stopped:
            outcome: ValidationOutcome = stopped.value
            return outcome
        raise AssertionError("it wants more")

    assert replay() == replay()
    assert replay().output == {"a": 1, "b": "q", "c": "z"}


def test_text_that_is_there_already_asks_nobody() -> None:
    running = guard_loop(GuardedCall(plan=Plan(Guard.from_json_schema(SCHEMA).spec), text='{"a":"x","b":"y","c":"z"}'))
    assert end(running, None).stopped == "no_model"


def test_a_budget_of_none_asks_once() -> None:
    running = loop(Guard.from_json_schema(SCHEMA), max_reasks=0)
    next(running)
    assert end(running, Completion("{}")).stopped == "max_reasks"


def test_it_can_be_dropped_at_any_time() -> None:
    running = loop(Guard.from_json_schema(SCHEMA))
    next(running)
    running.close()
    with pytest.raises(StopIteration):
        next(running)


def test_no_time_for_the_question_of_an_update_changes_nothing() -> None:
    state = {"a": 1, "b": "y", "c": "z"}
    running = loop(Guard.from_json_schema(SCHEMA), document=UpdatedDocument(state, json.dumps(state), True))
    asked = next(running)
    assert isinstance(asked, Ask)
    outcome = end(running, None)
    assert (outcome.stopped, outcome.output, outcome.document, outcome.changes) == ("timeout", None, None, ())


def test_no_time_for_the_question_about_several_documents_changes_none() -> None:
    state = {"a": 1, "b": "y", "c": "z"}
    plan = Plan(Guard.from_json_schema(SCHEMA).spec)
    document = UpdatedDocument(state, json.dumps(state), True)
    running = guard_loops({name: GuardedCall(plan, USER, document=document) for name in "xy"})
    next(running)
    with pytest.raises(StopIteration) as stopped:
        running.send(None)
    assert {name: (one.stopped, one.document) for name, one in stopped.value.value.items()} == {
        "x": ("timeout", None),
        "y": ("timeout", None),
    }


def test_no_time_for_a_question_in_another_dialect_is_not_passed() -> None:
    guard = Guard.from_json_schema({"type": "array", "items": {"type": "integer"}})
    running = loop(guard, target="openai-strict")
    asked = next(running)
    assert isinstance(asked, Ask)
    assert asked.schema is not None
    assert (asked.schema() or {})["type"] == "object", "the dialect has no list as the root"
    assert end(running, None).stopped == "timeout"
