"""Whatever an editor does to a value, each note stays with the value that it was made of."""

from __future__ import annotations

import copy
from typing import Any

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
