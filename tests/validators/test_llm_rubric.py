"""llm-rubric: criteria on a scale, scored by a model."""

from __future__ import annotations

import asyncio
import json

import pytest

from railguard import UNSET, SpecError, ValidatorError
from railguard.testing import ScriptedModel
from railguard.testing.laws import check_validator
from railguard_validators.llm_rubric import llm_rubric

METRICS = {
    "informative": {"description": "names the main points", "threshold": 4},
    "concise": {"description": "says nothing twice", "threshold": 3},
}


def scores(**given):
    return ScriptedModel([json.dumps({name: {"reason": f"why {name}", "score": n} for name, n in given.items()})])


def run(given, metrics=METRICS, **more):
    return asyncio.run(llm_rubric(metrics, model=scores(**given), **more).run("text"))


def test_it_keeps_the_laws():
    def judge(messages):
        return json.dumps({"concise": {"reason": "", "score": 1 if "again" in messages[-1]["content"] else 5}})

    check_validator(
        llm_rubric({"concise": "says nothing twice"}, model=judge, threshold=3),
        passing=["a", 1, None, {"a": []}],
        failing=["again and again", ["again"]],
        max_examples=20,
    )


def test_each_criterion_has_its_least_score():
    assert run({"informative": 4, "concise": 3}).usage is not None
    result = run({"informative": 3, "concise": 2})
    assert result.message == (
        'By informative (names the main points) it scores 3 of 5, and at least 4 is needed. A judge says: "why '
        'informative" By concise (says nothing twice) it scores 2 of 5, and at least 3 is needed. A judge says: "why '
        'concise"'
    )
    assert result.fix is UNSET
    assert "informative" not in run({"informative": 4, "concise": 2}).message


def test_a_threshold_holds_for_those_that_have_none():
    metrics = {"a": "first", "b": {"description": "second", "threshold": 1}, "c": {}}
    assert (
        "By c it scores 1 of 5, and at least 2 is needed."
        in run({"a": 2, "b": 1, "c": 1}, metrics, threshold=2).message
    )


def test_an_average_holds_for_all_and_the_lowest_score_is_named():
    metrics = {"a": "first", "b": "second"}
    assert run({"a": 5, "b": 3}, metrics, average=4).usage is not None
    assert run({"a": 5, "b": 2}, metrics, average=4).message == (
        'On average it scores 3.5 of 5, and at least 4 is needed. The lowest is b (second). A judge says: "why b"'
    )


def test_the_scale_may_be_another():
    assert "scores 74 of 100, and at least 75" in run({"a": 74}, {"a": ""}, max_score=100, threshold=75).message


def test_a_score_that_is_missing_or_off_the_scale_is_no_verdict():
    for given in ({"informative": 5}, {"informative": 6, "concise": 5}, {"informative": -1, "concise": 5}):
        with pytest.raises(ValidatorError, match="no verdict"):
            run(given)


def test_criteria_with_names_of_any_kind_are_numbered():
    model = ScriptedModel(['{"criterion_1": {"reason": "", "score": 5}, "criterion_2": {"reason": "", "score": 0}}'])
    rule = llm_rubric({"to the point": "brief", "ton juste": {"threshold": 2}}, model=model, threshold=1)
    assert asyncio.run(rule.run("x")).message.startswith("By ton juste it scores 0 of 5, and at least 2 is needed.")
    assert (
        '- "criterion_1": to the point: brief.\n- "criterion_2": ton juste.' in model.requests[0].messages[0]["content"]
    )


@pytest.mark.parametrize(
    ("metrics", "more", "why"),
    [
        ({}, {"threshold": 1}, "metrics is empty"),
        ({"a": "x"}, {}, "no score is ever too low"),
        ({"a": {"threshold": 6}}, {}, 'the threshold of "a" is 6'),
        ({"a": {"threshold": "4"}}, {}, "must be a number"),
        ({"a": {"treshold": 4}}, {}, "has 'treshold'"),
        ({"a": 4}, {}, "must be a description"),
        ({" ": "x"}, {"threshold": 1}, "an empty name"),
        ({"a": "x"}, {"average": 0}, "average is 0"),
        ({"a": "x"}, {"threshold": 9, "max_score": 8}, "threshold is 9"),
        ({"a": "x"}, {"threshold": 1, "max_score": 0}, "max_score is 0"),
    ],
)
def test_a_rubric_that_says_nothing_or_too_much_is_refused(metrics, more, why):
    with pytest.raises(SpecError, match=why):
        llm_rubric(metrics, **more)


def test_it_reads_as_words_for_a_model():
    assert llm_rubric(METRICS, average=4.5).describe() == (
        "scores at least 4 by informative (names the main points), at least 3 by concise (says nothing twice), at least "
        "4.5 on average by informative (names the main points), concise (says nothing twice) (of 5)"
    )
