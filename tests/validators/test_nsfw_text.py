"""nsfw-text: a text that is safe for work, judged by a model."""

from __future__ import annotations

from railguard.testing.laws import check_validator
from railguard_validators.nsfw_text import nsfw_text


def judge(messages):
    severity = 8 if "undressed" in messages[-1]["content"] else 0
    return f'{{"reason": "Look.", "severity": {severity}}}'


def test_it_keeps_the_laws():
    check_validator(
        nsfw_text(model=judge), passing=["Good morning.", ""], failing=["undressed", "A undressed!"], max_examples=20
    )


def test_it_reads_as_words_for_a_model():
    assert nsfw_text().describe() == "safe for work"
