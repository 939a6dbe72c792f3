"""numbers-in-source: every number of a text stands in a source."""

from __future__ import annotations

import pytest

from railguard import UNSET, Context, Guard, InputError, Path, SpecError
from railguard.testing.growth import steep_growth
from railguard.testing.laws import check_validator
from railguard_validators.numbers_in_source import numbers_in_source

REPORT = "Sales rose by 12.5 % to 3,412,000 euros on 1 March 2024. Three of 1.234 shops closed at 14:30."

SAME = [  # (what the source says, what the text says)
    ("1,234.50", "1.234,50"),
    ("3.4 million", "3,400,000"),
    ("12 percent", "12%"),
    ("0.12", "12 %"),
    ("On 1 March 2024", "2024-03-01"),
    ("March 1st, 2024", "01.03.2024"),
    ("03/01/2024", "1 March 2024"),
    ("1. März 2024", "March 1, 2024"),
    ("2024年3月1日", "1 March 2024"),
    ("1 March 2024", "in 2024"),
    ("2:30 pm", "14:30"),
    ("14:30", "2:30 pm"),
    ("5 pm", "17:00"),
    ("17.30 Uhr", "17:30"),
    ("17 Uhr", "5 pm"),
    ("12 h 30", "12h30"),
    ("three options", "3 options"),
    ("nothing", "three options"),
    ("two hundred and five thousand", "205,000"),
    ("B2B", "in B2B and COVID-19 and GPT-4"),
    ("a", "1. First\n2. Second [3]"),
    ("费用为500元", "500"),
    ("费用为3.4亿元", "340 million"),
    ("EUR5,000", "5000 euros"),
    ("5k users", "5,000 users"),
    ("in 2019-20", "2019/2020"),
    ("2019 and 2020", "2019–20"),
    ("1 234 567", "1,234,567"),
    ("in 1 234 items", "1 and 234"),
    ("12'000 CHF", "12000"),
    ("1.2.3", "version 1.2.3"),
    ("192.168.0.1", "192.168.0.1"),
    (".5", "0.5"),
    ("1e-3", "0.001"),
    ("Rs 12,34,567", "1234567"),
    ("٣٤", "34"),
    ("1,5 Mrd. Euro", "1.5 billion"),
    ("2 mil millones", "2 billion"),
    ("2 thousand million", "2 billion"),
    ("3 ‰", "0.3 %"),
    ("31.2.2024", "31.2.2024"),
    ("31/2/2024", "2024, 31 and 2"),
    ("10-12", "10 to 12"),
    ("10 to 12", "10–12"),
    ("3:1", "3:1"),
    ("ratio 16:9", "16:9"),
    ("3 to 1", "3:1"),
    ("550e8400-e29b-41d4", "550e8400-e29b-41d4"),
    ("twenty-five", "25"),
    ("the 1990s", "1990s"),
    ("1st", "1"),
    ("$1.2bn", "1.2 billion dollars"),
    ("5m", "5 million"),
    ("$3.2M", "3,200,000"),
    ("24/7", "24/7"),
    ("by 12/2024", "12/2024"),
    ("+49 30 1234567", "+49 30 1234567"),
    ("4.5.2024", "May 4, 2024"),
    ("on 3 May; 2024", "3 May 2024"),
    ("two three four", "2 3 4"),
    ("§ 12 Abs. 3", "§12 Abs.3"),
    ("p. 12", "p.12"),
]
OTHER = [
    ("3.4 million", "3.4 billion"),
    ("3.4 million", "3.4"),
    ("1 March 2024", "2 March 2024"),
    ("2:30 am", "14:30"),
    ("5 am", "5 pm"),
    ("nothing", "three million"),
    ("1.2.3", "version 1.2.4"),
    ("½", "1/2"),
    ("nothing", "24/7"),
    ("on 3 May", "3 May 2024"),
    ("1 to 3 in the morning at 9", "at 9:00"),
    ("3.4 million", "3.4 thousand"),
    ("1 March 2024", "1 April 2024"),
    ("1 March 2024", "2024-01-03"),
    ("12 percent", "12.1 percent"),
    ("14:30", "14:35"),
    ("about 1,234 items", "12,34 items"),
    ("model A1", "1"),
    ("17 Uhr", "5 am"),
]


def numbers(value, document=REPORT, **parameters):
    return numbers_in_source(**parameters).run(value, ctx=Context(Path(), None, {"document": document}))


def test_it_keeps_the_laws():
    check_validator(
        numbers_in_source(),
        passing=["", "3.412 million on 2024-03-01", "12,5%", "2:30 pm", 3412000, 0.125, -12.5, "1 234", "one hundred"],
        failing=["13", "on 2 March 2024", "5 am", "two million and one", 7, float("nan"), float("inf"), "1.2.3"],
        metadata={"document": [REPORT, {"text": "100"}]},
    )


def test_it_keeps_the_laws_with_rounding_and_words():
    check_validator(
        numbers_in_source(rounded=True, words=True),
        passing=["3.4 million", "13 %", "three", 3_400_000],
        failing=["3.5 million", "twelve hundred million", "fourteen", 1e300],
        metadata={"document": REPORT},
    )


@pytest.mark.parametrize(("source", "text"), SAME)
def test_a_number_is_found_in_any_notation(source, text):
    assert numbers(text, source) is None


@pytest.mark.parametrize(("source", "text"), OTHER)
def test_another_number_is_not(source, text):
    assert numbers(text, source) is not None


def test_what_is_not_in_the_source_is_named_and_marked():
    value = "Sales rose by 13 % to 3.412 million, in 1,300 shops; 13 %!"
    result = numbers(value)
    assert result.message == (
        'The source does not have these numbers: "13 %", "1,300". State only numbers that it states.'
    )
    assert [value[start:end] for start, end in result.spans] == ["13 %", "1,300", "13 %"]
    assert result.fix is UNSET
    assert numbers("In 2025").message == (
        'The source does not have this number: "2025". State only numbers that it states.'
    )
    assert numbers(7).message == "The source does not have the number 7. State only numbers that it states."


@pytest.mark.parametrize(
    ("source", "text", "right"),
    [
        ("3,412,555", "3.4 million", True),
        ("3,412,555", "3.41 million", True),
        ("3,412,555", "3.42 million", False),
        ("2,960", "3,000", True),
        ("2,600", "3,000", False),
        ("12.46", "12.5", True),
        ("12.44", "12.5", False),
        ("12.5", "13", True),
        ("12.5", "12", True),
        ("3.2 %", "3 %", True),
        ("12.3", "12.34", False),
    ],
)
def test_numbers_are_rounded_only_where_that_is_allowed_and_to_the_digits_written(source, text, right):
    assert (numbers(text, source, rounded=True) is None) is right
    assert numbers(text, source) is not None


def test_small_numbers_in_words_are_looked_at_only_where_that_is_asked():
    assert numbers("In two steps.") is None
    assert numbers("In two steps.", words=True) is not None
    assert numbers("In 3 steps, three.", words=True) is None


def test_a_call_without_the_source_is_refused():
    with pytest.raises(InputError, match="page"):
        Guard.from_string([numbers_in_source("page")]).parse("12")


def test_wrong_parameters_are_refused():
    with pytest.raises(SpecError):
        numbers_in_source("")


@pytest.mark.parametrize("unit", ["1,", "1 ", "one ", "a1", "1 000 ", "1", "1.1.1-", "1 March ", "1:30 "])
def test_a_large_source_costs_time_in_proportion(unit):
    def judge(source):
        assert numbers("7 March 1999", source) is not None
        assert (numbers(source, "7 March 1999") is None) is (unit in ("a1", "one "))

    assert steep_growth(judge, lambda n: unit * n) is None


def test_it_reads_as_words_for_a_model():
    assert numbers_in_source().describe() == "only numbers that stand in document"
    assert numbers_in_source("page", True).describe() == "only numbers that stand in page, rounded or not"
