"""`quick_init` changes how a frozen dataclass is made, and nothing that anybody sees of it."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace
from typing import Any

import pytest

from railguard.values.quick_init import quick_init


@dataclass(frozen=True, slots=True)
class Slow:
    name: str
    size: int = 3
    parts: list[int] = field(default_factory=list)


@quick_init
@dataclass(frozen=True, slots=True)
class Quick:
    name: str
    size: int = 3
    parts: list[int] = field(default_factory=list)


@pytest.mark.parametrize(
    ("given", "named"),
    [(("a",), {}), (("a", 4), {}), ((), {"name": "a", "parts": [1]}), (("a", None, [2]), {})],
)
def test_it_is_made_as_before(given: Any, named: Any) -> None:
    quick, slow = Quick(*given, **named), Slow(*given, **named)
    assert (quick.name, quick.size, quick.parts) == (slow.name, slow.size, slow.parts)


def test_each_has_its_own_value_of_a_factory() -> None:
    assert Quick("a").parts is not Quick("a").parts


@pytest.mark.parametrize(
    ("given", "named"), [((), {}), (("a", 1, [], 2), {}), (("a",), {"size_": 1}), (("a",), {"name": "b"})]
)
def test_wrong_arguments_are_refused_in_the_same_words(given: Any, named: Any) -> None:
    def said(cls: Any) -> str:
        with pytest.raises(TypeError) as raised:
            cls(*given, **named)
        return str(raised.value).replace("Slow", "Quick")

    assert said(Quick) == said(Slow)


def test_its_signature_is_that_of_the_dataclass() -> None:
    def parameters(cls: Any) -> list[tuple[str, Any]]:
        return [(one.name, one.annotation) for one in inspect.signature(cls).parameters.values()]

    assert parameters(Quick) == parameters(Slow)
    assert inspect.signature(Quick).parameters["size"].default == 3


def test_it_is_frozen_compared_copied_and_pickled_as_before() -> None:
    one = Quick("a", 4, [1])
    assert one == Quick("a", 4, [1]) != replace(one, size=5)
    assert copy.deepcopy(one) == one == pickle.loads(pickle.dumps(one))
    assert repr(one) == "Quick(name='a', size=4, parts=[1])"
    with pytest.raises(FrozenInstanceError):
        one.size = 5  # type: ignore[misc]


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    size: int
    name: str = "a"

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("a size is not negative")


def test_a_class_with_keywords_only_takes_no_others_and_is_checked() -> None:
    assert Named(name="b", size=1) == replace(Named(size=1), name="b")
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        Named(1)  # type: ignore[misc]
    with pytest.raises(ValueError, match="not negative"):
        Named(size=-1)
