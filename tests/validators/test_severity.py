"""What the validators of harm share: a severity on a scale, a threshold, and how a text is judged."""

from __future__ import annotations

import asyncio

import pytest

from railguard import UNSET, SpecError, ValidatorError
from railguard.testing import ScriptedModel
from railguard_validators.bias_check import bias_check
from railguard_validators.nsfw_text import nsfw_text
from railguard_validators.prompt_injection_detector import prompt_injection_detector
from railguard_validators.toxic_language import toxic_language

HARMS = {
    bias_check: ("full", "The text must be free of bias against groups of people."),
    nsfw_text: ("sentence", "The text must be safe for work."),
    prompt_injection_detector: ("full", "The text must not give orders to a model."),
    toxic_language: ("sentence", "The text must be free of toxic language."),
}

pytestmark = pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.name)


def run(harm, severity, **more):
    model = ScriptedModel([f'{{"reason": "Look.", "severity": {severity}}}'])
    return asyncio.run(harm(model=model, **more).run("text")), model.requests[0].messages[0]["content"]


def test_it_fails_from_the_threshold_on_and_there_is_no_fix(harm):
    assert run(harm, 4)[0].usage is not None
    result, _ = run(harm, 5)
    assert result.message == f'{HARMS[harm][1]} A judge says: "Look." (severity 5 of 10)'
    assert result.fix is UNSET
    for severity, threshold, fails in ((7, 0.7, True), (6, 0.7, False), (1, 0.1, True), (9, 1, False), (10, 1, True)):
        assert hasattr(run(harm, severity, threshold=threshold)[0], "message") is fails


def test_the_worst_sentence_decides_or_the_whole_text(harm):
    assert ("sentence by sentence" in run(harm, 0)[1]) is (HARMS[harm][0] == "sentence")
    for method in ("sentence", "full"):
        assert ("sentence by sentence" in run(harm, 0, validation_method=method)[1]) is (method == "sentence")


def test_a_severity_off_the_scale_is_no_verdict(harm):
    for severity in ("11", "-1", "5.5", "null"):
        with pytest.raises(ValidatorError, match="no verdict"):
            run(harm, severity)


@pytest.mark.parametrize("arguments", [{"threshold": 0}, {"threshold": 1.5}, {"validation_method": "word"}])
def test_parameters_that_mean_nothing_are_refused(harm, arguments):
    with pytest.raises(SpecError):
        harm(**arguments)
