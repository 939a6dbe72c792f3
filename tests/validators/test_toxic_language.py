"""toxic-language: a text without insults, threats and hate, judged by a model."""

from __future__ import annotations

from railguard.testing.laws import check_validator
from railguard_validators.toxic_language import toxic_language


def judge(messages):
    severity = 8 if "moron" in messages[-1]["content"] else 0
    return f'{{"reason": "Look.", "severity": {severity}}}'


def test_it_keeps_the_laws():
    check_validator(
        toxic_language(model=judge), passing=["Good morning.", ""], failing=["moron", "A moron!"], max_examples=20
    )


def test_it_reads_as_words_for_a_model():
    assert toxic_language().describe() == "no toxic language"
