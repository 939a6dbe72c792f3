"""engine="embeddings", as far as no model is needed: what is refused, and how long texts are cut. The models themselves are in
tests/heavy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from railguard import SpecError
from railguard_validators._grounding import embeddings
from railguard_validators._grounding.similarity import Profile
from railguard_validators.provenance_embeddings import provenance_embeddings
from railguard_validators.relevancy_evaluator import relevancy_evaluator
from railguard_validators.similar_to_document import similar_to_document
from railguard_validators.similar_to_list import similar_to_list

ALL = [similar_to_document, similar_to_list, provenance_embeddings, relevancy_evaluator]
LIKE = [similar_to_document, similar_to_list, provenance_embeddings]
DATA = Path(__file__).parent / "data" / "likeness.jsonl"


@pytest.fixture
def there(monkeypatch):
    """find_spec finds the library; it is not imported before a text is embedded."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())


@pytest.mark.parametrize("validator", ALL, ids=lambda one: one.name)
def test_without_the_library_the_engine_is_refused_with_how_to_install_it(validator, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SpecError) as caught:
        validator(engine="embeddings")
    (problem,) = caught.value.problems
    assert (problem.code, problem.hint) == ("validator-package", "install it: pip install 'railguard[embeddings]'")
    assert validator.name in problem.message


@pytest.mark.parametrize("validator", LIKE, ids=lambda one: one.name)
def test_two_embeddings_a_missing_folder_and_an_empty_name_are_refused(validator, there, tmp_path):
    for arguments, said in (
        ({"embed": len}, "embed is an embedding already"),
        ({"model": str(tmp_path / "nowhere")}, "there is no folder"),
        ({"model": "./nowhere"}, "there is no folder"),
        ({"model": " "}, "model is empty"),
    ):
        with pytest.raises(SpecError, match=said):
            validator(engine="embeddings", **arguments)
    validator(engine="embeddings", model="a-name/of-a-model")
    validator(engine="embeddings", model=str(tmp_path))


def test_a_judge_and_an_embedding_are_not_both_asked(there):
    assert relevancy_evaluator(engine="embeddings").metadata == ("original_prompt",)
    with pytest.raises(SpecError, match="has no judge"):
        relevancy_evaluator("openai:gpt-5-mini", engine="embeddings")


@pytest.mark.parametrize(
    "text", ["", "One two.", "word " * 1000, "A sentence of five words. " * 100, "名" * 5000, "x" * 9000, "a b\n" * 500]
)
def test_every_piece_can_be_read_at_once_and_nothing_is_lost(text):
    pieces = list(embeddings._pieces(text, 20))
    assert all(len(piece.split()) <= 20 and len(piece) <= 400 for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_letters_tell_no_paraphrase_as_the_documentation_says():
    cases = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    assert len(cases) == 150
    held = [case for case in cases if case["split"] == "held"]
    found = [case["label"] for case in held if Profile(case["a"]).alike(Profile(case["b"])) >= 0.7]
    precision = found.count("paraphrase") / len(found) if found else 1.0
    recall = found.count("paraphrase") / 25
    said = " ".join(similar_to_document.description.split())
    assert f"at the default 0.7 precision {precision:.2f}, recall {recall:.2f}" in said
