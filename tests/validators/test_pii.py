"""pii: a text without personal data."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest

from railguard import UNSET, FailResult, SpecError
from railguard.testing.laws import check_validator
from railguard.validation import registry
from railguard_validators._safety import personal_data
from railguard_validators.pii import pii

DATA = Path(__file__).parent / "data" / "pii.jsonl"
_MARK = re.compile(r"\{\{(\w+)\|(.*?)\}\}")


def labelled(split):
    """(text, {(start, end, entity)}) of the cases of one half; what is to be found stands as {{ENTITY|text}} in them."""
    for line in DATA.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if case["split"] != split:
            continue
        text, found = "", set()
        for number, part in enumerate(_MARK.split(case["text"])):
            if number % 3 == 1:
                entity = part
            else:
                if number % 3 == 2:
                    found.add((len(text), len(text) + len(part), entity))
                text += part
        yield text, found


def test_it_keeps_the_laws():
    check_validator(
        pii(),
        passing=["", "Order 4711 of 2024-05-31", "version 10.2.3.4", "call me", "passport", "+1", "1:2:3", "12-34-56"],
        failing=[
            "a@b.example",
            "call 415 555 0132",
            "4111 1111 1111 1111",
            "passport 123456789 123456788",
            "born on 1.2.1990",
            "10.1.2.30",
            "2001:db8::1",
            "DE89 3704 0044 0532 0130 00",
        ],
    )


def test_measured_on_the_half_that_it_was_not_tuned_on_it_is_as_good_as_its_documentation_says():
    right = wrong = missed = 0
    for text, wanted in labelled("held"):
        found = {(one.start, one.end, one.kind) for one in personal_data.find(text)}
        right, wrong, missed = right + len(found & wanted), wrong + len(found - wanted), missed + len(wanted - found)
    precision, recall = right / (right + wrong), right / (right + missed)
    assert f"precision {precision:.2f}, recall {recall:.2f}" in " ".join(pii.description.split())


def test_the_labelled_set_is_large_halved_by_the_line_and_half_of_it_has_nothing_to_find():
    lines = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    assert len(lines) >= 150
    assert all(line["split"] == ("held" if number % 2 else "tune") for number, line in enumerate(lines))
    assert 0.4 < sum("{{" in line["text"] for line in lines) / len(lines) < 0.6


def test_every_labelled_text_is_mended_to_one_that_passes():
    for split in ("tune", "held"):
        for text, _ in labelled(split):
            result = pii().run(text)
            if result is not None:
                assert pii().run(result.fix) is None


@pytest.mark.parametrize(
    ("value", "entities", "fix"),
    [
        ("a@b.example and c@d.example", "EMAIL_ADDRESS (2)", "<EMAIL_ADDRESS> and <EMAIL_ADDRESS>"),
        ("My SSN is 123-45-6789.", "US_SSN", "My SSN is <US_SSN>."),
        (
            "born on 1 May 1990, card 4111111111111111",
            "DATE_OF_BIRTH, CREDIT_CARD",
            "born on <DATE_OF_BIRTH>, card <CREDIT_CARD>",
        ),
        ("Passport C01X00T47", "PASSPORT", "Passport <PASSPORT>"),
        ("card #4111 1111 1111 1111", "CREDIT_CARD", "card #<CREDIT_CARD>"),
    ],
)
def test_what_is_found_is_counted_and_masked_and_not_repeated(value, entities, fix):
    result = pii().run(value)
    assert (result.message, result.fix) == (
        f"The text must have no personal data; it has {entities}. Leave it out.",
        fix,
    )


def test_what_was_found_is_marked():
    assert pii().run("Mail a@b.example!").spans == [(5, 16)]


def test_a_mask_that_brings_a_context_word_nearer_does_not_leave_a_number_behind():
    far = "passport of somebody.with.a.very.long.name@somewhere.far.away.example 123456789"
    assert pii().run(far).fix == "passport of <EMAIL_ADDRESS> <US_PASSPORT>"


@pytest.mark.parametrize(
    "number",
    [
        "4111 1111 1111 1112",  # the check digit
        "4111-1111 1111 1111",  # two separators
        "DE88370400440532013000",
        "1BoatSLRHtKNngkdXEeobR76b53LETtpyU",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "12345678A",
        "X1234567A",
        "RSSMRA85T10A562T",
        "529.982.247-26",
        "756.9217.0769.86",
        "S1234567E",
        "900-12-3456",
        "666-12-3456",
        "127.0.0.1",
        "255.255.0.0",
        "10.0.0.0/8",
        "::1",
        "fe80::",
        "ff:ff:ff:ff:ff:ff",
        "git@example.org:a/b",
        "icon@2x.png",
        "https://user@example.org/",
    ],
)
def test_what_only_looks_like_it_passes(number):
    assert pii().run(f"See {number} there") is None


@pytest.mark.parametrize("name", ["order no. ", "Invoice: ", "tracking number ", "SKU ", "Bestellnummer "])
def test_a_number_that_is_named_as_something_else_passes(name):
    for number in ("4111 1111 1111 1111", "415-555-0132", "219-48-7730"):
        assert pii().run(number) is not None
        assert pii().run(name + number) is None


def test_only_the_entities_that_are_asked_for_are_found():
    text = "a@b.example, 4111111111111111"
    assert pii("pii").run(text).fix == "<EMAIL_ADDRESS>, 4111111111111111"
    assert pii(["SPI"]).run(text).fix == "a@b.example, <CREDIT_CARD>"
    assert pii(["credit_card", "EMAIL_ADDRESS"]).run(text).fix == "<EMAIL_ADDRESS>, <CREDIT_CARD>"
    assert pii("IBAN_CODE").run(text) is None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"entities": []}, "name at least one"),
        ({"entities": ["PERSON"]}, 'engine="patterns" does not find "PERSON"'),
        ({"entities": "emails"}, "does not find"),
        ({"engine": "spacy"}, "engine"),
        ({"threshold": 2}, "between 0 and 1"),
        ({"analyzer": object()}, 'engine="presidio"'),
    ],
)
def test_parameters_that_make_no_sense_are_refused(arguments, why):
    with pytest.raises(SpecError, match=why):
        pii(**arguments)


def test_it_answers_to_its_name_in_guardrails_ai():
    assert all(
        registry.find_validator(name) is pii
        for name in ["detect_pii", "hub://guardrails/detect_pii", "pii-filter", "guardrails_pii"]
    )


def test_it_reads_as_words_for_a_model():
    assert pii().describe() == "without personal data"
    assert pii(["US_SSN", "spi"]).describe() == "without personal data (US_SSN, spi)"


@pytest.fixture(scope="module")
def analyzer():
    """Presidio for real, with a blank spaCy pipeline: its own pattern recognisers need no model."""
    presidio = pytest.importorskip("presidio_analyzer")
    spacy = pytest.importorskip("spacy")
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def __init__(self):
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    return presidio.AnalyzerEngine(nlp_engine=Blank(), supported_languages=["en"])


def test_presidio_finds_what_it_finds_and_is_answered_in_the_same_way(analyzer):
    rule = pii(["EMAIL_ADDRESS", "CREDIT_CARD"], engine="presidio", analyzer=analyzer)
    text = "Mail ada@example.org, pay by 4111111111111111."
    assert rule.run("Nothing here.") is None
    result = rule.run(text)
    assert isinstance(result, FailResult)
    assert result.fix == "Mail <EMAIL_ADDRESS>, pay by <CREDIT_CARD>."
    assert [text[start:end] for start, end in result.spans] == ["ada@example.org", "4111111111111111"]


def test_presidio_keeps_the_laws_too(analyzer):
    check_validator(
        pii(["EMAIL_ADDRESS", "CREDIT_CARD", "US_SSN"], engine="presidio", analyzer=analyzer),
        passing=["", "hello", "\ud800"],
        failing=["a@b.example.org", "4111111111111111"],
        max_examples=20,
    )


def test_presidio_is_given_long_texts_in_pieces(analyzer):
    rule = pii("EMAIL_ADDRESS", engine="presidio", analyzer=analyzer)
    text = "word " * 50_000 + "ada@example.org"
    assert rule.run(text).spans == [(len(text) - 15, len(text))]
    assert rule.run(text).fix is not UNSET


def test_presidio_refuses_what_it_does_not_know_and_the_groups_are_those_it_knows(analyzer):
    with pytest.raises(SpecError, match=r"this analyzer of Presidio does not find \"DE_SHOE_SIZE\""):
        pii(["DE_SHOE_SIZE"], engine="presidio", analyzer=analyzer)
    assert pii("spi", engine="presidio", analyzer=analyzer).run("4111111111111111").fix == "<CREDIT_CARD>"


def test_a_model_that_is_not_installed_is_said_before_anything_is_loaded():
    pytest.importorskip("presidio_analyzer")
    with pytest.raises(SpecError) as caught:
        pii(engine="presidio", model="en_nowhere_sm")
    assert "en_nowhere_sm" in caught.value.problems[0].hint


def test_without_presidio_its_engine_is_refused_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SpecError) as caught:
        pii(engine="presidio")
    assert caught.value.problems[0].hint == "install it: pip install 'railguard[presidio]'"


@pytest.mark.parametrize(
    "text",
    [
        "NHS number 000 000 0000",
        "TFN 000 000 000",
        "PESEL 00000000000",
        "SSN 888-88-8888",
        "DEA licence AB0000000",
        "passport no. 000000000",
        "card 0000 0000 0000 0000",
        "bank account no. 1111111111",
    ],
)
def test_one_digit_again_and_again_is_nobodys_number(text):
    assert pii().run(text) is None


def test_looking_only_where_a_match_may_begin_misses_nothing():
    pick = random.Random(2)
    texts = [text for split in ("tune", "held") for text, _ in labelled(split)]
    pieces = " ".join(texts).split()
    signs = "0123456789 -./()+:@ABCDEFabcdef"
    texts += [" ".join(pick.choices(pieces, k=60)) for _ in range(100)]
    texts += ["call " + "".join(pick.choices(signs, k=60)) for _ in range(300)]
    count = 0
    for text in texts:
        for candidates, shapes in personal_data._GROUPED:
            parts = candidates.spans(text)
            for shape, reach in shapes:
                found = list(personal_data._of(shape, text, parts, reach))
                assert found == list(personal_data._of(shape, text, [(0, len(text))], reach)), (shape.entity, text)
                count += len(found)
    assert count > 150


def test_a_hardware_address_of_letters_alone_is_found():
    assert pii().run("It is aa:bb:cc:dd:ee:fe.").fix == "It is <MAC_ADDRESS>."
