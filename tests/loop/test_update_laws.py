"""Laws of updates over random schemas, documents, spellings of their texts, and answers of every shape.

What the answer names changes, and nothing else: the value is the one that an oracle computes, and of a text every value
outside of the changes is spelled as it was, byte for byte. RAILGUARD_FUZZ=1 runs 5,000 documents.
"""

import json
import os
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import jsonschema
import pytest
from random_documents import MISSING, Place, a_schema, a_value, at, dotted, pointer, put

from railguard import Guard
from railguard.testing import ScriptedModel

NEWS = [{"role": "user", "content": "news"}]
DOCUMENTS = 5_000 if os.environ.get("RAILGUARD_FUZZ") else 120
SEED = int(os.environ.get("RAILGUARD_SEED", "0"))


class Change(NamedTuple):
    """way: set, append or remove. schema: of the value at the path, of the items for an append."""

    way: str
    path: Place
    schema: dict[str, Any]
    new: Any = None


def typed(schema: dict[str, Any], value: Any, path: Place = (), *, optional: bool = False) -> Iterator[tuple[Any, ...]]:
    """(path, schema, value, whether it may go) of everything below a value."""
    if "anyOf" in schema:
        schema = next(one for one in schema["anyOf"] if one["properties"]["kind"]["const"] == value["kind"])
    if path:
        yield path, schema, value, optional
    if isinstance(value, list):
        goes = len(value) > max(schema.get("minItems", 0), 1)
        for index, item in enumerate(value):
            yield from typed(schema["items"], item, (*path, index), optional=goes)
    elif isinstance(value, dict):
        for name, member in value.items():
            below = schema["properties"][name] if "properties" in schema else schema["additionalProperties"]
            goes = "properties" not in schema or name not in schema["required"]
            yield from typed(below, member, (*path, name), optional=goes)


def some_changes(rng: random.Random, schema: dict[str, Any], value: Any, *, sets_only: bool = False) -> list[Change]:
    """Changes that do not touch each other."""
    found: list[Change] = []
    around = list(typed(schema, value))
    rng.shuffle(around)
    for path, below, there, goes in around:
        if len(found) == 3:
            break
        if path[-1] in ("id", "kind") or any(_meet(path, one.path) for one in found):
            continue
        way = "set" if sets_only else rng.choice(["set", "set", "append", "remove"])
        if way == "append" and isinstance(there, list):
            found.append(Change(way, path, below["items"], a_value(rng, below["items"], [])))
        elif way == "remove" and goes:
            found.append(Change(way, path, below))
        elif way == "set" and not isinstance(there, (dict, list)):
            found.append(Change(way, path, below, a_value(rng, below, [])))
    return found


def _meet(one: Place, other: Place) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]


def expected(value: Any, changes: list[Change]) -> Any:
    """What a document becomes: values set, items appended, then removals from the end."""
    value = deepcopy(value)
    for change in changes:
        if change.way == "set":
            put(value, change.path, change.new)
        elif change.way == "append":
            at(value, change.path).append(change.new)
    for change in sorted((one for one in changes if one.way == "remove"), key=lambda one: _order(one.path)):
        del at(value, change.path[:-1])[change.path[-1]]
    return value


def _order(path: Place) -> list[tuple[str, int]]:
    return [(part, 0) if isinstance(part, str) else ("", -part) for part in path]


def nullable(schema: dict[str, Any]) -> bool:
    return "null" in schema.get("type", "") or None in schema.get("enum", [])


def answer(rng: random.Random, changes: list[Change], after: Any, *, bare: bool) -> str:
    """An answer that says the changes, in one of the shapes that models write."""
    shapes = ["patch"]
    if not any(one.way == "remove" and nullable(one.schema) for one in changes):
        shapes += ["dotted", "pointers", "pieces"]
    if not any(one.way == "remove" and isinstance(one.path[-1], str) for one in changes):
        shapes.append("whole")
    shape = rng.choice(shapes)
    if shape == "whole":
        return json.dumps(after)
    if shape == "patch":
        operations = []
        for one in changes:
            path = pointer(one.path)
            if one.way == "append":
                operations.append({"op": "add", "path": f"{path}/-", "value": one.new})
            else:
                value = {} if one.way == "remove" else {"value": one.new}
                operations.append({"op": "replace" if one.way == "set" else "remove", "path": path, **value})
        return json.dumps(operations)
    name = pointer if shape == "pointers" else dotted
    said = {
        name((*one.path, "+")) if one.way == "append" else name(one.path): [one.new] if one.way == "append" else one.new
        for one in changes
    }
    if shape == "pieces":
        return json.dumps([{key: new} for key, new in said.items()])
    text = json.dumps(said)
    return text if bare else rng.choice([text, f"```json\n{text}\n```", f"This changes:\n{text}"])


def spelled(rng: random.Random, value: Any) -> str:
    """A JSON text of a value, with blanks, numbers and escapes as somebody may have written them."""

    def blank() -> str:
        return rng.choice(["", "", "", " ", "  ", "\n", "\n    ", "\t", "\r\n"])

    if isinstance(value, dict):
        members = [
            f"{blank()}{spelled(rng, name)}{blank()}:{blank()}{spelled(rng, one)}" for name, one in value.items()
        ]
        return "{" + f"{blank()},".join(members) + blank() + "}"
    if isinstance(value, list):
        return "[" + f"{blank()},".join(f"{blank()}{spelled(rng, one)}" for one in value) + blank() + "]"
    if isinstance(value, str):
        written = json.dumps(value)[1:-1]
        return (
            '"'
            + "".join(f"\\u{ord(one):04x}" if rng.random() < 0.1 and one.isalpha() else one for one in written)
            + '"'
        )
    if isinstance(value, float):
        return rng.choice([json.dumps(value), f"{value:.6f}", f"{value:e}"])
    return json.dumps(value)


def spans(text: str, at: int = 0, path: Place = ()) -> tuple[dict[Place, tuple[int, int]], int]:
    """Where each value of a JSON text stands, and the end of the one at an offset."""

    def after_blank(at: int) -> int:
        while at < len(text) and text[at] in " \t\r\n":
            at += 1
        return at

    at = after_blank(at)
    if text[at] not in "{[":
        end = json.JSONDecoder().raw_decode(text, at)[1]
        return {path: (at, end)}, end
    found: dict[Place, tuple[int, int]] = {}
    start, number, closing = at, 0, "}" if text[at] == "{" else "]"
    at = after_blank(at + 1)
    while text[at] != closing:
        part: str | int = number
        if closing == "}":
            part, at = json.JSONDecoder().raw_decode(text, at)
            at = after_blank(at) + 1
        below, at = spans(text, at, (*path, part))
        found |= below
        number += 1
        at = after_blank(at)
        if text[at] == ",":
            at = after_blank(at + 1)
    return {**found, path: (start, at + 1)}, at + 1


def in_new_text(path: Place, changes: list[Change]) -> Place:
    """Where a value of the old document is in the new one."""
    moved: list[str | int] = []
    for size, part in enumerate(path):
        gone = [one.path[size] for one in changes if one.way == "remove" and one.path[:-1] == path[:size]]
        moved.append(part - sum(index < part for index in gone) if isinstance(part, int) else part)
    return tuple(moved)


def documents(
    start: int, *, sets_only: bool = False
) -> Iterator[tuple[random.Random, dict[str, Any], Any, list[Change]]]:
    for seed in range(start, start + DOCUMENTS):
        rng = random.Random(seed)
        schema = a_schema(rng)
        value = a_value(rng, schema, [])
        changes = some_changes(rng, schema, value, sets_only=sets_only)
        after = expected(value, changes)
        if jsonschema.Draft202012Validator(schema).is_valid(after):
            yield rng, schema, value, changes


def test_what_is_named_changes_and_nothing_else_does_in_value_and_text() -> None:
    seen = 0
    for rng, schema, value, changes in documents(SEED):
        policy = rng.choice(["none", "syntax", "lossless"])
        guard = Guard.from_json_schema(schema, messages=NEWS, repair=policy)
        after = expected(value, changes)
        said = answer(rng, changes, after, bare=policy == "none")
        text = spelled(rng, value)
        model = ScriptedModel([said])
        outcome = guard.update(text, model, max_reasks=0)
        assert outcome.passed, (schema, value, said, outcome.failures)
        assert json.dumps(outcome.output, sort_keys=True) == json.dumps(after, sort_keys=True), (value, said)
        assert json.loads(outcome.document) == after
        whole = said == json.dumps(after)
        old, new = spans(text)[0], spans(outcome.document)[0]
        named = [one.path for one in changes]
        for path, (start, end) in old.items():
            is_leaf = not isinstance(at(value, path), (dict, list))
            if is_leaf and not whole and not any(_meet(path, one) for one in named):
                begin, stop = new[in_new_text(path, changes)]
                assert outcome.document[begin:stop] == text[start:end], (path, text, said)
        of_value = guard.update(value, ScriptedModel([said]), max_reasks=0)
        assert json.dumps(of_value.document) == json.dumps(json.loads(outcome.document))
        assert of_value.changes == outcome.changes
        seen += bool(changes)
    assert seen > DOCUMENTS // 3


def test_between_the_values_that_are_set_the_text_is_equal_to_the_byte() -> None:
    for rng, schema, value, changes in documents(SEED + 100_000, sets_only=True):
        guard = Guard.from_json_schema(schema, messages=NEWS)
        text = spelled(rng, value)
        said = json.dumps({pointer(one.path): one.new for one in changes})
        outcome = guard.update(text, ScriptedModel([said]), max_reasks=0)
        old, new = spans(text)[0], spans(outcome.document)[0]
        before, after = 0, 0
        for path in sorted((one.path for one in changes), key=lambda path: old[path]):
            assert text[before : old[path][0]] == outcome.document[after : new[path][0]]
            before, after = old[path][1], new[path][1]
        assert text[before:] == outcome.document[after:]


def test_changes_that_are_not_valid_are_asked_again_and_the_end_is_the_same() -> None:
    mended = 0
    for rng, schema, value, changes in documents(SEED + 200_000, sets_only=True):
        if not changes:
            continue
        guard = Guard.from_json_schema(schema, messages=NEWS, repair="none")
        right = {dotted(one.path): one.new for one in changes}
        wrong = {**right, dotted(rng.choice(changes).path): rng.choice([-9, "TOO LONG A TEXT", [], {"x": 1}])}
        if rng.random() < 0.3:
            wrong["zzz.y"] = 1
        model = ScriptedModel([json.dumps(wrong), json.dumps(right)])
        outcome = guard.update(value, model, max_reasks=1)
        assert all(
            request.schema is None or "" not in request.schema.get("properties", {}) for request in model.requests
        )
        if len(outcome.iterations) == 1:
            continue  # the value was a valid one by chance
        mended += 1
        assert outcome.passed, (schema, value, wrong, right, outcome.failures)
        assert outcome.output == expected(value, changes)
        assert all(at(value, tuple(one.path)) is not MISSING for one in outcome.changes)
    assert mended > DOCUMENTS // 4


@pytest.mark.parametrize("garbage", ["I cannot do that.", "{", '{"a": 1', "null", "[[1]]", "7", '{"zzz": 1}'])
def test_an_answer_of_no_use_changes_nothing_and_does_not_pass(garbage: str) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    outcome = Guard.from_json_schema(schema, messages=NEWS).update('{"a": 0}', ScriptedModel([garbage] * 3))
    assert not outcome.passed
    assert outcome.document is None
    assert outcome.partial in ({"a": 0}, {"a": 1})
