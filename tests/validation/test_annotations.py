"""Annotations: which JSON types a validator serves, and which arguments it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, Optional, Protocol, TypeVar, Union

import pytest

from railguard.llm import Provider
from railguard.validation.annotations import ALL_TYPES, fits, serves, type_name


class Closable(Protocol):
    def close(self) -> None: ...


T = TypeVar("T")


@pytest.mark.parametrize(
    ("annotation", "types"),
    [
        (str, {"string"}),
        (int, {"integer"}),
        (float, {"integer", "number"}),
        (bool, {"boolean"}),
        (list, {"array"}),
        (list[int], {"array"}),
        (dict[str, Any], {"object"}),
        (str | None, {"string", "null"}),
        (Union[int, list[str]], {"integer", "array"}),  # noqa: UP007 - both spellings are read
        (Annotated[str, "a hint"], {"string"}),
        (Annotated[str | None, "a hint"] | float, {"string", "null", "integer", "number"}),
        (Any, ALL_TYPES),
        (object, ALL_TYPES),
        (inspect.Parameter.empty, ALL_TYPES),
        (bytes, None),
        (str | bytes, None),
        (tuple[int, int], None),
        ([str], None),
        (Literal["a"], None),
    ],
)
def test_the_json_types_that_a_value_is_annotated_with(annotation: Any, types: Any) -> None:
    assert serves(annotation) == types


@pytest.mark.parametrize(
    ("annotation", "right", "wrong"),
    [
        (Any, [1, None], []),
        (inspect.Parameter.empty, [1], []),
        (str, ["a"], [1, None, b"a"]),
        (int, [1], [True, 1.0, "1"]),
        (float, [1, 1.5], [True, "1"]),
        (bool, [True], [1, 0]),
        (None, [None], [0, ""]),
        (Optional[int], [1, None], ["a", True]),  # noqa: UP045 - both spellings are read
        (int | list[str], [1, ["a"], []], ["a", [1]]),
        (Literal["a", 1], ["a", 1], ["b", True, 1.0]),
        (Annotated[int, "a hint"], [1], ["a"]),
        (list, [[], [1, "a"]], [(), "a"]),
        (list[int], [[], [1]], [["a"], [True], (1,)]),
        (list[list[int]], [[[1]], [[]]], [[1], [["a"]]]),
        (set[str], [{"a"}, set()], [{1}, ["a"]]),
        (frozenset[str], [frozenset("a")], [{"a"}]),
        (dict, [{}, {1: 2}], [[]]),
        (dict[str, int], [{}, {"a": 1}], [{"a": "b"}, {1: 1}, []]),
        (Mapping[str, int], [{}, {"a": 1}], [{"a": "b"}, {1: 1}, []]),
        (tuple, [(), (1, "a")], [[]]),
        (tuple[int, str], [(1, "a")], [(1,), (1, 2), [1, "a"]]),
        (tuple[int, ...], [(), (1, 2)], [("a",), [1]]),
        (Sequence[int], [[1], (1,)], [["a"], {1}]),
        (Sequence, [[1], "a"], [1]),
        (Callable[[int], int], [abs], [1]),
        (Closable, [1], []),  # whether it is one cannot be asked
        (T, [1], []),
    ],
)
def test_which_arguments_an_annotation_takes(annotation: Any, right: Any, wrong: Any) -> None:
    assert [fits(value, annotation) for value in right] == [True] * len(right)
    assert [fits(value, annotation) for value in wrong] == [False] * len(wrong)


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (int, "int"),
        (type(None), "None"),
        (int | None, "int | None"),
        (list[str], "list[str]"),
        (Literal["a", "b"], "Literal['a', 'b']"),
        (dict[str, Any], "dict[str, Any]"),
        (Provider, "Provider"),
        (Provider | str, "Provider | str"),
    ],
)
def test_an_annotation_is_shown_as_a_person_writes_it(annotation: Any, name: str) -> None:
    assert type_name(annotation) == name
