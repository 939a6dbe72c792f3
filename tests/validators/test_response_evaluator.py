"""response-evaluator: a yes-or-no question about a value, answered by a model."""

from __future__ import annotations

import pytest

from railguard import Guard, InputError
from railguard.testing import ScriptedModel
from railguard.testing.laws import check_validator
from railguard_validators.response_evaluator import response_evaluator

YES = '{"reason": "", "passes": true}'
NO = '{"reason": "It is Paris.", "passes": false}'


def test_it_keeps_the_laws():
    check_validator(
        response_evaluator(lambda messages: YES if "Paris" in messages[-1]["content"] else NO),
        passing=["Paris", {"city": "Paris"}],
        failing=["London", None, 7],
        metadata={"validation_question": "Is it the capital of France?"},
        max_examples=20,
    )


def test_the_question_is_the_callers_and_is_needed():
    guard = Guard.from_string([response_evaluator(ScriptedModel([NO]))])
    outcome = guard.parse("London", metadata={"validation_question": "Is it the capital of France?"})
    assert outcome.failures[0].message == (
        'The answer to this must be yes: "Is it the capital of France?". A judge says: "It is Paris."'
    )
    with pytest.raises(InputError, match="'response-evaluator' needs 'validation_question'"):
        guard.parse("London")


def test_it_reads_as_words_for_a_model():
    assert response_evaluator().describe() == "stands up to the question that is asked about it"
