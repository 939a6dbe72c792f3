"""competitors: a text that names none of the competitors."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators.competitors import competitors


def test_it_keeps_the_laws():
    check_validator(
        competitors(["Acme", "Café Zwei", "A"]),
        passing=["", "acmes", "Cafe", "Zwei Café"],
        failing=["ACME", "acme's", "cafe, zwei", "a"],
    )


@pytest.mark.parametrize(
    ("text", "found", "spans"),
    [
        ("Unlike Acme, we care.", '"Acme"', [(7, 11)]),
        ("ACME’s tools, acme's too", '"ACME’s", "acme\'s"', [(0, 6), (14, 20)]),
        ("see acme.com or Acme-Cloud", '"acme", "Acme"', [(4, 8), (16, 20)]),
        ("CAFE ZWEI and café-zwei", '"CAFE ZWEI", "café-zwei"', [(0, 9), (14, 23)]),
        ("Acme Prime", '"Acme Prime"', [(0, 10)]),
        ("Аcme", '"Аcme"', [(0, 4)]),  # with a Cyrillic A
    ],
)
def test_a_name_is_found_however_it_is_written(text, found, spans):
    result = competitors(["Acme", "Acme Prime", "Café Zwei"]).run(text)
    assert (result.message, result.spans) == (f"The text must not name competitors; it names {found}.", spans)
    assert result.fix is UNSET


@pytest.mark.parametrize("text", ["acmeist", "Pacme", "the cafe on floor zwei", "acme_x1acme"])
def test_parts_of_other_words_pass(text):
    assert competitors(["Acmé x", "Café Zwei"]).run(text) is None


def test_names_that_are_words_can_be_told_by_their_capitals():
    rule = competitors(["Apple", "Target"], ignore_case=False)
    assert rule.run("An apple a day is a good target.") is None
    assert rule.run("We beat Apple's price.").message == 'The text must not name competitors; it names "Apple\'s".'


@pytest.mark.parametrize("names", [[], ["!"], "Acme"])
def test_lists_without_names_are_refused(names):
    with pytest.raises(SpecError):
        competitors(names)


def test_it_answers_to_its_name_in_guardrails_ai():
    assert registry.find_validator("competitor_check") is competitors


def test_it_reads_as_words_for_a_model():
    assert competitors(["Acme", "B & Co"]).describe() == 'without naming "Acme", "B & Co"'
