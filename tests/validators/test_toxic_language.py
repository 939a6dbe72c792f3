"""toxic-language: a text without insults, threats and hate, judged by a model."""

from __future__ import annotations

import asyncio

import pytest

from railguard import UNSET, SpecError, ValidatorError
from railguard.testing import ScriptedModel
from railguard.testing.laws import check_validator
from railguard_validators.toxic_language import toxic_language


def judge(messages):
    severity = 8 if "moron" in messages[-1]["content"] else 0
    return f'{{"reason": "Look.", "severity": {severity}}}'


def run(severity, **more):
    model = ScriptedModel([f'{{"reason": "Look.", "severity": {severity}}}'])
    return asyncio.run(toxic_language(model=model, **more).run("text")), model.requests[0].messages[0]["content"]


def test_it_keeps_the_laws():
    check_validator(
        toxic_language(model=judge), passing=["Good morning.", ""], failing=["moron", "A moron!"], max_examples=20
    )


def test_it_fails_from_the_threshold_on_and_there_is_no_fix():
    assert run(4)[0].usage is not None
    result, _ = run(5)
    assert result.message == 'The text must be free of toxic language. A judge says: "Look." (severity 5 of 10)'
    assert result.fix is UNSET
    for severity, threshold, fails in ((7, 0.7, True), (6, 0.7, False), (1, 0.1, True), (9, 1, False), (10, 1, True)):
        assert hasattr(run(severity, threshold=threshold)[0], "message") is fails


def test_the_worst_sentence_decides_or_the_whole_text():
    assert ("sentence by sentence" in run(0)[1]) is ("sentence" == "sentence")
    assert ("sentence by sentence" in run(0, validation_method="full")[1]) is ("full" == "sentence")


def test_a_severity_off_the_scale_is_no_verdict():
    for severity in ("11", "-1", "5.5", "null"):
        with pytest.raises(ValidatorError, match="no verdict"):
            run(severity)


@pytest.mark.parametrize("arguments", [{"threshold": 0}, {"threshold": 1.5}, {"validation_method": "word"}])
def test_parameters_that_mean_nothing_are_refused(arguments):
    with pytest.raises(SpecError):
        toxic_language(**arguments)


def test_it_reads_as_words_for_a_model():
    assert toxic_language().describe() == "no toxic language"
