"""mentions-drugs: a text that names no drug."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators.mentions_drugs import mentions_drugs


def test_it_keeps_the_laws():
    check_validator(
        mentions_drugs(names=["snus"], allow=["aspirin"]),
        passing=["", "aspirin", "crystal", "medicine", "It is April.", "meth"[:3]],
        failing=["cocaine", "Crystal meth!", "SNUS", "ibuprofen's", "co\u00adcaine"],
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Take one dose of aspirin each night.", ["aspirin"]),
        ("Tylenol's label, METFORMIN and a Valium", ["Tylenol's", "METFORMIN", "Valium"]),
        ("Zanubrutinib, osimertinib, ceftriaxone", ["Zanubrutinib", "osimertinib", "ceftriaxone"]),
        ("crystal meth, crack cocaine or ecstasy pills", ["crystal meth", "crack cocaine", "ecstasy pills"]),
        ("ibuprofen/paracetamol", ["ibuprofen", "paracetamol"]),
    ],
)
def test_names_are_found_by_themselves_by_their_endings_and_in_pairs(text, said):
    result = mentions_drugs().run(text)
    assert [text[start:end] for start, end in result.spans] == said
    assert result.message == "The text must not name drugs; it names " + ", ".join(f'"{one}"' for one in said) + "."
    assert result.fix is UNSET


@pytest.mark.parametrize(
    "text",
    [
        "You should take this medicine every day after breakfast.",
        "We crack the code in ecstasy, at high speed, with lithium batteries.",
        "In April a mongrel crossed the alpine pass.",
        "The heroine read a magazine about vaccines and caffeine.",
        "Philippine Spartans play dopamine-driven games.",
    ],
)
def test_ordinary_texts_pass(text):
    assert mentions_drugs().run(text) is None


def test_one_kind_may_be_looked_for_names_added_and_names_allowed():
    text = "Aspirin, cocaine and zorg."
    assert mentions_drugs("medicines").run(text).spans == [(0, 7)]
    assert mentions_drugs("narcotics").run(text).spans == [(9, 16)]
    assert mentions_drugs(names=["Zorg"], allow=["Aspirin", "cocaine"]).run(text).spans == [(21, 25)]


@pytest.mark.parametrize("arguments", [{"kind": "herbs"}, {"names": ["two words"]}, {"allow": [""]}])
def test_parameters_that_mean_nothing_are_refused(arguments):
    with pytest.raises(SpecError):
        mentions_drugs(**arguments)


def test_it_answers_to_its_name_in_guardrails_ai():
    assert registry.find_validator("hub://cartesia/mentions_drugs") is mentions_drugs


def test_it_reads_as_words_for_a_model():
    assert mentions_drugs().describe() == "without names of drugs"
    assert mentions_drugs("medicines").describe() == "without names of medicines"
