"""Whatever an editor does to a value, each note stays with the value that it was made of."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from railguard.values import UNSET, Doubt, Editor, History, Path, RepairNote, Traced, value_at

ROOT = Path()
JSON = st.recursive(
    st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=12,
)


def marked(value: Any, path: Path = ROOT) -> tuple[Any, list[tuple[Path, RepairNote]]]:
    """The value with a different number at each leaf, and one note a value that names where it stood first."""
    notes = [(path, RepairNote(str(path)))]
    if isinstance(value, list):
        parts: Any = [marked(one, path.child(at)) for at, one in enumerate(value)]
        made: Any = [one for one, _ in parts]
        below = [note for _, some in parts for note in some]
    elif isinstance(value, dict):
        parts = {key: marked(one, path.child(key)) for key, one in value.items()}
        made = {key: one for key, (one, _) in parts.items()}
        below = [note for _, some in parts.values() for note in some]
    else:
        return f"leaf {path}", notes
    return made, notes + below


def paths(value: Any, path: Path = ROOT) -> list[Path]:
    found = [path]
    if isinstance(value, (dict, list)):
        for part, one in value.items() if isinstance(value, dict) else enumerate(value):
            found += paths(one, path.child(part))
    return found


@given(JSON, st.data())
def test_a_note_is_found_where_its_value_is_or_at_what_held_it_when_it_was_removed(
    tree: Any, data: st.DataObject
) -> None:
    value, notes = marked(tree)
    before = copy.deepcopy(value)
    first = Traced(value, History.of(notes))
    editor = Editor(first)
    for number in range(data.draw(st.integers(0, 6))):
        here = data.draw(st.sampled_from(paths(editor.value)))
        at = editor.at(here)
        step = data.draw(st.sampled_from(["rename", "remove", "wrap", "wrap-name", "unwrap", "note"]))
        if step == "rename" and isinstance(at, dict) and at:
            editor.rename((*here, data.draw(st.sampled_from(list(at)))), f"new {number}")
        elif step == "remove" and isinstance(at, dict) and at:
            editor.remove((*here, data.draw(st.sampled_from(list(at)))))
        elif step == "wrap":
            editor.wrap(here, 0)
        elif step == "wrap-name":
            editor.wrap(here, "held")
        elif step == "unwrap" and isinstance(at, (dict, list)) and at:
            editor.unwrap(here, data.draw(st.sampled_from(list(at))) if isinstance(at, dict) else 0)
        else:
            editor.note(here, Doubt("unreadable", "why"))
    done = editor.done()
    assert value == before
    found = {note.rule: path for path, _, note in done.history.walk() if isinstance(note, RepairNote)}
    assert sorted(found) == sorted(note.rule for _, note in notes)
    for path, _, _ in done.history.walk():
        assert value_at(done.value, path) is not UNSET
    for place in paths(done.value):
        leaf = value_at(done.value, place)
        if isinstance(leaf, str):
            assert found[leaf.removeprefix("leaf ")] == place


def test_an_answer_takes_the_history_of_what_it_replaces_away() -> None:
    old = Traced({"a": [1, 2], "b": 3}, History.of([(("a", 1), Doubt("cut")), (("b",), RepairNote("number"))]))
    editor = Editor(old)
    editor.replace(("a",), Traced([5], History.of([((0,), RepairNote("quotes", kind="syntax"))])))
    done = editor.done()
    assert done.value == {"a": [5], "b": 3}
    assert [(str(one.path), one.rule) for one in done.history.repairs()] == [("$.b", "number"), ("$.a[0]", "quotes")]
    assert not list(done.history.doubts())
    assert old.value == {"a": [1, 2], "b": 3}


def test_an_item_is_appended_with_its_history_and_earlier_doubts_stay() -> None:
    editor = Editor(Traced({"a": ["nut"]}, History.of([(("a",), Doubt("items-missing")), (("a", 0), Doubt("cut"))])))
    editor.replace(("a", 1), Traced("bolt", History.of([((), RepairNote("quotes"))])))
    editor.forget(("a",), "items-missing")
    done = editor.done()
    assert done.value == {"a": ["nut", "bolt"]}
    assert [(str(path), doubt.kind) for path, doubt in done.history.doubts()] == [("$.a[0]", "cut")]


def test_a_text_that_becomes_what_it_holds_keeps_both_histories() -> None:
    editor = Editor(Traced({"a": "[1,"}, History.of([(("a",), RepairNote("control-character"))])))
    editor.graft(
        ("a",), Traced([1], History.of([((), Doubt("open")), ((0,), RepairNote("number"))])), RepairNote("json-in-text")
    )
    done = editor.done()
    assert done.value == {"a": [1]}
    assert [one.rule for one in done.history.repairs()] == ["control-character", "number", "json-in-text"]
    assert [(str(path), doubt.kind) for path, doubt in done.history.doubts()] == [("$.a", "open")]


def test_a_value_in_another_form_takes_the_notes_of_its_parts() -> None:
    old = Traced({"a": {"b": [1]}}, History.of([(("a", "b", 0), RepairNote("number")), (("a",), Doubt("open"))]))
    editor = Editor(old)
    editor.coerce(("a",), "b: 1", RepairNote("text"))
    editor.coerce((), ["b: 1"])
    done = editor.done()
    assert done.value == ["b: 1"]
    assert [(str(one.path), one.rule) for one in done.history.repairs()] == [("$", "number"), ("$", "text")]
    assert [str(path) for path, _ in done.history.doubts()] == ["$"]
    assert old.value == {"a": {"b": [1]}}


def test_a_member_takes_the_notes_along_that_were_left_at_its_new_name() -> None:
    """A default that failed was noted at a name that no member had."""
    editor = Editor(Traced({"A": [1], "b": 2}, History.of([(("a",), Doubt("unreadable")), (("A", 0), Doubt("cut"))])))
    editor.rename(("A",), "a", RepairNote("key"))
    editor.rename(("b",), "c", RepairNote("key"))
    done = editor.done()
    assert done.value == {"a": [1], "c": 2}
    assert {(str(path), note.kind) for path, note in done.history.doubts()} == {
        ("$.a", "unreadable"),
        ("$.a[0]", "cut"),
    }
    assert [str(one.path) for one in done.history.repairs()] == ["$.a", "$.c"]


def test_a_member_without_notes_is_removed_and_one_that_an_answer_deletes_takes_its_notes_away() -> None:
    notes = History.of([(("a",), Doubt("cut")), (("a",), RepairNote("number")), (("b",), Doubt("cut"))])
    old = Traced({"a": 1, "b": 2, "c": 3}, notes)
    editor = Editor(old)
    editor.remove(("c",), RepairNote("unknown-key"))
    editor.delete(("a",))
    done = editor.done()
    assert done.value == {"b": 2}
    assert [(str(one.path), one.rule) for one in done.history.repairs()] == [("$", "unknown-key")]
    assert [str(path) for path, _ in done.history.doubts()] == ["$.b"]
    assert old.at(("a",)) == Traced(1, notes.at(("a",)))
    assert old.at(("a", "b")).value is UNSET
    assert not old.at(("c",)).history


def test_only_what_is_settled_is_forgotten_and_only_where_it_is() -> None:
    notes: list[Any] = [Doubt("open"), Doubt("cut"), RepairNote("default"), RepairNote("number")]
    old = Traced({"a": [], "b": 1}, History.of([(("a",), note) for note in notes]))
    editor = Editor(old)
    editor.forget(("a",), "open", rules=["default"])
    editor.forget(("b",), "cut", rules=["number"])  # nothing is known of it
    editor.forget((), "cut", rules=["number"])  # what is known is of a part of it
    done = editor.done()
    assert [note for _, _, note in done.history.walk()] == [Doubt("cut"), RepairNote("number")]
    assert sorted(map(str, old.history.all_notes())) == sorted(map(str, notes))


def test_a_root_is_replaced_with_its_history() -> None:
    editor = Editor(Traced([1], History.of([((0,), Doubt("cut"))])))
    editor.replace((), Traced({"a": 1}, History.of([])))
    assert editor.value == {"a": 1}
    assert not editor.done().history


def test_order_numbers_go_on_where_a_replaced_value_without_notes_began() -> None:
    editor = Editor(Traced({"a": 1}, History.of([(("a",), RepairNote("first"))])))
    editor.note((), RepairNote("second"))
    editor.replace(("a",), Traced(2))
    editor.note(("a",), RepairNote("third"))
    again = Editor(editor.done())
    again.note((), RepairNote("fourth"))
    assert [one.rule for one in again.done().history.repairs()] == ["second", "third", "fourth"]


NOTED = Traced(
    {"a": {"b": "x"}, "c": ["y"], "d": "z"},
    History.of([(("a",), RepairNote("a")), (("a", "b"), RepairNote("b")), (("c", 0), RepairNote("c"))]),
)


def edited(change: Callable[[Editor], None]) -> tuple[Any, list[tuple[str, str]]]:
    """The value after a change, and where each repair is then."""
    editor = Editor(NOTED)
    change(editor)
    done = editor.done()
    return done.value, [(str(one.path), one.rule) for one in done.history.repairs()]


@pytest.mark.parametrize(
    ("change", "value", "repairs"),
    [
        (
            lambda editor: editor.remove(("a",), RepairNote("unknown-key")),
            {"c": ["y"], "d": "z"},
            [("$", "a"), ("$", "b"), ("$.c[0]", "c"), ("$", "unknown-key")],
        ),
        (
            lambda editor: editor.wrap(("a",), 0, RepairNote("list")),
            {"a": [{"b": "x"}], "c": ["y"], "d": "z"},
            [("$.a[0]", "a"), ("$.a[0].b", "b"), ("$.c[0]", "c"), ("$.a", "list")],
        ),
        (
            lambda editor: editor.wrap(("d",), "in", RepairNote("held")),
            {"a": {"b": "x"}, "c": ["y"], "d": {"in": "z"}},
            [("$.a", "a"), ("$.a.b", "b"), ("$.c[0]", "c"), ("$.d", "held")],
        ),
        (
            lambda editor: editor.unwrap((), "a", RepairNote("unwrapped")),
            {"b": "x"},
            [("$", "a"), ("$.b", "b"), ("$", "c"), ("$", "unwrapped")],
        ),
        (
            lambda editor: editor.unwrap((), "d"),
            "z",
            [("$", "a"), ("$", "b"), ("$", "c")],
        ),
        (
            lambda editor: editor.rename(("d",), "e"),
            {"a": {"b": "x"}, "c": ["y"], "e": "z"},
            [("$.a", "a"), ("$.a.b", "b"), ("$.c[0]", "c")],
        ),
        (
            lambda editor: editor.rename(("a",), "e"),
            {"c": ["y"], "d": "z", "e": {"b": "x"}},
            [("$.e", "a"), ("$.e.b", "b"), ("$.c[0]", "c")],
        ),
    ],
    ids=["remove", "wrap", "wrap-name", "unwrap", "unwrap-plain", "rename-plain", "rename"],
)
def test_a_change_moves_each_note_with_its_value(change: Any, value: Any, repairs: Any) -> None:
    before = copy.deepcopy(NOTED.value)
    assert edited(change) == (value, repairs)
    assert NOTED.value == before
    assert Editor(NOTED).at(("a", "b")) == "x"


def test_what_has_no_history_gets_none_by_being_replaced_or_deleted() -> None:
    editor = Editor(Traced({"a": [1], "b": 2}))
    editor.replace(("a", 0), Traced(3))
    editor.delete(("b",))
    assert editor.value == {"a": [3]}
    assert not editor.done().history
