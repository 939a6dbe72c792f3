"""bias-check: a text without bias against groups of people, judged by a model."""

from __future__ import annotations

from railguard.testing.laws import check_validator
from railguard_validators.bias_check import bias_check


def judge(messages):
    severity = 8 if "Women" in messages[-1]["content"] else 0
    return f'{{"reason": "Look.", "severity": {severity}}}'


def test_it_keeps_the_laws():
    check_validator(
        bias_check(model=judge), passing=["Good morning.", ""], failing=["Women", "A Women!"], max_examples=20
    )


def test_it_reads_as_words_for_a_model():
    assert bias_check().describe() == "free of bias against groups of people"
