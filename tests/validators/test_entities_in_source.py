"""entities-in-source: every name of a text stands in a source."""

from __future__ import annotations

import importlib.util
from pathlib import Path as File

import pytest

from railguard import UNSET, Context, Guard, InputError, Path, SpecError
from railguard.testing.growth import steep_growth
from railguard.testing.laws import check_validator
from railguard_validators.entities_in_source import entities_in_source

NEWS = (
    "On 1 March 2024 Ada Holm of the World Health Organization spoke in Bonn with Germany's minister, as NTV reported. "
    "See https://www.example.com/a or write to Ada.Holm@example.com."
)


def _labelled():
    spec = importlib.util.spec_from_file_location("labelled", File(__file__).parent / "entities_in_source_labelled.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


LABELLED = _labelled()


def entities(value, document=NEWS, **parameters):
    return entities_in_source(**parameters).run(value, ctx=Context(Path(), None, {"document": document}))


def not_there(value, document=NEWS, **parameters):
    result = entities(value, document, **parameters)
    return [value[start:end] for start, end in result.spans] if result else []


def test_it_keeps_the_laws():
    check_validator(
        entities_in_source(),
        passing=[
            "",
            "Ada Holm spoke.",
            "In Bonn WHO spoke on 2024-03-01",
            "see example.com/a",
            "HOLM",
            "a German minister",
        ],
        failing=["Ada Berg", "They met in Berlin.", "on 2 March 2024", "x@example.com", "the UNHCR", "eBay"],
        metadata={"document": [NEWS, {"text": "Bob"}]},
    )


def test_what_the_source_does_not_name_is_named_and_marked():
    value = "Ada Berg of UNICEF spoke in Bonn on 2 March 2024; UNICEF agreed."
    result = entities(value)
    assert result.message == (
        'The source does not name these: "Berg", "UNICEF", "2 March 2024". Name only what it names.'
    )
    assert [value[start:end] for start, end in result.spans] == ["Berg", "UNICEF", "2 March 2024", "UNICEF"]
    assert result.fix is UNSET
    assert entities("in Berlin").message == 'The source does not name this: "Berlin". Name only what it names.'


@pytest.mark.parametrize(
    "value",
    [
        "Holm's talk",
        "Dr. Holm and Mrs. Holm",
        "the WHO",
        "the W.H.O. and the National Television (NTV)",
        "the Germans",
        "ada.holm@EXAMPLE.com, http://example.com/a/.",
        "It happened in March.",
        "However, nobody came. Customers left. Yesterday it rained.",
        "- Tickets cost more\n- Dogs travel free\n1. Prices\n2. Times",
        "What the New Prices Mean for You",
        "THE NEW PRICES",
        "I said: I'm here. What I've seen…",
        "Part II of it",
    ],
)
def test_what_is_named_there_or_is_no_name_passes(value):
    assert not_there(value) == []


def test_the_beginning_of_a_sentence_is_looked_at_where_it_is_surely_a_name():
    assert not_there("Microsoft paid.") == []
    assert not_there("Microsoft's offer. Bill Gates paid. OpenAI paid. IBM paid.") == [
        "Microsoft's",
        "Bill Gates",
        "OpenAI",
        "IBM",
    ]


def test_a_text_that_is_a_name_is_looked_at_whole():
    assert not_there("Berlin") == ["Berlin"]
    assert not_there("Bank of Bonn") == ["Bank"]


def test_words_that_also_stand_there_in_small_letters_are_no_names():
    assert not_there("the Supplier") == ["Supplier"]
    assert not_there("the Supplier, or any other supplier") == []
    assert not_there("the Supplier", "a supplier") == []


def test_an_acronym_and_what_it_abbreviates_support_each_other():
    assert not_there("the SEC and the BoE", "the Securities and Exchange Commission and the Bank of England") == []
    assert not_there("the Securities and Exchange Commission", "the SEC") == []
    assert not_there("the Securities Commission", "the SC") == ["Securities Commission"]


def test_some_names_may_be_ignored():
    assert not_there("They met in New York and in Rome.", ignore=["New York"]) == ["Rome"]


def test_the_months_of_a_source_with_dates_in_digits_are_known():
    assert not_there("It was in March, not in April.", "2024-03-01") == ["April"]


def scored(half):
    """(found and right, found and wrong, not found) of labelled sentences."""
    right = wrong = missed = 0
    for source, text, labels in half:
        found = not_there(text, LABELLED.SOURCES[source])
        not_found = [label for label in labels if not any(label in name or name in label for name in found)]
        right += len(labels) - len(not_found)
        missed += len(not_found)
        wrong += sum(not any(label in name or name in label for label in labels) for name in found)
    return right, wrong, missed


def test_it_is_as_precise_on_sentences_that_it_was_not_made_for_as_its_documentation_says():
    right, wrong, missed = scored(LABELLED.HELD)
    assert len(LABELLED.HELD) == len(LABELLED.TUNED) == 48
    assert f"precision of {right / (right + wrong):.2f} and a recall of {right / (right + missed):.2f}" in " ".join(
        entities_in_source.description.split()
    )


def test_it_has_no_false_alarm_on_sentences_that_it_was_made_for():
    right, wrong, missed = scored(LABELLED.TUNED)
    assert (wrong, missed) == (0, 1)
    assert right == 31


@pytest.mark.parametrize("unit", ["A ", "Ab ", "a@", "A.", "Ab of ", "http://a.b ", "a-", "x"])
def test_a_large_source_costs_time_in_proportion(unit):
    def judge(source):
        assert entities("Zoe", source) is not None
        assert entities(source, "Zoe") is None or unit[0] in "Ah" or "@" in unit

    assert steep_growth(judge, lambda n: unit * n) is None


def test_a_call_without_the_source_is_refused():
    with pytest.raises(InputError, match="page"):
        Guard.from_string([entities_in_source("page")]).parse("Bonn")


@pytest.mark.parametrize("parameters", [{"key": ""}, {"ignore": "Bonn"}])
def test_wrong_parameters_are_refused(parameters):
    with pytest.raises(SpecError):
        entities_in_source(**parameters)


def test_it_reads_as_words_for_a_model():
    assert entities_in_source().describe() == "only names that stand in document"
