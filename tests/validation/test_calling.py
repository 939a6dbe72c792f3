"""A validator only judges: what it raises names it, and what it is given is not the caller's."""

from __future__ import annotations

import asyncio
import copy
import datetime
from collections.abc import Callable
from typing import Any

import pytest

from railguard import Path, ValidatorError
from railguard.validation import Rule
from railguard.validation.calling import Calling, fault, unchanged
from railguard.validation.declaration import declaration

AT = Path(("a", 0))
MOMENT = datetime.date(2024, 2, 29)


def rule_of(check: Callable[[Any], Any]) -> Rule:
    def run(value: Any) -> Any:
        return check(value)

    return declaration("judge", run)()


PASSES = rule_of(lambda value: None)

VALUES: list[Any] = [
    "text",
    1,
    None,
    [],
    {},
    [1, [2, {"a": [3]}], "x", None, 1.5, 10**400],
    {"a": {"b": [1]}, "c": "d"},
    [MOMENT, {"at": MOMENT}],
    {"at": [MOMENT, {"b": 1}]},
    (1, [2]),
]


@pytest.mark.parametrize("value", VALUES)
def test_what_a_validator_is_given_is_the_value_and_none_of_its_containers(value: Any) -> None:
    before = copy.deepcopy(value)
    with Calling(PASSES, value, AT) as given:
        assert given == value
        assert (given is value) is (type(value) not in (list, dict))
    assert value == before


CHANGES: list[tuple[Any, Callable[[Any], Any]]] = [
    ([1, 2], lambda value: value.append(3)),
    ([1, 2], lambda value: value.clear()),
    ([1, 2], lambda value: value.reverse()),
    ({"a": [1]}, lambda value: value["a"].append(2)),
    ({"a": 1, "b": 2}, lambda value: value.update(a=value.pop("a"))),  # the order of members is a change
    ([1], lambda value: value.__setitem__(0, True)),
    ([1], lambda value: value.__setitem__(0, 1.0)),
    ([MOMENT, [1]], lambda value: value[1].append(2)),
    ([MOMENT, [1]], lambda value: value.__setitem__(1, (1,))),
    ([MOMENT], lambda value: value.__setitem__(0, datetime.date(2024, 2, 28))),
    ({"at": MOMENT, "b": {"c": 1}}, lambda value: value["b"].update(c=2)),
    ({"at": MOMENT, "b": 1}, lambda value: value.update(at=value.pop("at"))),
    ({"at": MOMENT}, lambda value: value.clear()),
]


@pytest.mark.parametrize(("value", "change"), CHANGES)
def test_a_validator_that_changes_its_value_is_told_so_and_changes_nothing(value: Any, change: Any) -> None:
    before = copy.deepcopy(value)
    with (
        pytest.raises(ValidatorError, match=r"'judge' changed the value it was given at \$\.a\[0\]") as caught,
        Calling(PASSES, value, AT) as given,
    ):
        change(given)
    assert (caught.value.validator, caught.value.path) == ("judge", AT)
    assert value == before
    assert list(value) == list(before)


@pytest.mark.parametrize(
    "error", [ValueError("no"), KeyError("x"), SystemExit(1), GeneratorExit(), asyncio.CancelledError()], ids=repr
)
def test_whatever_it_raises_is_its_error_with_the_place(error: BaseException) -> None:
    with pytest.raises(ValidatorError) as caught, Calling(PASSES, [1], AT):
        raise error
    assert str(caught.value) == f"validator 'judge' raised {type(error).__name__} at $.a[0]: {error}"
    assert (caught.value.validator, caught.value.path) == ("judge", AT)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("path", [None, Path(("b",))])
def test_an_error_of_its_own_keeps_its_words_and_gets_a_place_if_it_has_none(path: Path | None) -> None:
    own = ValidatorError("the table is not there", validator="judge", path=path)
    with pytest.raises(ValidatorError) as caught, Calling(PASSES, 1, AT):
        raise own
    assert caught.value is own
    assert own.path == (path or AT)


def test_the_users_own_interruption_passes_and_what_the_caller_lets_pass() -> None:
    with pytest.raises(KeyboardInterrupt), Calling(PASSES, 1, AT):
        raise KeyboardInterrupt
    with pytest.raises(LookupError), Calling(PASSES, 1, AT, passing=(LookupError,)):
        raise KeyError


def test_a_stop_iteration_is_told_as_what_was_raised() -> None:
    async def stops() -> None:
        raise StopIteration("end")

    with pytest.raises(RuntimeError) as caught:
        stops().send(None)
    assert str(fault(PASSES, AT, caught.value)) == "validator 'judge' raised StopIteration at $.a[0]: end"
    assert "RuntimeError" in str(fault(PASSES, AT, RuntimeError("x")))


def test_a_quick_look_gives_the_answer_and_leaves_the_value_alone() -> None:
    value = [1]
    assert unchanged(rule_of(lambda given: given == [1] or "no"), value) is True
    with pytest.raises(ValidatorError, match="changed the value"):
        unchanged(rule_of(lambda given: given.append(2)), value)
    with pytest.raises(ValidatorError, match="raised ZeroDivisionError at \\$: "):
        unchanged(rule_of(lambda given: 1 / 0), value)
    assert value == [1]
