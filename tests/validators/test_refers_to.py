"""refers-to: values of an object that name others in it."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.refers_to import refers_to


def shop(customers, orders):
    return {"customers": [{"id": i} for i in customers], "orders": [{"customer": i} for i in orders]}


def test_it_keeps_the_laws():
    check_validator(
        refers_to("orders.customer", "customers.id"),
        passing=[{}, shop([1], [1, 1.0]), shop(["a"], ["a", None]), {"orders": [{}, 1, None]}],
        failing=[
            shop([], [1]),
            shop([1], [True]),
            shop(["a"], ["A", "a"]),
            shop([None], [1]),
            {"customers": [], "orders": [[{"customer": 1}]]},
            {"orders": [{"customer": []}, {"customer": {}}]},
        ],
    )


def test_the_references_that_lead_nowhere_are_named_and_to_blame():
    result = refers_to("$.orders[*].customer", "customers.id").run(shop([1, 2], [1, 7, "x"]))
    assert result.message == (
        'Every "$.orders[*].customer" must be one of "customers.id" (1, 2); these are not: 7, "x".'
    )
    assert (result.blame, result.fix) == ([("orders", 1, "customer"), ("orders", 2, "customer")], UNSET)


def test_a_stray_that_stands_often_is_named_once():
    result = refers_to("a", "b").run({"a": [7, 7.0, "x", 7], "b": []})
    assert result.message.endswith('(there are none); these are not: 7, "x".')
    assert result.blame == [("a", 0), ("a", 1), ("a", 2), ("a", 3)]


def test_lists_in_lists_are_walked():
    assert refers_to("rows.to", "ids").run({"rows": [[{"to": 1}], [[{"to": 2}]]], "ids": [[1]]}).blame == [
        ("rows", 1, 0, 0, "to")
    ]


def test_lists_of_references_and_single_ones_are_walked():
    rule = refers_to("start.next", "steps.name")
    value = {"start": {"next": ["a", "z"]}, "steps": [{"name": "a"}]}
    assert rule.run(value).blame == [("start", "next", 1)]
    assert refers_to("first", "steps.name").run({"first": "b", **value}).blame == [("first",)]


def test_with_no_targets_it_says_so():
    assert "(there are none)" in refers_to("a", "b").run({"a": 1}).message


@pytest.mark.parametrize("names", [("", "a"), ("a", "b.")])
def test_names_that_lead_nowhere_are_refused(names):
    with pytest.raises(SpecError):
        refers_to(*names)


def test_it_reads_as_words_for_a_model():
    assert refers_to("a.b", "c.d").describe() == "every a.b is one of c.d"
