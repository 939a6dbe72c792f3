"""Changes made in the text of a document: what is outside the changed values is equal to the byte."""

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from railguard.loop.changes import apply_changes, read_changes
from railguard.loop.rewriting import rewrite
from railguard.schema import AnyNode, Field, IntegerNode, ListNode, ObjectNode, Schema
from railguard.values import UNSET, Path, ValueChange


def change(*path: str | int, to: Any = UNSET) -> ValueChange:
    """One change; without `to` it removes."""
    return ValueChange(Path(path), UNSET, to)


ODD = '{"a":1.50,  "b" :\t[1E2, -0.0,\n  "\\u00e9/\\/"],"c":{ }, "d": [ ], "e":"é"}'


@pytest.mark.parametrize(
    ("text", "changes", "right"),
    [
        (ODD, [change("a", to=2)], ODD.replace("1.50", "2")),
        (ODD, [change("b", 1, to="x")], ODD.replace("-0.0", '"x"')),
        (ODD, [change("b", 2)], ODD.replace(',\n  "\\u00e9/\\/"', "")),
        (ODD, [change("b", 0)], ODD.replace("1E2, ", "")),
        (ODD, [change("b", 3, to=5)], ODD.replace('\\/"', '\\/",\n  5')),
        (ODD, [change("a")], ODD.replace('"a":1.50,  ', "")),
        (ODD, [change("e")], ODD.replace(', "e":"é"', "")),
        (ODD, [change("c", "x", to=1)], ODD.replace("{ }", '{"x":1}')),
        (ODD, [change("d", 0, to="ü")], ODD.replace("[ ]", '["ü"]')),
        (ODD, [change("f", to=None)], ODD.replace('"é"}', '"é", "f":null}')),
        ("[1,2,3]", [change(2), change(1), change(0)], "[]"),
        ("[1,2,3]", [change(3, to=4), change(2), change(1), change(0)], "[4]"),
        ("[1, 2, 3]", [change(1, to=9), change(0)], "[9, 3]"),
        ("[ 1 , 2 , 3 ]", [change(2), change(0)], "[ 2 ]"),
        ('{"a":1}', [change("b", to=[1, {"c": 2}])], '{"a":1,"b":[1,{"c":2}]}'),
        ('{"a": 1}', [change("b", to=[1, {"c": 2}])], '{"a": 1, "b": [1, {"c": 2}]}'),
        ('{"a": 1}', [change("a", to={"x": 1})], '{"a": {"x": 1}}'),
        (" 5\n", [change(to=6)], " 6\n"),
        ("\ufeff5", [change(to=[6])], "\ufeff[6]"),
        ("{}", [change("a", to=1)], '{"a": 1}'),
        ('{"a":"\\u00e9"}', [change("b", to="ü")], '{"a":"\\u00e9","b":"\\u00fc"}'),
        ('{"a": "x: , y"}', [change("b", to=1), change("c", to=2)], '{"a": "x: , y", "b": 1, "c": 2}'),
    ],
)
def test_only_the_changed_values_are_written(text: str, changes: list[ValueChange], right: str) -> None:
    assert rewrite(text, changes) == right


INDENTED = """{
  "name": "n",
  "rows": [
    {
      "a": 1
    },
    {"a": 2}
  ],
  "tags": [],
  "inline": [1, 2]
}
"""


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ([change("name", to="m")], '"n"', '"m"'),
        ([change("name")], '  "name": "n",\n', ""),
        ([change("inline")], ',\n  "inline": [1, 2]', ""),
        ([change("rows", 0, "b", to=[3])], '"a": 1', '"a": 1,\n      "b": [\n        3\n      ]'),
        ([change("rows", 1, "b", to=[3])], '{"a": 2}', '{"a": 2, "b": [3]}'),
        ([change("rows", 2, to={"a": 3})], '{"a": 2}', '{"a": 2},\n    {"a": 3}'),
        ([change("rows", 0)], '{\n      "a": 1\n    },\n    ', ""),
        ([change("tags", 0, to="x"), change("tags", 1, to="y")], "[]", '[\n    "x",\n    "y"\n  ]'),
        ([change("inline", to=[3, 4])], "[1, 2]", "[3, 4]"),
        ([change("inline", 2, to=3)], "[1, 2]", "[1, 2, 3]"),
        ([change("tags", to=["x"])], "[]", '[\n    "x"\n  ]'),
        ([change("more", to=1)], "[1, 2]", '[1, 2],\n  "more": 1'),
        ([change("name", to={"x": 1})], '"n"', '{\n    "x": 1\n  }'),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_what_is_added_is_laid_out_like_what_is_beside_it(
    changes: list[ValueChange], old: str, new: str, newline: str
) -> None:
    text, right = INDENTED, INDENTED.replace(old, new)
    assert rewrite(text.replace("\n", newline), changes) == right.replace("\n", newline)


def test_tabs_stay_tabs() -> None:
    text = json.dumps({"a": {"b": 1}}, indent="\t")
    assert rewrite(text, [change("a", "c", to=[1])]) == json.dumps({"a": {"b": 1, "c": [1]}}, indent="\t")


@pytest.mark.parametrize(
    ("text", "changes", "said"),
    [
        ("", [change("a", to=1)], "no list or object"),
        ("{", [change("a", to=1)], "offset 1"),
        ('{"a":1', [change("a", to=2)], "offset 6"),
        ('{"a" 1}', [change("a", to=2)], "colon"),
        ("{a: 1}", [change("a", to=2)], "key"),
        ("[1 2]", [change(0, to=2)], "comma"),
        ("[1,]", [change(0, to=2)], "no JSON"),
        ("[NaN]", [change(0, to=2)], "NaN"),
        ("[1] [2]", [change(0, to=2)], "more than one"),
        ("['x']", [change(0, to=2)], "no JSON"),
        ('["\n"]', [change(0, to=2)], "no JSON"),
        ('{"a":1,"a":2}', [change("a", to=3)], "twice"),
        ('{"a":1,"a":2}', [change("b", to=3)], "twice"),
        ('{"a":1}', [change("b")], "$.b"),
        ('{"a":1}', [change("b", "c", to=1)], "$.b"),
        ('{"a":1}', [change("a", "c", to=1)], "$.a"),
        ("[1]", [change(2, to=1)], "at the end"),
        ("[1]", [change("x", to=1)], "$.x"),
        ('{"a":1}', [change(0, to=1)], "$[0]"),
        ("[1]", [change(1)], "$[1]"),
        ("[" * 100_000, [change(0, 0, to=1)], "nested"),
        ("[1]", [change(0, to=float("nan"))], "JSON compliant"),
    ],
)
def test_what_does_not_fit_is_an_error_that_says_where(text: str, changes: list[ValueChange], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        rewrite(text, changes)


def test_a_key_that_is_twice_elsewhere_is_left_alone() -> None:
    assert rewrite('{"a":{"x":1,"x":2},"b":1}', [change("b", to=2)]) == '{"a":{"x":1,"x":2},"b":2}'


def test_no_changes_leave_any_text_as_it_is() -> None:
    assert rewrite("not json", []) == "not json"


def test_long_numbers_and_texts_beside_a_change_keep_their_spelling() -> None:
    text = '{"a": ' + "9" * 10_000 + ', "b": 1e400, "c": "\\ud800", "d": 1}'
    assert rewrite(text, [change("d", to=2)]) == text.replace('"d": 1', '"d": 2')


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
)
names = st.sampled_from(["a", "b", 'c"', "d,e", "f:", "é", ""])
documents = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(names, below, max_size=4),
    max_leaves=12,
)
layouts = st.sampled_from(
    [{}, {"indent": 2}, {"indent": "\t"}, {"indent": 0}, {"separators": (",", ":")}, {"separators": (" , ", " : ")}]
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all lists and objects in a value."""
    if not isinstance(value, (dict, list)):
        return []
    parts = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(found for part, below in parts for found in places(below, (*path, part)))]


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        value = value[part]
    return value


@st.composite
def documents_with_changes(draw: st.DrawFn) -> tuple[Any, list[ValueChange]]:
    """A document, and changes of values that lie apart from each other, in the order in which they are made."""
    document = draw(documents)
    sets: list[ValueChange] = []
    appended: list[ValueChange] = []
    removed: list[ValueChange] = []
    used: list[tuple[str | int, ...]] = []
    holders = places(document)
    for holder in draw(st.lists(st.sampled_from(holders), max_size=4)) if holders else []:
        value = at(document, holder)
        known: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        part = draw(st.sampled_from([*known, "new" if isinstance(value, dict) else "+"]))
        path = (*holder, part)
        if any(one[: len(path)] == path or path[: len(one)] == one for one in used):
            continue
        used.append(path)
        if part == "+" and isinstance(value, list):
            items = draw(st.lists(documents, min_size=1, max_size=2))
            appended += [change(*holder, len(value) + n, to=item) for n, item in enumerate(items)]
        elif part in known and draw(st.booleans()):
            removed.append(change(*path))
        else:
            sets.append(change(*path, to=draw(documents)))
    removed.sort(key=lambda one: one.path, reverse=True)
    return document, [*sets, *appended, *removed]


@settings(deadline=None)
@given(documents_with_changes(), layouts, st.booleans())
def test_the_new_text_says_what_the_changed_value_is(
    found: tuple[Any, list[ValueChange]], layout: dict[str, Any], ascii_only: bool
) -> None:
    document, changes = found
    text = json.dumps(document, ensure_ascii=ascii_only, **layout)
    new = rewrite(text, changes)
    assert json.dumps(json.loads(new)) == json.dumps(apply_changes(document, changes))


@settings(deadline=None)
@given(documents, layouts, st.data())
def test_everything_outside_one_changed_value_is_equal_to_the_byte(
    document: Any, layout: dict[str, Any], data: st.DataObject
) -> None:
    holders = [path for path in places(document) if at(document, path)]
    if not holders:
        return
    holder = data.draw(st.sampled_from(holders))
    value = at(document, holder)
    part = data.draw(st.sampled_from(list(value) if isinstance(value, dict) else list(range(len(value)))))
    marked = apply_changes(document, [change(*holder, part, to="\x00marked\x00")])
    before, after = json.dumps(marked, **layout).split(json.dumps("\x00marked\x00"))
    new = rewrite(json.dumps(document, **layout), [change(*holder, part, to=12345)])
    assert new == f"{before}12345{after}"


@pytest.mark.parametrize("size", [2_400, 240_000])
def test_a_document_of_any_size_is_changed_in_one_place(size: int) -> None:
    rows = [{"name": f"row number {n}", "amount": n * 1.5} for n in range(size // 50)]
    text = json.dumps({"total": 1, "rows": rows, "end": True}, indent=1)
    assert len(text) > size
    schema = Schema(
        root=ObjectNode(
            fields=(
                Field("total", IntegerNode()),
                Field("rows", ListNode(item=ObjectNode(fields=(Field("name", AnyNode()), Field("amount", AnyNode()))))),
                Field("end", AnyNode()),
            )
        )
    )
    answer = {"total": 2, f"rows.{len(rows) - 1}.amount": 7, "rows.0": None}
    reading = read_changes(answer, json.loads(text), schema)
    assert reading.refused == ()
    assert len(reading.changes) == 3
    new = rewrite(text, reading.changes)
    first, last = json.dumps(rows[0], indent=1), json.dumps(rows[-1], indent=1)
    right = (
        text.replace('"total": 1', '"total": 2')
        .replace(first.replace("\n", "\n  ") + ",\n  ", "")
        .replace(last.replace("\n", "\n  "), last.replace("\n", "\n  ").replace(str(rows[-1]["amount"]), "7"))
    )
    assert new == right
