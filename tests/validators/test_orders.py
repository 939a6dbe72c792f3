"""What the validators of numbers, lists and objects share: names of members, and what is before what."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from railguard_validators._values.members import Member, Members
from railguard_validators._values.order import comparable

OFFSETS = st.integers(-14 * 60, 14 * 60)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a", ("a",)),
        ("$.a.b", ("a", "b")),
        ("a[*].b", ("a", "b")),
        ('["a.b"].c', ("a.b", "c")),
        ('a["b\\"]"]', ("a", 'b"]')),
        ('$["a"]', ("a",)),
        ("first name.zip-code", ("first name", "zip-code")),
    ],
)
def test_a_name_is_read_as_a_path_is_written(name, parts):
    assert Members(name).parts == parts


@pytest.mark.parametrize(
    "name", ["", "$", ".", ".a", "a.", "a..b", "a[", "a[0]", "a[*", '["a"', '[""a"]', 'a.["b"]', "$a"]
)
def test_what_names_no_member_is_refused(name):
    with pytest.raises(ValueError, match="names no member"):
        Member(name)


def test_lists_of_any_depth_are_walked_in_order():
    deep: object = {"x": 1}
    for _ in range(5000):
        deep = [deep]
    assert [value for _, value in Members("a.x").of({"a": [deep, {"x": 2}, [], [[{"x": 3}]]]})] == [1, 2, 3]


@given(st.datetimes(), OFFSETS, st.datetimes(), OFFSETS)
def test_timestamps_have_the_order_of_the_instants(one, offset, other, other_offset):
    from datetime import timedelta, timezone

    texts, instants = [], []
    for at, minutes in ((one, offset), (other, other_offset)):
        zoned = at.replace(tzinfo=timezone(timedelta(minutes=minutes)))
        texts.append(zoned.isoformat())
        instants.append(zoned)
    keys = comparable(texts)
    assert (keys[0] < keys[1], keys[0] == keys[1]) == (instants[0] < instants[1], instants[0] == instants[1])


@given(st.lists(st.decimals(-1000, 1000, places=3), min_size=1, max_size=5))
def test_percentages_have_the_order_of_their_numbers(numbers):
    keys = comparable([f"{number}%" for number in numbers])
    assert all((keys[i] < keys[j]) == (numbers[i] < numbers[j]) for i, j in itertools.permutations(range(len(keys)), 2))


@pytest.mark.parametrize(
    "text",
    [
        "2024-02-30T10:00:00Z",
        "2024-05-31T24:00:00Z",
        "2024-05-31T10:00:00",
        "2024-05-31T10:00Z",
        "2024-05-31T10:00:00+24:00",
        "2024-05-31T10:00:00Z ",
        "0000-01-01T00:00:00Z",
        "٢٠٢٤-05-31T10:00:00Z",
    ],
)
def test_what_is_no_timestamp_stays_a_text(text):
    assert comparable([text, "2024-05-31T10:00:00Z"]) == [text, "2024-05-31T10:00:00Z"]
