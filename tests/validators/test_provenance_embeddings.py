"""provenance-embeddings: what its sources support, as far as likeness tells."""

from __future__ import annotations

import pytest

from railguard import UNSET, Context, Guard, Path, SpecError, ValidatorError
from railguard.testing.growth import steep_growth
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators.provenance_embeddings import provenance_embeddings

FERRIES = """Bright Harbor Ferries was founded in 1974 by Edith Lund and carries about two million passengers a year.
In 2021 the company ordered three electric ships from the Vard shipyard, each for 240 million kroner. The first of them,
the Solvei, entered service in May 2023. Tickets can be refunded up to 48 hours before departure; later cancellations cost
half of the fare. Dogs travel free of charge but must be kept on a lead on deck. A strike by dock workers in October 2022
stopped the night service for nine days. The company said the strike had cost it 31 million kroner. Chief executive Tor
Aas expects the ferries to run without fossil fuel by 2030. The board rejected a merger with Nordline in March, citing
concerns of the competition authority."""

SUPPORTED = [
    "The company was founded by Edith Lund in 1974.",
    "About two million passengers travel with Bright Harbor Ferries each year.",
    "Three electric ships were ordered in 2021.",
    "Each ship costs 240 million kroner.",
    "The Solvei entered service in May 2023.",
    "Tickets are refundable until 48 hours before departure.",
    "Cancelling later costs half the fare.",
    "Dogs travel for free but must be on a lead on deck.",
    "The night service stopped for nine days because of a strike by dock workers.",
    "Tor Aas, the chief executive, expects ferries without fossil fuel by 2030.",
    "The board rejected a merger with Nordline.",
    "Dock workers went on strike in October 2022.",
]
NOT_SUPPORTED = [
    "The company was sold to a Danish investor in 2019.",
    "Passengers may bring bicycles at no extra cost.",
    "The ships are powered by hydrogen and were built in Korea.",
    "Children under six travel free of charge.",
    "A fire broke out on board in June.",
    "Tor Aas plans to retire next year.",
    "The company employs 900 people in Norway and Germany.",
    "Refunds are paid within 14 days to the card that was used.",
    "The merger was approved by shareholders.",
    "The strike ended after the union accepted a pay rise of four percent.",
    "Customers praised the food in the restaurant.",
    "Insurance covers lost luggage.",
]


def by_first_letters(texts):
    """An embedding that is simple enough to know the answer of: how often a, b and c stand in a text."""
    return [[text.lower().count(letter) for letter in "abc"] for text in texts]


def provenance(value, sources=FERRIES, metadata=None, **parameters):
    context = Context(Path(), None, {"sources": sources, **(metadata or {})})
    return provenance_embeddings(**parameters).run(value, ctx=context)


def test_it_keeps_the_laws():
    check_validator(
        provenance_embeddings(),
        passing=["", "!!", *SUPPORTED[:3], " ".join(SUPPORTED[:3])],
        failing=[NOT_SUPPORTED[0], SUPPORTED[0] + " " + NOT_SUPPORTED[0], "x。y。"],
        metadata={"sources": FERRIES},
    )


def test_it_keeps_the_laws_of_a_whole_text_with_an_embedding():
    check_validator(
        provenance_embeddings(embed=by_first_letters, validation_method="full"),
        passing=["", "abc", "AB. C! X"],
        failing=["a", "b b"],
        metadata={"sources": ["a b c", {"text": "abca bc"}]},
    )


@pytest.mark.parametrize("sentence", SUPPORTED)
def test_what_the_source_says_in_nearly_its_words_is_supported(sentence):
    assert provenance(sentence) is None


@pytest.mark.parametrize("sentence", NOT_SUPPORTED)
def test_what_the_source_does_not_speak_of_is_not(sentence):
    assert provenance(sentence) is not None


def test_sentences_that_are_not_supported_are_named_marked_and_left_out():
    value = (
        "The Solvei entered service in May 2023. Insurance covers lost luggage. Pets fly. Dogs travel free of charge."
    )
    result = provenance(value)
    assert result.message == (
        'The sources do not support "Insurance covers lost luggage.": the likeness is 0.00, and 0.7 is the least. '
        "So it is with 1 more sentence. Say only what they say."
    )
    assert result.fix == "The Solvei entered service in May 2023. Dogs travel free of charge."
    assert [value[start:end] for start, end in result.spans] == ["Insurance covers lost luggage.", "Pets fly."]
    assert provenance("Insurance covers lost luggage.").fix is UNSET


def test_the_text_as_a_whole_may_hold_a_little_that_is_not_supported():
    value = " ".join(SUPPORTED) + " It is so."
    assert provenance(value) is not None
    assert provenance(value, validation_method="full") is None
    result = provenance(" ".join(NOT_SUPPORTED), validation_method="full")
    assert result.message.startswith("The sources do not support the text: the likeness is 0.")
    assert (result.fix, result.spans) == (UNSET, ())


@pytest.mark.parametrize("name", ["embed", "embed_function"])
def test_an_embedding_comes_from_the_rule_or_from_the_metadata(name):
    assert provenance("B! A b!", "A! B!", {name: by_first_letters}) is None
    assert provenance("B! A c!", "A! B!", {name: by_first_letters}) is not None
    assert provenance("B b!", "b", {name: by_first_letters}) is None
    assert provenance("c", "b", {"embed": len}, embed=by_first_letters) is not None
    assert '(the closest is "A! B!")' in provenance("a a b!", "A! B!", embed=by_first_letters, threshold=0.99).message


def test_the_sources_are_embedded_once():
    asked = []

    def embed(texts):
        asked.append(texts)
        return by_first_letters(texts)

    rule = provenance_embeddings(embed=embed)
    context = Context(Path(), None, {"sources": ["A! B! C!"]})
    assert [rule.run(text, ctx=context) is None for text in ("A b", "B c", "a c")] == [True, True, False]
    assert asked == [["A b"], ["A!", "B!", "C!", "A! B!", "B! C!"], ["B c"], ["a c"]]


@pytest.mark.parametrize(
    ("embed", "what"),
    [
        (lambda texts: None, "must be a callable"),
        (lambda texts: [[1.0]], "1 vectors for 2 texts"),
        (lambda texts: [[1.0], [1.0, 2.0]], "different lengths"),
        (lambda texts: [[] for _ in texts], "empty"),
        (lambda texts: [[float("nan")] for _ in texts], "not finite"),
        (lambda texts: [[1.0] * len(texts) for _ in texts], "different lengths"),
        ("not callable", "it must be a callable"),
    ],
)
def test_an_embedding_that_answers_nonsense_is_an_error_and_not_a_failure(embed, what):
    with pytest.raises(ValueError, match=what):
        provenance("A! B!", "A! B! C!", {"embed": embed})
    with pytest.raises(ValidatorError, match="provenance-embeddings"):
        Guard.from_string([provenance_embeddings()]).parse("A! B!", metadata={"sources": "A! B! C!", "embed": embed})


@pytest.mark.parametrize("parameters", [{"threshold": 101}, {"validation_method": "word"}, {"embed": 1}, {"key": ""}])
def test_wrong_parameters_are_refused(parameters):
    with pytest.raises(SpecError):
        provenance_embeddings(**parameters)


def test_a_long_source_costs_time_in_proportion():
    def judge(source):
        assert provenance("The fine of the other party is overdue. It is not so. " * 9, source, threshold=1) is not None

    assert steep_growth(judge, lambda n: "The fee of the party is due to the other party. It is so. " * n) is None


def test_the_name_of_guardrails_leads_here():
    assert registry.find_validator("provenance-v0") is provenance_embeddings


def test_it_reads_as_words_for_a_model():
    assert provenance_embeddings().describe() == "each sentence supported by sources"
    assert provenance_embeddings(validation_method="full", key="pages").describe() == "supported by pages"
