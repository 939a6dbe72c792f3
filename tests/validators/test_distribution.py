"""distribution: a number that lies where earlier ones lie."""

from __future__ import annotations

import pytest

from railguard import UNSET, Guard, InputError, SpecError, ValidatorError
from railguard.testing.laws import check_validator
from railguard_validators.distribution import distribution

AGES = [30, 34, 38, 42, 46]  # mean 38, standard deviation of the population the root of 32


def test_it_keeps_the_laws():
    inside, outside = [38, 38.0, 54.9, 22], [56, 20, 1e300, 10**400, float("nan"), float("-inf")]
    check_validator(distribution(values=AGES), passing=inside, failing=outside)
    check_validator(distribution(), passing=inside, failing=outside, metadata={"prev_values": AGES})
    check_validator(distribution(1, [10**400, -(10**400)]), passing=[0, 10**400, 1e308], failing=[10**400 + 1])


def test_both_ends_are_inside_and_computed_exactly():
    rule = distribution(1, [0.1, 0.3])  # mean 0.2, deviation 0.1: floats would say 0.09999999999999999
    assert rule.run(0.3) is None
    assert rule.run(0.1) is None
    assert rule.run(0.30000000000000004) is not None
    assert distribution(0.5, [1, 3]).run(2.5) is None
    assert distribution(0.5, [1, 3]).run(2.51) is not None


def test_the_deviation_is_that_of_the_population():
    assert distribution(1, [0, 2]).run(2) is None
    assert distribution(1, [0, 2]).run(2.2) is not None, "the sample's would be 1.41"


def test_where_all_are_alike_only_the_same_passes():
    rule = distribution(values=[5, 5.0, 5])
    assert rule.run(5) is None
    assert rule.run(5.0000001).message == (
        "The value is 5.0000001; it must be within 3 standard deviations of the mean of 3 earlier values: about 5 to 5."
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            70,
            "The value is 70; it must be within 2 standard deviations of the mean of 5 earlier values: "
            "about 26.69 to 49.31.",
        ),
        (
            float("nan"),
            "The value is NaN; it must be within 2 standard deviations of the mean of 5 earlier values: "
            "about 26.69 to 49.31.",
        ),
    ],
)
def test_the_interval_is_named_and_nothing_is_made_up(value, message):
    result = distribution(2, AGES).run(value)
    assert (result.message, result.fix) == (message, UNSET)


def test_numbers_beyond_all_floats_have_a_message_too():
    assert distribution(values=[10**400, 10**400 + 2]).run(1).message.endswith("2 earlier values: very large numbers.")


def guard(call="distribution"):
    return Guard.from_rail_string(
        f'<rail version="1.0"><output><integer name="age" validators="{call}"/></output></rail>'
    )


def test_earlier_values_come_from_the_callers_metadata():
    assert guard().parse('{"age": 40}', metadata={"prev_values": AGES}).passed
    assert not guard("distribution: 1").parse('{"age": 46}', metadata={"prev_values": AGES}).passed
    assert not guard("distribution: 3 {[1, 2, 3]}").parse('{"age": 40}').passed


def test_without_earlier_values_nothing_passes_for_checked():
    with pytest.raises(InputError, match="prev_values"):
        guard().parse('{"age": 40}')


@pytest.mark.parametrize("earlier", [None, [], [1], "12", [1, "2"], [1, float("nan")], [1, True]])
def test_metadata_that_is_no_list_of_numbers_is_an_error_of_the_caller(earlier):
    with pytest.raises(ValidatorError, match="prev_values"):
        guard().parse('{"age": 40}', metadata={"prev_values": earlier})


@pytest.mark.parametrize(
    "arguments", [(0,), (-1,), (float("nan"),), (3, []), (3, [1]), (3, [1, float("inf")]), (3, ["1", "2"])]
)
def test_parameters_that_make_no_sense_are_refused(arguments):
    with pytest.raises(SpecError):
        distribution(*arguments)


def test_it_reads_as_words_for_a_model():
    assert distribution().describe() == "within 3 standard deviations of the mean of earlier values"
    assert distribution(1, [1, 3]).describe() == (
        "within 1 standard deviation of the mean of earlier values, about 1 to 3"
    )
