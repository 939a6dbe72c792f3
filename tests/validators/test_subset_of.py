"""subset-of: a list with nothing in it but what is listed."""

from __future__ import annotations

import pytest

from railguard import UNSET, SpecError
from railguard.testing.laws import check_validator
from railguard_validators.subset_of import subset_of


def test_it_keeps_the_laws():
    check_validator(
        subset_of(["a", 1, None]), passing=[[], ["a", "a"], [1.0, None]], failing=[["b"], ["a", True], [[]], [{}]]
    )


def test_the_items_that_are_not_allowed_are_named_and_to_blame():
    result = subset_of(["a", 1]).run(["x", 1, True])
    assert result.message == 'Items 0 ("x"), 2 (true) are not allowed; items must be among: "a", 1.'
    assert (result.blame, result.fix) == ([(0,), (2,)], UNSET)
    assert subset_of([1]).run([2] * 50).message.endswith("9 (2) and 40 more are not allowed; items must be among: 1.")


@pytest.mark.parametrize("allowed", [[], "a", [float("inf")], [b"a"]])
def test_nothing_allowed_is_refused(allowed):
    with pytest.raises(SpecError):
        subset_of(allowed)


def test_it_reads_as_words_for_a_model():
    assert subset_of(["a"]).describe() == 'every item is one of: "a"'
