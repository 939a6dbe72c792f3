"""similar-to-list: a value like those that were there before."""

from __future__ import annotations

import pytest

from railguard import UNSET, Context, Path, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.similar_to_list import similar_to_list


def similar(value, before, metadata=None, **parameters):
    return similar_to_list(**parameters).run(
        value, ctx=Context(Path(), None, {"prev_values": before, **(metadata or {})})
    )


def test_it_keeps_the_laws_of_numbers():
    check_validator(
        similar_to_list(),
        passing=[100, 98.5, 104],
        failing=[105, 1e300, float("nan"), float("inf"), "100", -(10**400)],
        metadata={"prev_values": [98, 100, 102]},
    )


def test_it_keeps_the_laws_of_texts():
    check_validator(
        similar_to_list(),
        passing=["ORD-1003", "ord 1009"],
        failing=["", "soon", 1, 10**5000],
        metadata={"prev_values": ["ORD-1001", "ORD-1002"]},
    )


def test_the_bounds_of_numbers_are_exact_and_included():
    assert similar(14, [8, 12]) is None, "mean 10, deviation 2: up to 16"
    assert similar(16, [8, 12]) is None
    assert similar(16.000000000000004, [8, 12]) is not None
    assert similar(4, [8, 12]) is None
    assert similar(14, [8, 12], standard_deviations=1.5) is not None
    assert similar(7, [7, 7]) is None
    assert similar(7.1, [7, 7]) is not None
    assert similar(10**400, [10**400, 10**400 + 2]) is None


def test_a_number_outside_is_told_the_bounds():
    result = similar(140, [98, 100, 102])
    assert result.message == (
        "140 is not like the previous values: it must lie between 95.101 and 104.899, within 3 standard deviations of "
        "their mean."
    )
    assert result.fix is UNSET
    assert similar(1, [10**400]).message == (
        "1 is not like the previous values: it must lie within 3 standard deviations of their mean."
    )


def test_a_text_has_a_mean_distance_to_the_previous_ones():
    before = ["ORD-1001", "ORD-1002"]
    assert similar("soon", before).message == (
        '"soon" is not like the previous values ("ORD-1001", "ORD-1002"): the mean distance is 1.00, and 0.5 is the most.'
    )
    assert similar("ORD-1001", before, threshold=0.01) is not None
    assert similar("ORD-1001", ["ord 1001"], threshold=0) is None


def test_an_embedding_has_a_stricter_default():
    def embed(texts):
        return [[len(text), 10] for text in texts]

    assert similar("abcde", ["vwxyz"], embed=embed) is None
    assert similar("abcdefghijkl", ["v"], {"embed_function": embed}) is not None
    assert similar("abcdefghijkl", ["v"], {"embed_function": embed}, threshold=0.5) is None


def test_a_value_of_the_other_kind_fails():
    assert similar("12", [1, 2]).message == '"12" must be a number like the previous values: 1, 2.'
    assert similar(12, ["a"]).message == '12 must be a text like the previous values: "a".'


@pytest.mark.parametrize("before", [[], None, "ab", [1, "a"], [True], [float("nan")], [None], {"a": 1}])
def test_what_is_no_list_of_values_is_an_error_and_not_a_failure(before):
    with pytest.raises(ValueError, match="must be a list of the previous values"):
        similar(1, before)


@pytest.mark.parametrize(
    "parameters",
    [{"standard_deviations": -1}, {"standard_deviations": float("inf")}, {"threshold": 2.5}, {"embed": 1}, {"key": ""}],
)
def test_wrong_parameters_are_refused(parameters):
    with pytest.raises(SpecError):
        similar_to_list(**parameters)


def test_it_reads_as_words_for_a_model():
    assert similar_to_list().describe() == "like prev_values"
