"""llm-judge: a criterion in words, judged by a model."""

from __future__ import annotations

import asyncio
import json

import pytest

from railguard import UNSET, Completion, Guard, SpecError, Usage
from railguard.testing import ScriptedModel
from railguard.testing.laws import check_validator
from railguard_validators.llm_judge import llm_judge


def judge(messages):
    rude = "idiot" in messages[-1]["content"]
    return json.dumps({"reason": "It insults." if rude else "", "passes": not rude})


def test_it_keeps_the_laws():
    check_validator(
        llm_judge("It is kind.", judge),
        passing=["thanks", "", 0, None, True, [], {"a": ["b"]}],
        failing=["idiot", ["idiot"], {"idiot": 1}],
        max_examples=20,
    )


def test_the_message_is_the_criterion_and_the_reason_and_there_is_no_fix():
    result = asyncio.run(llm_judge("Kind, and brief", judge).run("idiot"))
    assert result.message == 'It must satisfy this: Kind, and brief. A judge says: "It insults."'
    assert result.fix is UNSET


def test_the_criterion_is_the_task_and_braces_in_it_are_only_braces():
    model = ScriptedModel(['{"reason": "", "passes": true}'])
    asyncio.run(llm_judge("It holds {value} and ${x}.", model).run("v"))
    assert "It holds {value} and ${x}." in model.requests[0].messages[0]["content"]


def test_a_criterion_is_needed():
    for arguments in ((), ("",), (" \n",)):
        with pytest.raises(SpecError):
            llm_judge(*arguments)


def test_it_reads_as_words_for_a_model():
    assert llm_judge("no jargon", judge).describe() == "no jargon"


SCHEMA = {
    "type": "object",
    "properties": {"subject": {"type": "string"}, "body": {"type": "string"}},
    "required": ["subject", "body"],
}


def test_a_field_that_a_judge_refuses_is_asked_for_again_and_all_tokens_are_counted():
    verdicts = ScriptedModel(
        [
            Completion('{"reason": "It calls the reader an idiot.", "passes": false}', usage=Usage(200, 20)),
            Completion('{"reason": "", "passes": true}', usage=Usage(210, 10, 190)),
        ]
    )
    answers = ScriptedModel(
        [
            Completion('{"subject": "Your loan", "body": "No, idiot."}', usage=Usage(50, 15)),
            Completion('{"body": "I am sorry, but no."}', usage=Usage(90, 9)),
        ]
    )
    guard = Guard.from_json_schema(SCHEMA, messages="Answer this letter.").using(
        llm_judge("It is kind.", verdicts), on="$.body"
    )
    outcome = guard(answers)
    assert outcome.passed
    assert outcome.output == {"subject": "Your loan", "body": "I am sorry, but no."}
    assert outcome.usage == Usage(50 + 90 + 200 + 210, 15 + 9 + 20 + 10, 190)
    again = answers.requests[1].messages[-1]["content"]
    assert "It calls the reader an idiot." in again
    assert "It must satisfy this: It is kind." in again
    assert len(verdicts.requests) == 2


def test_no_value_passes_by_being_judged_until_a_model_says_yes():
    verdicts = ScriptedModel(['{"reason": "no", "passes": false}', '{"reason": "", "passes": true}'])
    guard = Guard.from_json_schema(SCHEMA, messages="Hi").using(llm_judge("It is kind.", verdicts), on="$.body")
    answers = ScriptedModel(['{"subject": "s", "body": "No."}', '{"body": "No."}'])
    outcome = guard(answers, max_reasks=1)
    assert not outcome.passed
    assert len(verdicts.requests) == 1


def test_fields_are_judged_side_by_side():
    waiting = []
    all_there = asyncio.Event()

    async def model(messages):
        waiting.append(messages)
        if len(waiting) == 3:
            all_there.set()
        await asyncio.wait_for(all_there.wait(), 5)
        return '{"reason": "", "passes": true}'

    guard = Guard.from_json_schema({"type": "array", "items": {"type": "string"}}).using(
        llm_judge("It is kind.", model), on="$[*]"
    )
    assert asyncio.run(guard.aparse('["a", "b", "c"]')).passed


def test_what_a_judge_cost_counts_against_the_budget():
    refused = Completion('{"reason": "no", "passes": false}', usage=Usage(1000, 10))
    guard = Guard.from_string([llm_judge("It is kind.", ScriptedModel([refused] * 3))], messages="Hi")
    outcome = guard(ScriptedModel(["a", "b", "c"]), token_budget=1000)
    assert outcome.stopped == "token_budget"
    assert outcome.usage.input_tokens == 1000
