"""Laws of the loop, over random outputs, random failing fields and random answers."""

import copy
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from railguard import Guard, Path, ValidationOutcome, validator
from railguard.testing import ScriptedModel

USER = [{"role": "system", "content": "s"}, {"role": "user", "content": "go"}]
INT, STR, NUMBER = {"type": "integer"}, {"type": "string"}, {"type": "number"}


@validator("t-la-good", replace=True)
def good(value: str) -> bool | str:
    """Text without b."""
    return "b" not in value or "No b."


@validator("t-la-sum", replace=True)
def small(value: list) -> bool | str:  # type: ignore[type-arg]
    """A list of at most five."""
    return len(value) <= 5 or "At most five."


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


ITEM = obj(id=INT, name=STR, on={"enum": [1, 2, None]})
MATRIX = {"type": "array", "items": {"type": "array", "items": INT}}
SCHEMA = obj(
    title=STR,
    rate=NUMBER,
    items={"type": "array", "items": ITEM},
    deep=MATRIX,
)
GUARD = (
    Guard.from_json_schema(SCHEMA)
    .using(good(), on="$.title")
    .using(good(), on="$.items[*].name")
    .using(good(on_fail="noop"), on="$.items[*].name")
    .using(small(), on="$.items")
)

words = st.sampled_from(["a", "ac", "", "c d", "é"])
bad = st.sampled_from([None, True, "b", "1", 1.5, 3, -1, [], {}, [1], {"id": 1}, "misspelled"])
sound_items = st.fixed_dictionaries({"id": st.integers(0, 9), "name": words, "on": st.sampled_from([1, 2, None])})
sound = st.fixed_dictionaries(
    {
        "title": words,
        "rate": st.floats(0, 2),
        "items": st.lists(sound_items, min_size=1, max_size=6),
        "deep": st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=3),
    }
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything below a value."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for part, below in parts for found in ((*path, part), *places(below, (*path, part)))]


@st.composite
def outputs(draw: st.DrawFn) -> Any:
    """A sound output of which some values are taken out, misspelled, or replaced by others that are mostly wrong."""
    value: Any = draw(sound)
    for _ in range(draw(st.integers(0, 4))):
        found = places(value)
        if not found:
            break
        path, new = draw(st.sampled_from(found)), copy.deepcopy(draw(bad))
        at: Any = value
        for part in path[:-1]:
            at = at[part]
        if new is None and isinstance(at, dict):
            del at[path[-1]]
        elif new == "misspelled" and isinstance(at, dict):
            at[str(path[-1]).upper()] = at.pop(path[-1])
        else:
            at[path[-1]] = new
    return value


def nested(inner: Any) -> Any:
    """Lists and objects of values."""
    return st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3)


anything = st.recursive(
    bad | words | st.integers(-3, 3),
    nested,
    max_leaves=6,
)


@st.composite
def answers(draw: st.DrawFn) -> Any:
    """A way to answer a reask: of some keys, by name or by path, with right and wrong values, or something else."""
    kind = draw(st.sampled_from(["flat", "flat", "flat", "printed", "whole", "anything", "text"]))
    values = draw(st.lists(words | st.integers(-3, 3) | bad, min_size=1, max_size=12))
    whole, other = draw(outputs()), draw(anything)

    def answer(keys: list[str], paths: list[Path]) -> str:
        if kind == "flat":
            return json.dumps(dict(zip(keys, values, strict=False)))
        if kind == "printed":
            return json.dumps(dict(zip(map(str, paths), values, strict=False)))
        return json.dumps(whole) if kind == "whole" else json.dumps(other) if kind == "anything" else "no"

    return answer


def run(first: Any, ways: list[Any], reasks: int) -> tuple[ValidationOutcome, ScriptedModel]:
    """The outcome of a call whose model answers a reask in the given ways."""
    model: ScriptedModel

    def reply(way: Any) -> Any:
        def of(messages: Any) -> str:
            request = model.requests[-1]
            keys = list((request.schema or {}).get("properties", {}))
            return str(way(keys, [Path((key,)) for key in keys]))

        return of

    model = ScriptedModel([json.dumps(first), *map(reply, ways)])
    return GUARD(model, messages=USER, max_reasks=reasks), model


def without(state: Any, paths: Sequence[tuple[str | int, ...]]) -> str:
    """The state as JSON text, with the values at the paths blanked and what was appended taken away."""
    copy = json.loads(json.dumps(state))
    for path in paths:
        at = copy
        for part in path[:-1]:
            at = at[part]
        at[path[-1]] = "…"
    return json.dumps(copy)


LAWS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@LAWS
@given(outputs(), st.lists(answers(), min_size=3, max_size=3))
def test_the_state_without_the_asked_paths_is_unchanged_by_a_reask(first: Any, ways: list[Any]) -> None:
    outcome, _ = run(first, ways, 3)
    for before, after in zip(outcome.iterations, outcome.iterations[1:], strict=False):
        asked = list(after.asked)
        if () in asked or after.raw == "no":
            continue
        held = [path for path in asked if path_is_there(before.parsed, path)]
        new = [path for path in asked if not path_is_there(before.parsed, path) and path_is_there(after.parsed, path)]
        blank = json.loads(without(after.parsed, held))
        for path in new:
            at = blank
            for part in path[:-1]:
                at = at[part]
            del at[path[-1]]
        assert json.dumps(blank) == without(before.parsed, held)


def path_is_there(state: Any, path: tuple[str | int, ...]) -> bool:
    for part in path:
        try:
            state = state[part]
        except (KeyError, IndexError, TypeError):
            return False
    return True


@LAWS
@given(outputs(), st.lists(answers(), min_size=3, max_size=3), st.integers(0, 3))
def test_every_law_of_a_call_holds(first: Any, ways: list[Any], reasks: int) -> None:
    outcome, model = run(first, ways, reasks)
    assert len(outcome.iterations) <= 1 + reasks
    assert len(model.requests) == len(outcome.iterations)
    start = json.dumps(list(model.requests[0].messages))[:-1]
    assert all(json.dumps(list(request.messages)).startswith(start) for request in model.requests)
    again = GUARD.parse(json.dumps(outcome.iterations[-1].parsed))
    assert outcome.passed == again.passed, "a call passes exactly what parse passes"
    assert sorted((f.path, f.validator, f.message) for f in outcome.failures if f.path) == sorted(
        (f.path, f.validator, f.message) for f in again.failures if f.path
    ), "nothing is forgotten and nothing is made up"
    assert outcome.partial == again.partial
    json.dumps(outcome.to_dict(), allow_nan=False)


@LAWS
@given(outputs(), answers())
def test_what_failed_and_was_not_answered_still_fails(first: Any, way: Any) -> None:
    outcome, _ = run(first, [way], 1)
    if len(outcome.iterations) < 2 or () in outcome.iterations[1].asked:
        return
    before, after = outcome.iterations
    same = {
        f.path
        for f in before.failures
        if f.path
        and json.dumps(value_at(before.parsed, f.path)) == json.dumps(value_at(after.parsed, f.path))
        and path_is_there(before.parsed, f.path)
        and not f.blame
    }
    assert same <= {f.path for f in after.failures}


def value_at(state: Any, path: tuple[str | int, ...]) -> Any:
    return state if not path or not path_is_there(state, path) else value_at(state[path[0]], path[1:])


@LAWS
@given(outputs())
def test_a_request_is_a_function_of_the_outcome_alone(first: Any) -> None:
    outcome = GUARD.parse(json.dumps(first))
    one, two = GUARD.reask_request(outcome), GUARD.reask_request(GUARD.parse(json.dumps(first)))
    assert json.dumps(one and one.messages) == json.dumps(two and two.messages)
    if one is not None:
        paths = sorted(one.paths, key=len)
        assert not any(b.starts_with(a) for i, a in enumerate(paths) for b in paths[i + 1 :]), "prefix-free"
        failing = {f.path for f in outcome.failures}
        assert all(any(f.starts_with(path) or path.starts_with(f) for f in failing) for path in paths)


@LAWS
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("utf-8", "surrogateescape")))
def test_parse_never_raises_for_a_text(text: str) -> None:
    for guard in (GUARD, Guard.from_string([good()])):
        json.dumps(guard.parse(text).to_dict(), allow_nan=False)


PIECES = [
    "{",
    "}",
    "[",
    "]",
    '"',
    ":",
    ",",
    "\\",
    "\\u",
    "d800",
    "title",
    "1",
    "e",
    "-",
    ".",
    "NaN",
    "`",
    "```\n",
    "\n",
    " ",
]
ODD = ["\x00", "/*", "//", "'", "true", "\ufeff", "\ud800"]


@LAWS
@given(st.lists(st.sampled_from(PIECES + ODD), max_size=30).map("".join))
def test_parse_never_raises_for_pieces_of_json(text: str) -> None:
    outcome = GUARD.parse(text)
    json.dumps(outcome.to_dict(), allow_nan=False)
    assert outcome.failures
