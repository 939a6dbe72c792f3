"""Paths: tuples that print in JSONPath's notation and are read back from it."""

import copy
import pickle
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from railguard import UNSET, Path
from railguard.values import Unset, value_at
from railguard.values.path import Paths


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((), "$"),
        (("fees", 2, "name"), "$.fees[2].name"),
        (("a.b", 0), '$["a.b"][0]'),
        (("",), '$[""]'),
        (("1",), '$["1"]'),
        (("é", "a-b", "_x"), "$.é.a-b._x"),
        (('q"\\',), '$["q\\"\\\\"]'),
        (("a\nb",), '$["a\\nb"]'),
    ],
)
def test_it_prints_and_is_read_back(parts: tuple[str | int, ...], text: str) -> None:
    assert str(Path(parts)) == text
    assert Path.parse(text) == parts


@given(st.lists(st.text(max_size=8) | st.integers(0, 10**6), max_size=5))
def test_every_path_is_read_back(parts: list[str | int]) -> None:
    path = Path(parts)
    assert Path.parse(str(path)) == path
    assert "\n" not in str(path)


@pytest.mark.parametrize(
    "text",
    ["", "a", "$.", "$[", "$[a]", "$.a b", "$[-1]", '$["a]', "$..a", "$a", "$.1", '$["\\x"]', '$["a\nb"]', "$[01]"],
)
def test_what_is_no_path_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        Path.parse(text)


@pytest.mark.parametrize("index", ["\u0663", "9" * 5000], ids=["arabic", "long"])
def test_what_is_no_index_is_a_value_error(index: str) -> None:
    with pytest.raises(ValueError, match="not a path from offset 3 on"):
        Path.parse(f"$.a[{index}]")


def test_it_is_the_tuple_it_equals() -> None:
    path = Path(("a", 0))
    assert path == ("a", 0)
    assert hash(path) == hash(("a", 0))
    assert path.child("b") == ("a", 0, "b")
    assert path.starts_with(("a",))
    assert path.starts_with(())
    assert not path.starts_with(("a", 0, "b"))
    assert pickle.loads(pickle.dumps(path)) == path
    assert type(copy.deepcopy(path)) is Path
    assert repr(path) == "Path(('a', 0))"
    assert eval(repr(path)) == path


@pytest.mark.parametrize("same", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value)), None])
def test_there_is_one_unset(same: Any) -> None:
    assert (Unset() if same is None else same(UNSET)) is UNSET
    assert not UNSET
    assert repr(UNSET) == "UNSET"


def test_what_stands_at_a_path_is_found_and_what_does_not_is_unset():
    state = {"fees": [{"name": None}], "note": "ab"}
    assert value_at(state, ("fees", 0, "name")) is None
    assert value_at(state, ()) is state
    for nowhere in (("fees", 1), ("fees", "0"), ("note", "x"), ("gone",), ("fees", 0, "name", "deeper"), ("note", 0)):
        assert value_at(state, nowhere) is UNSET


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", 0]), max_size=3).map(tuple), max_size=4),
    st.lists(st.sampled_from(["a", "b", 0]), max_size=4).map(tuple),
)
@example([("a", "b"), ("b",)], ("a",))
def test_a_set_of_paths_knows_what_encloses_a_path_and_what_lies_below_it(
    given_paths: list[tuple[str | int, ...]], asked: tuple[str | int, ...]
) -> None:
    paths = Paths(given_paths)
    assert paths.has_above(asked) is any(Path(asked).starts_with(path) for path in given_paths)
    assert paths.has_below(asked) is any(Path(path).starts_with(asked) for path in given_paths)
