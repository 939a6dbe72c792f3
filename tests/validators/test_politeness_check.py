"""politeness-check: a polite text, judged by a model."""

from __future__ import annotations

import asyncio

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.politeness_check import politeness_check


def judge(messages):
    bad = "idiot" in messages[-1]["content"]
    return '{"reason": "Look at that.", "passes": false}' if bad else '{"reason": "", "passes": true}'


def test_it_keeps_the_laws():
    check_validator(
        politeness_check(judge), passing=["I am sorry, no.", ""], failing=["idiot", "no, idiot!"], max_examples=20
    )


def test_the_message_says_what_is_wanted_and_why_and_there_is_no_fix():
    result = asyncio.run(politeness_check(judge).run("idiot"))
    assert result.message == 'The text must be polite. A judge says: "Look at that."'
    assert result.fix is UNSET


def test_it_takes_a_model_first_as_in_guardrails_and_nothing_that_is_none():
    assert politeness_check("openai:gpt-5-mini").metadata == ()
    assert politeness_check().metadata == ("judge",)
    with pytest.raises(SpecError, match=r"name it as in openai:gpt-3\.5-turbo"):
        politeness_check("gpt-3.5-turbo")


def test_it_reads_as_words_for_a_model():
    assert politeness_check().describe() == "polite"
