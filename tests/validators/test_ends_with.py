"""ends-with: how a text or a list ends."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.ends_with import ends_with


@pytest.mark.parametrize(
    ("end", "passing", "failing"),
    [
        (".", ["The end.", ".", ["a", "."]], ["", "The end", ". ", [], [".", "a"]]),
        (["a", 1], [["a", 1], [0, "a", 1.0]], [[], [1], ["a", True], "a"]),
        (None, [[None]], [[], [0], "null"]),
    ],
)
def test_it_keeps_the_laws_for_texts_and_lists(end, passing, failing):
    check_validator(ends_with(end), passing=passing, failing=failing)


@pytest.mark.parametrize(
    ("end", "value", "message", "fix"),
    [
        (".", "The end", 'The text must end with "."; it ends with "The end".', "The end."),
        (".", "", 'The text must end with "."; it is empty.', "."),
        ("Regards", "Bye, Ann", 'The text must end with "Regards"; it ends with "Bye, Ann".', "Bye, AnnRegards"),
        (".", "The end. \n", 'The text must end with "."; it ends with "The end. \\n".', "The end."),
        (".", " ", 'The text must end with "."; it ends with " ".', " ."),
        (3, [1, 2], "The list must end with 3; it ends with 2.", [1, 2, 3]),
        ([2, 3], [], "The list must end with the items [2, 3]; it is empty.", [2, 3]),
        (3, "1 2", "The value must be a list that ends with 3; it is a text.", UNSET),
    ],
)
def test_a_failure_says_how_it_ends_and_adds_what_is_missing(end, value, message, fix):
    result = ends_with(end).run(value)
    assert (result.message, result.fix) == (message, fix)


def test_a_fix_does_not_change_the_list_it_was_given():
    value = [1]
    assert ends_with(2).run(value).fix == [1, 2]
    assert value == [1]


@pytest.mark.parametrize("end", ["", []])
def test_an_empty_end_is_refused(end):
    with pytest.raises(SpecError, match="everything ends with nothing"):
        ends_with(end)


@pytest.mark.parametrize("end", [float("nan"), [1, float("nan")]])
def test_what_equals_nothing_is_refused(end):
    with pytest.raises(SpecError, match="NaN"):
        ends_with(end)


def test_it_reads_as_words_for_a_model():
    assert ends_with(".").describe() == 'ends with "."'


def test_a_fix_has_its_own_copy_of_what_was_missing():
    wanted = [{"a": []}]
    rule = ends_with(wanted)
    first = rule.run([1]).fix
    at = first.index({"a": []})
    first[at]["a"].append("changed by the caller")
    wanted[0]["a"].append("changed by who made the rule")
    assert {"a": []} in rule.run([1]).fix
    assert rule.run([{"a": []}]) is None
