"""What models are told is wrong with a value."""

from __future__ import annotations

import math
from typing import get_args

import pytest

from railguard.prompting.issue_messages import issue_message, quoted_value
from railguard.prompting.objections import CHANGE_WORDS, DOUBT_WORDS, objection_message
from railguard.schema import StringNode
from railguard.values import Doubt, DoubtKind, RepairNote


def test_a_date_that_may_be_null_is_said_in_order() -> None:
    said = issue_message("format", StringNode(format="date", nullable=True), "2024-02-31")
    assert said == 'It must be a date as YYYY-MM-DD that exists or null, not the text "2024-02-31".'
    said = issue_message("format", StringNode(format="date"), "2024-02-31")
    assert said == 'It must be a date as YYYY-MM-DD that exists, not the text "2024-02-31".'


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"a": 1}, "an object"),
        ([1], "a list"),
        (math.nan, "a number that is not finite"),
        (-math.inf, "a number that is not finite"),
        (10**59, "1" + "0" * 59),
        (10**61, "a number of that many digits"),
        (-(10**61), "a number of that many digits"),
        (True, "true"),
        (None, "null"),
        (1.5, "1.5"),
        ("é", 'the text "é"'),
    ],
)
def test_a_value_is_quoted_in_a_few_characters(value: object, said: str) -> None:
    assert quoted_value(value) == said
    assert len(quoted_value("x" * 10_000)) < 200
    assert quoted_value("x" * 10_000).endswith('…"')


@pytest.mark.parametrize("rule", [*CHANGE_WORDS, "some-other-rule"])
def test_what_a_repair_without_permission_says_is_one_or_two_sentences(rule: str) -> None:
    said = objection_message(RepairNote(rule, "x", "y"))
    assert said == CHANGE_WORDS.get(rule, "It can only be read by a guess (some-other-rule); write valid JSON.")
    assert said[0].isupper()
    assert said.endswith(".")


@pytest.mark.parametrize("code", DOUBT_WORDS)
def test_what_a_doubt_says_names_what_it_is_about(code: str) -> None:
    said = objection_message(Doubt("unreadable", code, "Zq7"))
    assert "{" not in said
    assert ("Zq7" in said) is ("{" in DOUBT_WORDS[code])
    assert said.endswith(".")


@pytest.mark.parametrize("kind", get_args(DoubtKind))
def test_a_doubt_without_a_code_is_told_by_its_kind(kind: DoubtKind) -> None:
    assert objection_message(Doubt(kind)).endswith(".")
