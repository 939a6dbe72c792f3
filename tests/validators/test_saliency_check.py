"""saliency-check: a text that covers the topics of a document, judged by a model."""

from __future__ import annotations

import asyncio
import json

import pytest

from railguard import UNSET, Guard, InputError, SpecError, ValidatorError
from railguard.testing import ScriptedModel
from railguard.testing.laws import check_validator
from railguard_validators.saliency_check import saliency_check


def answer(**covered):
    return json.dumps({"topics": [{"topic": topic, "covered": is_there} for topic, is_there in covered.items()]})


def run(given, **more):
    return asyncio.run(saliency_check("the document", model=ScriptedModel([given]), **more).run("text"))


def test_it_keeps_the_laws():
    check_validator(
        saliency_check("on fees", model=lambda messages: answer(fees='"value": "Fees' in messages[-1]["content"])),
        passing=["Fees rise."],
        failing=["", "News."],
        max_examples=20,
    )


def test_a_share_of_the_topics_must_be_covered():
    assert run(answer(a=True, b=False, c=False, d=False)).usage is not None
    result = run(answer(a=True, b=False, c=False, d=False, e=False))
    assert result.message == (
        'The text must cover what matters in the document; it covers 1 of 5 topics, and not these: "b", "c", "d", "e".'
    )
    assert result.fix is UNSET
    assert "1 of 2" in run(answer(a=True, b=False), threshold=1).message


def test_a_judge_that_names_no_topic_gives_no_verdict():
    with pytest.raises(ValidatorError, match="no topic of the document"):
        run(answer())


def test_the_document_may_be_the_callers():
    model = ScriptedModel([answer(a=True)])
    guard = Guard.from_string([saliency_check(model=model)])
    assert guard.parse("text", metadata={"document": "the document"}).passed
    assert json.loads(model.requests[0].messages[1]["content"]) == {"document": "the document", "value": "text"}
    with pytest.raises(InputError, match="'saliency-check' needs 'document'"):
        guard.parse("text")


def test_a_document_is_judged_whole_or_not_at_all():
    with pytest.raises(SpecError, match="the document cannot be used: It is too long"):
        saliency_check("x" * 60_000)
    guard = Guard.from_string([saliency_check(model=ScriptedModel([]))])
    with pytest.raises(ValidatorError, match="the document cannot be used: It is too long"):
        guard.parse("text", metadata={"document": "x" * 60_000})


def test_a_threshold_of_nothing_is_refused():
    for threshold in (0, 1.1, -1):
        with pytest.raises(SpecError, match="threshold"):
            saliency_check(threshold=threshold)


def test_it_reads_as_words_for_a_model():
    assert saliency_check().describe() == "covers what matters in the document"


@pytest.mark.parametrize("path", ["docs", "./docs", "/srv/docs/fees.txt", r"C:\docs", ""])
def test_a_path_is_no_document(path):
    with pytest.raises(SpecError, match="no file or folder is read; give the text itself"):
        saliency_check(path)
