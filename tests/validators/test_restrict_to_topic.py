"""restrict-to-topic: a text about what it may be about, judged by a model."""

from __future__ import annotations

import asyncio
import json

import pytest

from railguard import UNSET, SpecError, ValidatorError
from railguard.testing import ScriptedModel
from railguard.testing.laws import check_validator
from railguard_validators.restrict_to_topic import restrict_to_topic


def run(main, forbidden=(), invalid=("politics", "music")):
    model = ScriptedModel([json.dumps({"reason": "why", "main_topic": main, "forbidden_topics": list(forbidden)})])
    return asyncio.run(restrict_to_topic(["loans", "accounts"], list(invalid), model).run("text"))


def test_it_keeps_the_laws():
    def judge(messages):
        return json.dumps({"reason": "", "main_topic": "loans" if "loan" in messages[-1]["content"] else None})

    check_validator(
        restrict_to_topic(["loans"], model=judge), passing=["A loan."], failing=["", "Rain."], max_examples=20
    )


def test_the_main_topic_is_a_valid_one_and_no_invalid_one_is_discussed():
    assert run("loans").usage is not None
    assert run(None).message == 'The text must be mainly about one of "loans", "accounts". A judge says: "why"'
    assert run("loans", ["music"]).message == 'The text must not discuss "music". A judge says: "why"'
    both = run(None, ["music", "politics", "music"])
    assert both.message == (
        'The text must be mainly about one of "loans", "accounts". The text must not discuss "politics", "music". '
        'A judge says: "why"'
    )
    assert both.fix is UNSET


def test_a_topic_that_nobody_named_is_no_verdict():
    for main, forbidden in (("weather", []), ("politics", []), ("loans", ["loans"])):
        with pytest.raises(ValidatorError, match="no verdict"):
            run(main, forbidden)


def test_the_judge_is_told_the_topics_whole_and_nothing_of_invalid_ones_where_there_are_none():
    topic = "what a customer pays for keeping an account, and what a customer gets for it, by the month"
    model = ScriptedModel([json.dumps({"reason": "", "main_topic": topic})])
    assert asyncio.run(restrict_to_topic([topic], model=model).run("x")).usage is not None
    assert topic in model.requests[0].messages[0]["content"]
    assert "forbidden" not in model.requests[0].messages[0]["content"]


@pytest.mark.parametrize(
    ("valid", "invalid", "why"),
    [
        ([], None, "valid_topics and invalid_topics are empty; name at least one topic"),
        (None, [], "valid_topics and invalid_topics are empty"),
        (None, ["a", "a "], "invalid_topics names a topic twice"),
        (["a", " a"], None, "names a topic twice"),
        (["a", " "], None, "an empty topic"),
        (["a"], ["a"], "valid and invalid at the same time"),
        ([f"t{i}" for i in range(51)], None, "names 51 topics; at most 50"),
        ("loans", None, "takes list"),
    ],
)
def test_topics_that_make_no_sense_are_refused(valid, invalid, why):
    with pytest.raises(SpecError, match=why):
        restrict_to_topic(valid, invalid)


def test_topics_may_be_forbidden_where_none_are_wanted():
    def run(*forbidden):
        model = ScriptedModel([json.dumps({"reason": "why", "forbidden_topics": list(forbidden)})])
        return asyncio.run(restrict_to_topic(invalid_topics=["politics", "war"], model=model).run("text")), model

    passed, model = run()
    assert passed.usage is not None
    (request,) = model.requests
    assert list(request.schema["properties"]) == ["reason", "forbidden_topics"]
    assert '"politics", "war"' in request.messages[0]["content"]
    assert "mainly about" not in request.messages[0]["content"]
    assert run("war")[0].message == 'The text must not discuss "war". A judge says: "why"'
    assert restrict_to_topic([], ["politics", "war"]).describe() == 'nothing of "politics", "war"'


def test_it_reads_as_words_for_a_model():
    assert restrict_to_topic(["loans", "fees"], ["war"]).describe() == (
        'mainly about one of "loans", "fees", and nothing of "war"'
    )
    assert restrict_to_topic(["loans"]).describe() == 'mainly about one of "loans"'
