"""content-safety: a text that breaks none of some policies, judged by a model."""

from __future__ import annotations

import asyncio
import json

import pytest

from railguard import UNSET, SpecError, ValidatorError
from railguard.testing import ScriptedModel
from railguard.testing.laws import check_validator
from railguard_validators.content_safety import content_safety


def run(policies, *broken):
    model = ScriptedModel([json.dumps({"reason": "why", "broken": list(broken)})])
    return asyncio.run(content_safety(policies, model).run("text")), model.requests[0]


def test_it_keeps_the_laws():
    def judge(messages):
        return json.dumps({"reason": "", "broken": ["weapons"] if "bomb" in messages[-1]["content"] else []})

    check_validator(content_safety(model=judge), passing=["", "A loan."], failing=["A pipe bomb."], max_examples=20)


def test_what_is_broken_is_named_once_in_the_order_of_the_policies():
    assert run(["weapons", "self-harm"])[0].usage is not None
    result, _ = run(["weapons", "self-harm"], "self-harm", "weapons", "weapons")
    assert result.message == 'The text must not break these policies: "weapons", "self-harm". A judge says: "why"'
    assert result.fix is UNSET


def test_named_policies_are_told_in_words_and_own_ones_as_they_are():
    _, request = run(["NO_ILLEGAL_DRUGS", "no advice on taxes"])
    task = request.messages[0]["content"]
    assert "- illegal-drugs: no help with making, buying or using illegal or controlled drugs\n" in task
    assert "- no advice on taxes\n" in task
    assert request.schema["properties"]["broken"]["items"]["enum"] == ["illegal-drugs", "no advice on taxes"]


def test_without_a_list_all_named_policies_hold():
    _, request = run(None)
    assert len(request.schema["properties"]["broken"]["items"]["enum"]) == 9


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("NO_VIOLENCE_HATE", "violence-hate"),
        ("NO_GUNS_AND_ILLEGAL_WEAPONS", "weapons"),
        ("NO_ENOURAGE_SELF_HARM", "self-harm"),
        ("NO_DANGEROUS_CONTENT", "dangerous-content"),
        ("no_hate_speech", "hate-speech"),
    ],
)
def test_the_names_of_llama_guard_and_shieldgemma_are_known(theirs, ours):
    assert content_safety([theirs]).describe() == f'breaks none of these policies: "{ours}"'


def test_a_policy_that_nobody_named_is_no_verdict():
    with pytest.raises(ValidatorError, match="no verdict"):
        run(["weapons"], "harassment")


@pytest.mark.parametrize("policies", [[], [" "], ["weapons", "NO_GUNS_AND_ILLEGAL_WEAPONS"], "weapons"])
def test_policies_that_make_no_sense_are_refused(policies):
    with pytest.raises(SpecError):
        content_safety(policies)
