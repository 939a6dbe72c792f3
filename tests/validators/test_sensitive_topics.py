"""sensitive-topics: a text that does not discuss some topics, judged by a model."""

from __future__ import annotations

import asyncio
import json

import pytest

from railguard import UNSET, SpecError, ValidatorError
from railguard.testing import ScriptedModel
from railguard.testing.laws import check_validator
from railguard_validators.sensitive_topics import sensitive_topics


def run(*topics):
    model = ScriptedModel([json.dumps({"reason": "why", "topics": topics})])
    return asyncio.run(sensitive_topics(["war", "faith"], model).run("text"))


def test_it_keeps_the_laws():
    def judge(messages):
        return json.dumps({"reason": "", "topics": ["war"] if "battle" in messages[-1]["content"] else []})

    check_validator(sensitive_topics(["war"], judge), passing=["", "Rain."], failing=["A battle."], max_examples=20)


def test_what_is_discussed_is_named_and_there_is_no_fix():
    assert run().usage is not None
    result = run("faith", "war", "faith")
    assert result.message == 'The text must not discuss "war", "faith". A judge says: "why"'
    assert result.fix is UNSET


def test_a_topic_that_nobody_named_is_no_verdict():
    with pytest.raises(ValidatorError, match="no verdict"):
        run("rain")


def test_topics_are_needed():
    for arguments in ((), ([],)):
        with pytest.raises(SpecError):
            sensitive_topics(*arguments)


def test_it_reads_as_words_for_a_model():
    assert sensitive_topics(["war", "faith"]).describe() == 'does not discuss "war", "faith"'
