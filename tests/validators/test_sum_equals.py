"""sum-equals: a total that is the sum of its parts."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.sum_equals import sum_equals


def invoice(total, *amounts):
    return {"total": total, "lines": [{"amount": amount} for amount in amounts]}


def test_it_keeps_the_laws():
    check_validator(
        sum_equals("total", "lines.amount"),
        passing=[
            {},
            {"total": None},
            {"total": 0},
            invoice(0.3, 0.1, 0.2),
            invoice(3, 1, None, 2),
            {"total": 1, "lines": [[{"amount": 1}], {}]},
            invoice(10**99, 10**99),
        ],
        failing=[
            invoice(0.4, 0.1, 0.2),
            invoice("3", 3),
            invoice(3, 3, "0"),
            invoice(3, 3, float("nan")),
            {"total": 1, "lines": [[{"amount": 2}]]},
            {"total": 1, "lines": [None]},
            invoice(True, 1),
            invoice(1),
            invoice(float("nan"), 1),
            invoice(1, 1e99),
        ],
    )
    check_validator(sum_equals("n", "parts"), passing=[{"n": 3, "parts": [1, 2]}], failing=[{"n": 3, "parts": [1]}])


def test_numbers_are_added_as_they_are_written():
    assert sum_equals("total", "lines.amount").run(invoice(1, *[0.1] * 10)) is None
    assert sum_equals("total", "lines[*].amount").run(invoice(0.1 + 0.2, 0.1, 0.2)) is not None


def test_the_sum_is_named_and_total_and_parts_are_to_blame():
    result = sum_equals("total", "lines.amount").run(invoice(10, 1.5, 2))
    assert result.message == 'The member "total" is 10, but the 2 numbers of "lines.amount" add up to 3.5.'
    assert (result.blame, result.fix) == ([("total",), ("lines", 0, "amount"), ("lines", 1, "amount")], UNSET)


def test_the_smallest_set_of_fields_is_to_blame():
    rule = sum_equals("total", "lines.amount")
    assert rule.run({"total": 3, "lines": [{}, {"amount": None}]}).blame == [
        ("total",),
        ("lines", 0, "amount"),
        ("lines", 1, "amount"),
    ]
    assert rule.run({"total": 3, "lines": []}).blame == [("total",), ("lines",)]
    assert rule.run({"total": 3}).blame == [("total",), ("lines",)]
    assert rule.run(invoice("3", 3)).blame == [("total",)]
    strange = rule.run(invoice(3, 3, "0", True))
    assert strange.message == 'What "lines.amount" leads to must be numbers; these are not: "0", true.'
    assert strange.blame == [("lines", 1, "amount"), ("lines", 2, "amount")]


def test_parts_that_are_missing_are_counted_in_the_message():
    wrong = 'The member "total" is 3, but the '
    rule = sum_equals("total", "lines.amount")
    assert rule.run({"total": 3, "lines": [{"amount": 1}, {}]}).message == (
        wrong + '1 number of "lines.amount" adds up to 1; 1 more is missing or null.'
    )
    assert rule.run({"total": 3, "lines": [{"amount": None}, {}]}).message == (
        wrong + '0 numbers of "lines.amount" add up to 0; 2 more are missing or null.'
    )


def test_several_names_are_added_up():
    rule = sum_equals("sum.gross", ["net", "taxes.amount"])
    value = {"net": 100, "taxes": [{"amount": 19}, {"amount": 0.5}], "sum": {"gross": 119.5}}
    assert rule.run(value) is None
    result = rule.run({**value, "net": 10})
    assert result.message == (
        'The member "sum.gross" is 119.5, but the 3 numbers of "net", "taxes.amount" add up to 29.5.'
    )
    assert result.blame == [("sum", "gross"), ("net",), ("taxes", 0, "amount"), ("taxes", 1, "amount")]
    assert rule.describe() == "sum.gross is the sum of net and taxes.amount"


def test_a_sum_beyond_all_floats_is_described():
    message = sum_equals("total", "lines.amount").run(invoice(1, 10**400, 0.5)).message
    assert message.endswith("add up to an integer of 401 digits.")


def test_a_tolerance_is_kept_exactly():
    rule = sum_equals("total", "lines.amount", tolerance=0.01)
    assert rule.run(invoice(1.01, 1)) is None
    assert rule.run(invoice(1.02, 1)) is not None


@pytest.mark.parametrize(
    "arguments",
    [
        ("total", ""),
        ("total", "a..b"),
        ("total", "a", -1),
        ("total", "a", float("nan")),
        ("a", "a"),
        ("a", []),
        ("a", ["b", "b"]),
    ],
)
def test_parameters_that_make_no_sense_are_refused(arguments):
    with pytest.raises(SpecError):
        sum_equals(*arguments)


def test_it_reads_as_words_for_a_model():
    assert sum_equals("total", "parts").describe() == "total is the sum of parts"
