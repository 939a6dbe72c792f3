"""The outcome: what passed means, what raises, and plain data with stable names."""

import copy
import dataclasses
import datetime
import json
import pickle
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from railguard import (
    Completion,
    Failure,
    Iteration,
    OnFail,
    Path,
    Repair,
    StreamEvent,
    Usage,
    ValidationFailed,
    ValidationOutcome,
)
from railguard.values import ValueChange, sound_outcome
from railguard.values.outcome import Asked


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


class Place(BaseModel):
    at: float
    tags: set[str] = set()


class Odd:
    def __repr__(self) -> str:
        return "<odd>"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        (float("nan"), "nan"),
        ([1, {"a": -float("inf")}], [1, {"a": "-inf"}]),
        ((1, float("inf")), [1, "inf"]),
        ({1: 2}, {"1": 2}),
        (Decimal("1.50"), "1.50"),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (Place(at=float("inf"), tags={"a"}), {"at": "inf", "tags": ["a"]}),
        ([Place(at=0.5)], [{"at": 0.5, "tags": []}]),
        ({"a": Odd()}, {"a": "<odd>"}),
    ],
)
def test_whatever_a_value_is_its_plain_data_is_json(value: Any, plain: Any) -> None:
    found = ValidationOutcome(
        value,
        value,
        failures=(Failure(Path(), "v", "no", value, after=value, spans=((1, 2),)),),
        repairs=(Repair(Path(), "r", value, value),),
        iterations=(
            Iteration(
                (),
                "",
                value,
                ignored=((Path(("a",)), value),),
                note="it said so",
                changes=(ValueChange(Path(("a",)), value, value),),
            ),
        ),
        changes=(ValueChange(Path(("a",)), value, value),),
    ).to_dict()
    json.dumps(found, allow_nan=False)
    assert (found["output"], found["partial"]) == (plain, plain)
    [failed], [repaired], [changed], [round_] = (
        found[name] for name in ("failures", "repairs", "changes", "iterations")
    )
    assert (failed["value"], failed["after"], failed["spans"]) == (plain, plain, [[1, 2]])
    assert (repaired["before"], repaired["after"]) == (plain, plain)
    assert changed == {"path": "$.a", "before": plain, "after": plain}
    assert (round_["parsed"], round_["note"], round_["changes"]) == (plain, "it said so", [changed])
    assert round_["ignored"] == [{"path": "$.a", "value": plain}]


def test_what_is_unset_is_not_in_the_plain_data() -> None:
    assert list(Repair(Path(), "r").to_dict()) == ["path", "rule", "class"]
    assert list(ValueChange(Path()).to_dict()) == ["path"]
    assert list(Failure(Path(), "v", "no").to_dict()) == ["path", "validator", "message", "action"]
    assert {"parsed", "note", "changes"}.isdisjoint(Iteration((), "").to_dict())
    assert "document" not in ValidationOutcome().to_dict()
    assert ValidationOutcome(document="[]").to_dict()["document"] == "[]"


def test_a_cost_is_told_where_it_is_known() -> None:
    usages = [Usage(1, 2, cost=Decimal("0.25")), Usage(1, 2), None]
    told = [Iteration((), "", usage=usage).to_dict()["usage"] for usage in usages]
    assert told[0] == {**told[1], "cost": 0.25}
    assert "cost" not in told[1]
    assert told[2] is None


def test_a_refusal_is_told_in_the_models_words() -> None:
    with pytest.raises(ValidationFailed, match=r"^the model refused: I may not$"):
        ValidationOutcome(refusal="I may not", stopped="refused").raise_for_failures()


@pytest.mark.parametrize("same", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_exception_is_copied_with_its_attributes_and_notes(same: Any) -> None:
    error = ValidationFailed("no", ValidationOutcome({"a": 1}))
    error.add_note("seen")
    copied = same(error)
    assert type(copied) is ValidationFailed
    assert (copied.args, copied.outcome, copied.__notes__) == (error.args, error.outcome, ["seen"])


REPAIRS = (Repair(Path(("a",)), "number", "1", 1),)
COMPLETION = Completion("{}", usage=Usage(3, 4), finish_reason="stop", note="no schema")
MESSAGES: tuple[Any, ...] = ({"role": "user", "content": "Go"},)


@pytest.mark.parametrize("repairs", [(), REPAIRS])
@pytest.mark.parametrize(
    ("asked", "usage", "round_"),
    [
        (None, Usage(known=False), {"messages": ()}),
        (
            Asked(MESSAGES, COMPLETION, lambda: {"type": "object"}, Usage(5, 6), (failure("fix"),)),
            Usage(5, 6),
            {"messages": MESSAGES, "schema": {"type": "object"}, "usage": Usage(3, 4), "finish_reason": "stop"}
            | {"note": "no schema"},
        ),
        (
            Asked(MESSAGES, Completion("{}"), lambda: None, None, ()),
            Usage(known=False),
            {"messages": MESSAGES, "usage": Completion("{}").usage, "finish_reason": Completion("{}").finish_reason},
        ),
    ],
    ids=["parsed", "asked", "unpriced"],
)
def test_the_outcome_of_a_sound_answer_is_the_one_that_is_written_out(
    asked: Any, usage: Usage, round_: Any, repairs: Any
) -> None:
    def made() -> ValidationOutcome[Any]:
        return sound_outcome("{}", {"a": 1}, lambda: {"a": 1}, repairs, asked)

    written = ValidationOutcome(
        {"a": 1},
        {"a": 1},
        repairs=repairs,
        iterations=(Iteration(raw="{}", parsed={"a": 1}, repairs=repairs, **round_),),
        usage=usage,
        inputs=asked.inputs if asked is not None else (),
    )
    for one in dataclasses.fields(ValidationOutcome):
        assert getattr(made(), one.name) == getattr(written, one.name)
    assert made() == written
    assert made().as_written is written.as_written is not repairs
    assert pickle.loads(pickle.dumps(made())) == copy.deepcopy(made()) == dataclasses.replace(made()) == written
    outcome = made()
    assert outcome.iterations is outcome.iterations


def test_what_was_resolved_was_not_right_as_it_was_written() -> None:
    assert ValidationOutcome({"a": 1}).as_written
    assert not ValidationOutcome({"a": 1}, resolved=(failure("fix"),)).as_written
    assert not ValidationOutcome({"a": 1}, failures=(failure("noop"),)).as_written


def test_an_outcome_says_what_it_has_instead_of_what_is_asked_for() -> None:
    for outcome in (ValidationOutcome(1), sound_outcome("1", 1, lambda: 1)):
        with pytest.raises(AttributeError, match=r"validated_output.*output"):
            outcome.validated_output  # type: ignore[union-attr]
        with pytest.raises(AttributeError, match=r"'ValidationOutcome' object has no attribute 'zzz'$"):
            outcome.zzz  # type: ignore[union-attr]
        with pytest.raises(TypeError, match="cannot be unpacked: it has output, passed, failures, raw_output"):
            list(outcome)  # type: ignore[call-overload]


def test_a_notebook_shows_an_outcome() -> None:
    shown = ValidationOutcome(failures=(failure("reask"),), stopped="no_model")._repr_html_()
    assert "too long" in shown
    assert "$.a" in shown


@pytest.mark.parametrize("cls", [ValidationOutcome, StreamEvent])
def test_what_is_generic_for_a_type_checker_is_made_as_it_is(cls: Any) -> None:
    assert cls[int] is cls


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (StreamEvent("delta", text="secret"), "<StreamEvent delta>"),
        (StreamEvent("field", path=Path(("a", 0)), value="secret"), "<StreamEvent field $.a[0]>"),
    ],
)
def test_the_repr_of_an_event_shows_no_content(event: StreamEvent, shown: str) -> None:
    assert repr(event) == shown
