"""valid-choices: a value is one of those that are listed."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.valid_choices import valid_choices

CHOICES = ["red", "Green", 1, None, [1, {"a": 2}]]


def test_it_keeps_the_laws_for_every_type():
    check_validator(
        valid_choices(CHOICES),
        passing=["red", "Green", 1, 1.0, None, [1, {"a": 2}], [1.0, {"a": 2.0}]],
        failing=["Red", "blue", True, "1", 2, False, [], [{"a": 2}, 1], {}],
    )


def test_true_is_not_one_and_one_is_one_point_zero():
    assert valid_choices([1]).run(1.0) is None
    assert valid_choices([1]).run(True).message == "true is not allowed; the value must be one of: 1."
    assert valid_choices([False]).run(0).message == "0 is not allowed; the value must be one of: false."


@pytest.mark.parametrize(("value", "fix"), [("RED", "red"), (" green\n", "Green"), ("gree", UNSET), (1.5, UNSET)])
def test_only_capitals_and_outer_white_space_are_mended(value, fix):
    assert valid_choices(CHOICES).run(value).fix == fix


def test_nothing_is_mended_where_two_choices_differ_in_capitals_only():
    assert valid_choices(["US", "us"]).run("Us").fix is UNSET


def test_very_many_choices_are_cut_in_the_message():
    message = valid_choices(list(range(1000))).run("x").message
    assert message.endswith("198, 199 and 800 more.")


def test_members_of_an_enum_stand_for_their_values_and_equal_choices_for_one():
    from enum import IntEnum, StrEnum

    class Level(IntEnum):
        HIGH = 3

    class Colour(StrEnum):
        RED = "red"

    rule = valid_choices([*Level, *Colour, 3.0, "red", ("a", 1)])
    assert rule.constraint("any") == {"enum": [3, "red", ["a", 1]]}
    assert [type(one) for one in rule.constraint("any")["enum"]] == [int, str, list]
    assert rule.run(3.0) is None
    assert rule.run(["a", 1.0]) is None


@pytest.mark.parametrize("choices", [[], "red", None, [float("nan")], [{1, 2}], [{1: 2}], [object()]])
def test_choices_that_are_no_list_of_values_are_refused(choices):
    with pytest.raises(SpecError):
        valid_choices(choices)


def test_it_reads_as_words_for_a_model():
    assert valid_choices(["a", 1]).describe() == 'one of: "a", 1'
