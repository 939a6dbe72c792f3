"""The outcome: what passed means, what raises, and plain data with stable names."""

import dataclasses
import json
from typing import Any

import pytest

from railguard import (
    Failure,
    Iteration,
    OnFail,
    Path,
    Repair,
    Usage,
    ValidationFailed,
    ValidationOutcome,
    json_key,
)


def failure(action: str) -> Failure:
    return Failure(Path(("a",)), "length", "too long", "xx", OnFail(action))


def test_passed_means_that_nothing_is_unresolved() -> None:
    assert ValidationOutcome({"a": 1}).passed
    assert not ValidationOutcome({"a": 1}, failures=(failure("noop"),)).passed
    assert ValidationOutcome({"a": 1}, resolved=(failure("fix"),)).passed


@pytest.mark.parametrize("stopped", ["refused", "refrained", "timeout"])
def test_nothing_that_never_came_has_passed(stopped: Any) -> None:
    outcome = ValidationOutcome(stopped=stopped)
    assert not outcome.passed
    with pytest.raises(ValidationFailed) as caught:
        outcome.raise_for_failures()
    assert caught.value.outcome is outcome


@pytest.mark.parametrize("action", [a for a in OnFail if a is not OnFail.NOOP])
def test_every_unresolved_failure_but_noop_raises_with_its_path(action: OnFail) -> None:
    with pytest.raises(ValidationFailed, match=r"\$\.a: too long \[length\]"):
        ValidationOutcome(failures=(failure(action),)).raise_for_failures()


def test_noop_does_not_raise() -> None:
    ValidationOutcome({"a": "xx"}, failures=(failure("noop"),)).raise_for_failures()
    ValidationOutcome({"a": "x"}).raise_for_failures()


def test_a_thousand_failures_are_not_a_thousand_lines() -> None:
    with pytest.raises(ValidationFailed, match="980 more") as caught:
        ValidationOutcome(failures=(failure("reask"),) * 1000).raise_for_failures()
    assert str(caught.value).count("\n") < 30


def test_the_names_of_its_plain_data_are_stable() -> None:
    outcome = ValidationOutcome(
        {"a": float("inf")},
        failures=(failure("noop"),),
        repairs=(Repair(Path(("a",)), "default", after=1),),
        iterations=(Iteration(({"role": "user", "content": "x"},), "raw", {"a": 1}, usage=Usage(1, 2)),),
    )
    plain = outcome.to_dict()
    assert list(plain) == [
        "passed",
        "output",
        "partial",
        "failures",
        "resolved",
        "repairs",
        "iterations",
        "usage",
        "raw_output",
        "refusal",
        "stopped",
        "inputs",
    ]
    json.dumps(plain, allow_nan=False)
    assert plain["failures"] == [
        {"path": "$.a", "validator": "length", "message": "too long", "action": "noop", "value": "xx"}
    ]
    assert plain["raw_output"] == "raw"


@pytest.mark.parametrize(
    "made", [failure("noop"), ValidationOutcome(), Usage(), Iteration((), ""), Repair(Path(), "x")]
)
def test_values_are_frozen(made: Any) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, dataclasses.fields(made)[0].name, None)


def test_repr_shows_no_content() -> None:
    assert "secret" not in repr(ValidationOutcome({"a": "secret"}, {"a": "secret"}))


def test_usage_adds_up_and_is_known_only_if_both_are() -> None:
    assert Usage(1, 2, 1) + Usage(3, 4) == Usage(4, 6, 1)
    assert Usage(1, 2) + Usage(known=False) == Usage(1, 2, known=False)
    assert Usage(1, 2).total_tokens == 3


EQUAL = [(1, 1.0), ({"a": 1, "b": 2}, {"b": 2.0, "a": 1}), ([], []), (2**70, float(2**70)), (0.0, -0.0), (None, None)]
OTHER = [(1, True), (0, False), ("1", 1), (None, False), ([1], [True]), ({}, []), (2**70, 2**70 + 1), ([1, 2], [2, 1])]
OTHER += [
    ("", None),
    (["1:a"], ["a"]),
    ([[1], 2], [[1, 2]]),
    ({"a": [1]}, {"a": 1}),
    ({"a": {"b": 1}}, {"a": {}, "b": 1}),
]


@pytest.mark.parametrize(("one", "two"), EQUAL)
def test_json_equality(one: Any, two: Any) -> None:
    assert json_key(one) == json_key(two)
    assert json_key([one]) == json_key([two])
    hash(json_key(one))


@pytest.mark.parametrize(("one", "two"), OTHER)
def test_json_inequality(one: Any, two: Any) -> None:
    assert json_key(one) != json_key(two)
    assert json_key([one]) != json_key([two])
    assert json_key({"k": one}) != json_key({"k": two})
