"""Several tool calls in one answer: the items of a list that is wanted, and a failure that is asked again elsewhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from railguard import Guard, ValidationOutcome

USER = [{"role": "user", "content": "Who?"}]
PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


def answer(*names: str) -> dict[str, Any]:
    """A chat completion that calls a tool once for each name."""
    calls = [{"function": {"name": "person", "arguments": json.dumps({"name": name})}} for name in names]
    return {"choices": [{"message": {"role": "assistant", "tool_calls": calls}, "finish_reason": "tool_calls"}]}


def ask(schema: dict[str, Any], *answers: Any) -> ValidationOutcome[Any]:
    given = iter(answers)
    return Guard.from_json_schema(schema)(lambda messages: next(given), messages=USER)


def test_they_are_the_items_of_a_list():
    outcome = ask({"type": "array", "items": PERSON}, answer("Ann", "Bob"))
    assert outcome.output == [{"name": "Ann"}, {"name": "Bob"}]
    assert len(outcome.iterations) == 1


@pytest.mark.parametrize("names", [("Ann", "Bob"), ("Ann", "Ann"), ("Ann", "Bob", "Cid")])
def test_of_one_object_they_are_a_failure_that_is_asked_again(names: tuple[str, ...]):
    outcome = ask(PERSON, answer(*names), answer("Cid"))
    assert outcome.output == {"name": "Cid"}
    assert [str(failure.path) for failure in outcome.iterations[0].failures] == ["$"]
    assert len(outcome.iterations) == 2


def test_one_call_is_the_answer_itself():
    assert ask(PERSON, answer("Ann")).output == {"name": "Ann"}


def test_their_record_is_replayed(tmp_path: Any):
    from railguard import RecordingModel

    path = tmp_path / "conversation.jsonl"
    given = iter([answer("Ann", "Bob"), answer("Cid")])
    guard = Guard.from_json_schema(PERSON)
    recorded = guard(RecordingModel(lambda messages: next(given), path), messages=USER)
    assert guard(f"replay:{path}", messages=USER) == recorded
