"""quotes-source: what stands in a source word for word, and what comes nearest to what does not."""

from __future__ import annotations

import pytest

from railguard import UNSET, Context, Guard, InputError, Path, SpecError
from railguard.testing.growth import steep_growth
from railguard.testing.laws import check_validator
from railguard_validators.quotes_source import quotes_source

CONTRACT = (
    "1. The Supplier is unable to pay.  “Fees” are 1.5 % of the\nbalance – per year.\n"
    "2. The well-\nknown ﬁrm pays at the end of March. Fees are due."
)


def quote(value, document=CONTRACT, **parameters):
    return quotes_source(**parameters).run(value, ctx=Context(Path(), None, {"document": document}))


def test_it_keeps_the_laws():
    check_validator(
        quotes_source(),
        passing=[
            "The Supplier is unable",
            "of the\nbalance",
            "1.5 %",
            "“Fees”",
            {"quote": "Fees are due", "start": None},
        ],
        failing=[
            "",
            "able to pay",
            "5 %",
            "of the balance",
            "Nobody said this.",
            {},
            {"quote": 1},
            {"quote": "", "end": 3},
        ],
        metadata={"document": CONTRACT},
    )


def test_it_keeps_the_laws_in_normal_form():
    check_validator(
        quotes_source(match="normalised", gaps=True, min_length=3),
        passing=[
            '"fees"  ARE',
            "the wellknown firm",
            "well-known firm",
            "“of the balance - per year”",
            "Supplier … FEES",
        ],
        failing=["…", "... …", "able to pay", "fees … supplier", "fe", {"quote": "Supplier … Fees", "start": 1}],
        metadata={"document": [CONTRACT, {"id": "b", "text": "Ⅷ ½ ŉ ß"}]},
    )


@pytest.mark.parametrize("value", ["able to pay", "unable to p", "5 %", "5", "able", "1. The Supplier is un"])
def test_a_quote_begins_and_ends_where_words_do(value):
    assert quote(value) is not None
    assert quote(value, match="normalised") is not None


def test_in_a_script_without_spaces_every_character_is_a_word():
    assert quote("应当支付", "合同双方应当支付费用。") is None


@pytest.mark.parametrize(
    ("value", "fix"),
    [
        ("of the balance - per year", "of the\nbalance – per year"),
        ("the well-known firm", "The well-\nknown ﬁrm"),
        ('"Fees" are 1.5 %', "“Fees” are 1.5 %"),
        ('"1.5 % of the balance"', "1.5 % of the\nbalance"),
        ("PAY.", "pay."),
    ],
)
def test_what_is_right_in_normal_form_is_fixed_to_what_the_source_says(value, fix):
    assert quote(value).fix == fix
    assert quote(value, match="normalised") is None


def test_there_is_no_fix_where_the_source_says_it_in_two_ways():
    assert quote("FEE", "Fee or fee").fix is UNSET
    assert quote("FEE", "fee or fee").fix == "fee"


@pytest.mark.parametrize(("value", "source"), [("2", "a ½ b"), ("1", "⑴ b"), ("kg", "㎏²")])
def test_a_part_of_what_is_one_character_is_no_quote(value, source):
    assert quote(value, source).fix is UNSET
    assert quote(value, source, match="normalised") is not None
    assert quote("kg", "㎏", match="normalised") is None


def test_the_message_of_a_near_quote_says_what_the_source_says():
    result = quote("the supplier is unable to pay")
    assert result.message == (
        'Quote the source word for word: it says "The Supplier is unable to pay", not "the supplier is unable to pay".'
    )
    assert result.spans == [(0, 5)]


def test_the_nearest_passage_is_named_with_its_place_and_the_words_that_are_not_in_it_are_marked():
    value = "firm pays nothing at the beginning of March"
    result = quote(value, ["Nothing.", {"id": "b", "text": CONTRACT}])
    assert result.message == (
        '"nothing", "beginning" are not in the source; the nearest passage, at characters 100 to 130 of source '
        '"b", is: "ﬁrm pays at the end of March". Quote it word for word.'
    ).replace("100 to 130", f"{CONTRACT.index('ﬁrm')} to {CONTRACT.index('March') + 5}")
    assert [value[start:end] for start, end in result.spans] == ["nothing", "beginning"]
    assert result.fix is UNSET


def test_what_is_nowhere_like_the_source_is_said_to_be():
    result = quote("Nobody ever wrote these words, of course.")
    assert result.message == (
        '"Nobody ever wrote these words, of course." is not in the source, nor anything like it. '
        "Quote the source word for word."
    )
    assert result.spans == [(0, 41)]


def test_other_punctuation_makes_a_difference():
    assert quote("Supplier, is unable").message == (
        '"Supplier, is unable" is not in the source in this form; the nearest passage, at characters 7 to 25, '
        'is: "Supplier is unable". Quote it word for word.'
    )


def test_something_may_be_left_out_only_where_gaps_are_allowed():
    assert quote("The Supplier […] pay.") is not None
    assert quote("The Supplier […] pay.", gaps=True) is None
    assert quote("… Supplier (...) pay. …", gaps=True) is None
    assert quote("pay. ... The Supplier", gaps=True) is not None
    assert quote("one … two", ["one", "two"], gaps=True) is not None


def test_a_quote_may_be_too_short():
    assert quote("The", min_length=10).message == '"The" has 3 characters; a quote must have at least 10.'


def test_offsets_must_be_those_of_the_quote_and_are_fixed_where_it_stands_once():
    start = CONTRACT.index("at the end")
    right = {"quote": "at the end", "start": start, "end": start + 10}
    assert quote(right) is None
    result = quote({**right, "start": 3, "end": 9})
    assert result.message == (
        f"The quote does not stand where the object says; it stands at characters {start} to {start + 10}."
    )
    assert (result.fix, result.blame) == (right, [("start",), ("end",)])
    assert quote({"quote": "at the end", "start": str(start)}).fix == {"quote": "at the end", "start": start}


def test_offsets_of_a_quote_that_stands_twice_are_not_guessed():
    twice = "a fee, a fee, a fee"
    assert quote({"quote": "a fee", "start": 7, "end": 12}, twice) is None
    result = quote({"quote": "a fee", "start": 8, "end": 12}, twice)
    assert (result.fix, "characters 0 to 5, characters 7 to 12, characters 14 to 19." in result.message) == (
        UNSET,
        True,
    )
    assert quote({"quote": "a a", "start": 2, "end": 5}, "a a a") is None, "places may overlap"
    assert quote({"quote": "able", "start": 2, "end": 6}, "unable or able").fix == {
        "quote": "able",
        "start": 10,
        "end": 14,
    }


def test_the_source_must_be_the_one_the_quote_stands_in():
    sources = [{"id": "a", "text": "one fee"}, {"id": 2, "text": "two fees"}]
    assert quote({"quote": "two", "source": 2}, sources) is None
    result = quote({"quote": "two", "source": "a"}, sources)
    assert (result.fix, result.blame) == ({"quote": "two", "source": 2}, [("source",)])
    assert quote({"quote": "two", "source": "a"}, ["two"]).fix is UNSET


def test_a_quote_of_an_object_is_fixed_with_its_offsets_and_blamed_alone():
    result = quote({"quote": "ONE FEE", "start": 0, "end": 3, "why": "x"}, "See: One fee.")
    assert result.fix == {"quote": "One fee", "start": 5, "end": 12, "why": "x"}
    assert result.blame == [("quote",)]


def test_a_call_without_the_source_is_refused():
    guard = Guard.from_string([quotes_source("contract")])
    with pytest.raises(InputError, match="contract"):
        guard.parse("The Supplier")
    assert guard.parse("The Supplier", metadata={"contract": CONTRACT}).passed


@pytest.mark.parametrize("document", [1, None, [1], [{"id": "a"}], {"text": 1}, [{"text": "a", "id": 1.5}]])
def test_what_is_no_source_is_an_error_and_not_a_failure(document):
    with pytest.raises(ValueError, match="a source is a text"):
        quote("a", document)


@pytest.mark.parametrize("parameters", [{"key": " "}, {"min_length": 0}, {"match": "fuzzy"}])
def test_wrong_parameters_are_refused(parameters):
    with pytest.raises(SpecError):
        quotes_source(**parameters)


@pytest.mark.parametrize(
    "pair",
    [
        lambda n: ("x" + "ab c" * 2 * n + "x", "ab c" * n),
        lambda n: ("a " * 2 * n + "c", "a " * n + "b"),
        lambda n: ("a " * 4 * n, "b a " * n),
        lambda n: ("a-\n" * n + " " * n, "a" * n + "b"),
    ],
)
def test_a_large_source_that_repeats_itself_costs_time_in_proportion(pair):
    def judge(both):
        source, value = both
        assert quote(value, source) is not None
        assert quote(value, source, match="normalised", gaps=True) is not None

    assert steep_growth(judge, lambda n: pair(n)) is None


def test_it_reads_as_words_for_a_model():
    assert quotes_source().describe() == "a quote of document, word for word"
    assert quotes_source("contract", "normalised", 10).describe() == "a quote of contract, of at least 10 characters"
