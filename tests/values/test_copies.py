"""Copies of plain data share nothing with what they were made of; copies of anything else are `copy.deepcopy`'s."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel

from railguard.values import identical, plain_copy
from railguard.values.copies import copier


class Note(BaseModel):
    tags: list[str]


class Loud(str):
    pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def containers(value: Any) -> list[int]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [id(value), *(one for item in inner for one in containers(item))] if isinstance(value, (dict, list)) else []


@given(JSON)
@example("a text")
@example({"a": [1, {}]})
@example([[1.5], None])
def test_a_copy_of_plain_data_is_the_same_data_in_other_containers(value: Any) -> None:
    before = json.dumps(value)
    make = copier(value)
    for copied in (plain_copy(value), make(), make()):
        assert identical(copied, value)
        assert set(containers(copied)).isdisjoint(containers(value))
        if isinstance(copied, dict):
            copied["new"] = 1
        elif isinstance(copied, list):
            copied.append(1)
    assert json.dumps(value) == before


@pytest.mark.parametrize("value", [Note(tags=["a"]), [Note(tags=["a"])], {"a": Loud("b")}, Loud("b"), {"a": object}])
def test_what_is_no_plain_data_is_copied_with_its_type(value: Any) -> None:
    for copied in (plain_copy(value), copier(value)()):
        assert copied == value
        assert type(copied) is type(value)


def test_a_copy_of_an_instance_shares_nothing() -> None:
    note = Note(tags=["a"])
    for copied in (plain_copy([note])[0], copier([note])()[0]):
        copied.tags.append("b")
    assert note.tags == ["a"]
