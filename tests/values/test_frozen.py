"""The quick `__init__` of frozen dataclasses takes and gives what that of dataclasses does."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields

import pytest

from railguard import Completion, Failure, Path, Usage, ValidationOutcome
from railguard.testing import Request
from railguard.values import Iteration
from railguard.values.frozen import quick_init, schema_when_read


@dataclass(frozen=True, slots=True)
class Plain:
    """One of each kind of field."""

    first: int
    second: str = "b"
    third: list[int] = field(default_factory=list)


Quick = quick_init(Plain)
QUICK = [Quick, Completion, Failure, Iteration, Request, Usage, ValidationOutcome]


@pytest.mark.parametrize("cls", QUICK, ids=lambda cls: cls.__name__)
def test_the_signature_names_every_field_in_order_with_its_default(cls: type) -> None:
    shown = inspect.signature(cls).parameters
    assert list(shown) == [one.name for one in fields(cls)]  # type: ignore[arg-type]
    for one in fields(cls):  # type: ignore[arg-type]
        default = shown[one.name].default
        if one.default is not MISSING:
            assert default is one.default
        else:
            assert (default is inspect.Parameter.empty) == (one.default_factory is MISSING)


def test_fields_are_set_by_position_by_name_and_by_default() -> None:
    assert Quick(1) == Quick(first=1, second="b", third=[])
    assert (Quick(1, "c").second, Quick(1, third=[2]).third) == ("c", [2])
    assert Quick(1).third is not Quick(1).third, "each object has its own"


@pytest.mark.parametrize("wrong", [(), (1, "b", [], 4)])
def test_wrong_arguments_are_refused(wrong: tuple[int, ...]) -> None:
    with pytest.raises(TypeError, match="__init__"):
        Quick(*wrong)  # type: ignore[arg-type]


def test_it_stays_frozen_and_can_be_pickled() -> None:
    made = Completion("a", "stop", usage=Usage(1, 2))
    with pytest.raises(FrozenInstanceError):
        made.text = "b"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(made)) == made


def test_a_record_makes_its_schema_when_it_is_read() -> None:
    made: list[int] = []

    def schema() -> dict[str, str]:
        made.append(1)
        return {"type": "integer"}

    record = schema_when_read(Iteration((), "1", 1, asked=(Path(),)), schema)
    assert record.asked == (Path(),)
    assert not made
    assert record == Iteration((), "1", 1, asked=(Path(),), schema={"type": "integer"})
    assert record.schema is record.schema
    assert made == [1]
