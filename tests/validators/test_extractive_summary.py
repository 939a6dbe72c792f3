"""extractive-summary: a summary made of sentences of its sources."""

from __future__ import annotations

import pytest

from railguard import UNSET, Context, Guard, InputError, Path, SpecError
from railguard.testing.growth import steep_growth
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators.extractive_summary import extractive_summary

DOCUMENT = (
    "The fee is 6 percent a year. Either party may terminate the agreement in writing, with three months’ notice.\n"
    "Disputes go to the courts of Oslo. Nothing else was agreed."
)


def summary(value, document=DOCUMENT, **parameters):
    return extractive_summary(**parameters).run(value, ctx=Context(Path(), None, {"document": document}))


def test_it_keeps_the_laws():
    check_validator(
        extractive_summary(),
        passing=["", "…", "The fee is 6 percent a year.", "Disputes go to the courts of Oslo! nothing else was agreed"],
        failing=["Both are happy.", "The fee is 6 percent a year. Both are happy. Nothing else was agreed.", "x。y。"],
        metadata={"document": DOCUMENT},
    )


@pytest.mark.parametrize(
    "value",
    [
        "EITHER PARTY MAY TERMINATE THE AGREEMENT IN WRITING",
        "Nothing else was agreed. The fee is 6 percent a year.",
        "Either party may terminate this agreement in writing, with three months' notice.",
    ],
)
def test_parts_of_sentences_and_sentences_that_are_nearly_the_same_pass(value):
    assert summary(value) is None


def test_what_is_no_sentence_of_the_source_is_named_marked_and_left_out():
    value = "The fee is 6 percent a year. Both are happy.  Oslo is nice. Nothing else was agreed."
    result = summary(value)
    assert result.message == (
        '"Both are happy." is no sentence of the source. So it is with 1 more sentence. '
        "Use the sentences of the source as they are."
    )
    assert result.fix == "The fee is 6 percent a year. Nothing else was agreed."
    assert [value[start:end] for start, end in result.spans] == ["Both are happy.", "Oslo is nice."]


def test_the_closest_sentence_is_named_where_there_is_one():
    assert '(the closest is "Disputes go to the courts of Oslo.")' in summary("Disputes go to a court in Oslo.").message


def test_there_is_no_fix_where_nothing_would_be_left():
    assert summary("Both are happy.").fix is UNSET


def test_the_threshold_may_be_percents():
    near = "Disputes go to a court in Oslo."
    assert summary(near, threshold=60) is None
    assert summary(near, threshold=0.6) is None
    assert summary(near, threshold=90) is not None


def test_there_may_be_several_documents_or_none():
    assert summary("One fee. Two fees.", ["Two fees.", {"text": "One fee."}]) is None
    assert summary("One fee.", []) is not None


@pytest.mark.parametrize("parameters", [{"threshold": -1}, {"threshold": 101}, {"key": ""}])
def test_wrong_parameters_are_refused(parameters):
    with pytest.raises(SpecError):
        extractive_summary(**parameters)


def test_a_call_without_the_document_is_refused():
    with pytest.raises(InputError, match="document"):
        Guard.from_string([extractive_summary()]).parse("The fee.")


def test_a_long_source_costs_time_in_proportion():
    def judge(source):
        assert summary("The fee of the other party is due. It is not so. " * 9, source, threshold=1) is not None

    assert steep_growth(judge, lambda n: "The fee of the party is due to the other party. It is so. " * n) is None


def test_the_name_of_guardrails_leads_here():
    assert registry.find_validator("extracted-summary-sentences-match") is extractive_summary


def test_it_reads_as_words_for_a_model():
    assert extractive_summary().describe() == "made of sentences of document"
