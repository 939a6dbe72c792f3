"""starts-with: how a text or a list begins."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.starts_with import starts_with


@pytest.mark.parametrize(
    ("start", "passing", "failing"),
    [
        ("# ", ["# A", "# ", ["# ", 1]], ["", "#A", [], [1, "# "]]),
        (["a", 1], [["a", 1], ["a", 1.0, 2]], [[], ["a"], ["a", True], "a"]),
    ],
)
def test_it_keeps_the_laws_for_texts_and_lists(start, passing, failing):
    check_validator(starts_with(start), passing=passing, failing=failing)


@pytest.mark.parametrize(
    ("start", "value", "message", "fix"),
    [
        ("Dear ", "Ann", 'The text must start with "Dear "; it starts with "Ann".', "Dear Ann"),
        ("Dear ", "", 'The text must start with "Dear "; it is empty.', "Dear "),
        ("Dear ", " \nDear Ann", 'The text must start with "Dear "; it starts with " \\nDear Ann".', "Dear Ann"),
        (1, [2], "The list must start with 1; it starts with 2.", [1, 2]),
        ([1, 2], [], "The list must start with the items [1, 2]; it is empty.", [1, 2]),
        (1, "12", "The value must be a list that starts with 1; it is a text.", UNSET),
    ],
)
def test_a_failure_says_how_it_begins_and_adds_what_is_missing(start, value, message, fix):
    result = starts_with(start).run(value)
    assert (result.message, result.fix) == (message, fix)


@pytest.mark.parametrize("start", ["", []])
def test_an_empty_start_is_refused(start):
    with pytest.raises(SpecError, match="everything starts with nothing"):
        starts_with(start)


@pytest.mark.parametrize("start", [float("nan"), [1, float("nan")]])
def test_what_equals_nothing_is_refused(start):
    with pytest.raises(SpecError, match="NaN"):
        starts_with(start)


def test_it_reads_as_words_for_a_model():
    assert starts_with("x").describe() == 'starts with "x"'


def test_a_fix_has_its_own_copy_of_what_was_missing():
    wanted = [{"a": []}]
    rule = starts_with(wanted)
    first = rule.run([1]).fix
    at = first.index({"a": []})
    first[at]["a"].append("changed by the caller")
    wanted[0]["a"].append("changed by who made the rule")
    assert {"a": []} in rule.run([1]).fix
    assert rule.run([{"a": []}]) is None
