"""is-high-quality-translation: a translation that says what its source says, judged by a model."""

from __future__ import annotations

import json

import pytest

from railguard import UNSET, Guard, InputError, ValidatorError
from railguard.testing import ScriptedModel
from railguard.testing.laws import check_validator
from railguard_validators.is_high_quality_translation import is_high_quality_translation

YES = '{"reason": "", "passes": true}'
NO = '{"reason": "It says good night.", "passes": false}'
SOURCE = {"translation_source": "Good day."}


def test_it_keeps_the_laws():
    check_validator(
        is_high_quality_translation(lambda messages: YES if "Guten Tag" in messages[-1]["content"] else NO),
        passing=["Guten Tag."],
        failing=["", "Gute Nacht."],
        metadata=SOURCE,
        max_examples=20,
    )


def test_the_source_goes_along_as_data_and_there_is_no_fix():
    model = ScriptedModel([NO])
    outcome = Guard.from_string([is_high_quality_translation(model)]).parse("Gute Nacht.", metadata=SOURCE)
    assert json.loads(model.requests[0].messages[1]["content"]) == {**SOURCE, "value": "Gute Nacht."}
    assert outcome.failures[0].message == (
        'It must be a complete and faithful translation, in good language. A judge says: "It says good night."'
    )
    assert outcome.failures[0].after is UNSET


def test_the_source_is_needed_and_judged_whole():
    guard = Guard.from_string([is_high_quality_translation(ScriptedModel([]), limit=20)])
    with pytest.raises(InputError, match="'is-high-quality-translation' needs 'translation_source'"):
        guard.parse("Guten Tag.")
    with pytest.raises(ValidatorError, match="the source cannot be used: It is too long"):
        guard.parse("Guten Tag.", metadata={"translation_source": "x" * 30})


def test_it_reads_as_words_for_a_model():
    assert is_high_quality_translation().describe() == "a complete and faithful translation, in good language"
