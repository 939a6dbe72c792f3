"""similar-to-document: a text that is like a given one as a whole."""

from __future__ import annotations

import pytest

from railguard import UNSET, Context, Guard, InputError, Path, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.similar_to_document import similar_to_document

FEES = "The annual fee of the fund is 6 percent of its balance. It is due in March and paid by the investor."


def similar(value, metadata=None, **parameters):
    return similar_to_document(**parameters).run(value, ctx=Context(Path(), None, metadata or {}))


def test_it_keeps_the_laws():
    check_validator(
        similar_to_document(FEES, 0.5),
        passing=[FEES, "The annual fee of the fund is due in March and paid by the investor."],
        failing=["", "Dogs travel free.", "…"],
    )


def test_what_uses_other_words_is_not_like_it():
    result = similar("Dogs travel free of charge.", document=FEES)
    assert result.message == (
        "The text is not like the document: the likeness is 0.11, and 0.7 is the least. "
        "Keep to what the document is about."
    )
    assert (result.fix, result.spans) == (UNSET, ())


def test_capitals_punctuation_and_order_make_little_difference():
    assert similar(FEES.upper(), document=FEES, threshold=1) is None
    assert similar("Paid by the investor, it is due in March: the annual fee of the fund.", document=FEES) is None


def test_the_document_comes_from_the_metadata_and_may_be_one_of_several():
    assert similar(FEES, {"pages": ["Dogs.", {"id": 2, "text": FEES}]}, key="pages") is None
    assert similar(FEES, {"document": []}) is not None
    with pytest.raises(InputError, match="pages"):
        Guard.from_string([similar_to_document(key="pages")]).parse(FEES)
    assert Guard.from_string([similar_to_document(FEES)]).parse(FEES).passed


def test_an_embedding_decides_where_one_is_given():
    def embed(texts):
        return [[len(text) % 2, 1] for text in texts]

    assert similar("ab", {"document": "wxyz"}, embed=embed) is None
    assert similar("abc", {"document": "wxyz"}, embed=embed, threshold=0.8) is not None
    assert similar("abc", {"document": "wxyz", "embed": embed}, threshold=70) is None


@pytest.mark.parametrize("parameters", [{"document": " "}, {"threshold": -0.1}, {"embed": 3}, {"key": ""}])
def test_wrong_parameters_are_refused(parameters):
    with pytest.raises(SpecError):
        similar_to_document(**parameters)


def test_it_reads_as_words_for_a_model():
    assert similar_to_document().describe() == "like document"
    assert similar_to_document("A text.").describe() == "like the given document"
