"""What assert_outcome and assert_passed say of an outcome that is another one."""

import pytest

from railguard import Guard
from railguard.testing import assert_outcome, assert_passed
from railguard_validators.lower_case import lower_case
from railguard_validators.valid_range import valid_range

GUARD = Guard.from_json_schema(
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}, "tags": {"type": "array"}},
        "required": ["name"],
    }
).using(lower_case(on_fail="fix"), on="$.name")
GUARD = GUARD.using(valid_range(0, 120), on="$.age")
GOOD = GUARD.parse('{"name": "Ann", "age": "36", "tags": [1]}')
BAD = GUARD.parse('{"name": "ann", "age": 360}')


def test_what_is_so_passes():
    assert_passed(GOOD)
    assert_outcome(GOOD, passed=True, output={"name": "ann", "age": 36, "tags": [1]}, failing=[])
    assert_outcome(BAD, passed=False, output=None, failing=["$.age"])
    assert_outcome(BAD, failing={"$.age": "valid-range"})


def test_each_failure_is_shown_with_path_rule_before_and_after():
    with pytest.raises(AssertionError) as caught:
        assert_passed(BAD)
    said = str(caught.value)
    assert "passed: expected True, it is False (no_model)" in said
    assert "$.age [valid-range] The value is 360; it must be between 0 and 120." in said
    assert "before: 360" in said
    with pytest.raises(AssertionError) as caught:
        assert_outcome(GOOD, passed=False)
    said = str(caught.value)
    assert "$.name [lower-case]" in said
    assert "before: 'Ann', after: 'ann'" in said
    assert "before: '36', after: 36" in said


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ({"name": "ann", "age": 37, "tags": [1]}, "output $.age: expected 37, it is 36"),
        ({"name": "ann", "age": 36.0, "tags": [1]}, "output $.age: expected 36.0, it is 36"),
        ({"name": "ann", "age": 36, "tags": [True]}, "output $.tags[0]: expected True, it is 1"),
        ({"name": "ann", "age": 36, "tags": []}, "output $.tags[0]: it is 1, nothing was expected"),
        ({"name": "ann", "age": 36, "tags": [1, 2]}, "output $.tags[1]: expected 2, it is not there"),
        ({"name": "ann", "age": 36}, "output $.tags: it is [1], nothing was expected"),
        ({"name": "ann", "age": 36, "tags": [1], "x": 0}, "output $.x: expected 0, it is not there"),
        (None, "output $: expected None, it is {"),
    ],
)
def test_a_difference_is_named_by_its_path(output, line):
    with pytest.raises(AssertionError) as caught:
        assert_outcome(GOOD, output=output)
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("failing", "line"),
    [
        ([], "failing: $.age was not expected to fail"),
        (["$.age", "$.name"], "failing: $.name was expected to fail, and does not"),
        ({"$.age": ["type"]}, "failing: $.age was expected to fail type, it fails valid-range"),
    ],
)
def test_other_paths_and_rules_are_named(failing, line):
    with pytest.raises(AssertionError) as caught:
        assert_outcome(BAD, failing=failing)
    assert line in str(caught.value)


def test_what_is_no_outcome_is_refused():
    with pytest.raises(TypeError, match="an outcome is what"):
        assert_passed({"name": "ann"})
