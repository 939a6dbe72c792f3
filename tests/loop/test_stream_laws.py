"""Laws of streaming, over random answers in random pieces: the outcome is that of the same text unstreamed."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from railguard import Completion, FailResult, Guard, StreamEvent, ValidationFailed, validator
from railguard.testing import ScriptedModel
from railguard.values import identical, value_at

USER = [{"role": "user", "content": "go"}]
LAWS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@validator("t-sl-good", replace=True)
def good(value: str) -> FailResult | None:
    """Text without b; the fix leaves it out."""
    return FailResult("No b.", fix=value.replace("b", "")) if "b" in value else None


@validator("t-sl-few", replace=True)
def few(value: list) -> bool | str:  # type: ignore[type-arg]
    """At most two."""
    return len(value) <= 2 or "At most two."


@validator("t-sl-even", replace=True)
async def even(value: int) -> bool | str:
    """Async."""
    return value % 2 == 0 or "Even."


ACTIONS = ("reask", "fix", "fix_reask", "filter", "refrain", "noop", "exception")
ITEM = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "s": {"type": "string"}, "k": {"enum": [1, "x", None]}},
    "required": ["id", "s"],
}
SCHEMA = {
    "type": "object",
    "properties": {
        "t": {"type": "string"},
        "l": {"type": "array", "items": ITEM},
        "d": {"type": "string", "default": "filled"},
    },
    "required": ["t", "l"],
    "additionalProperties": False,
}


def make(actions: tuple[str, str, str, str]) -> Guard:
    text, member, items, number = actions
    return (
        Guard.from_json_schema(SCHEMA)
        .using(good(on_fail=text), on="$.t")
        .using(good(on_fail=member), on="$.l[*].s")
        .using(few(on_fail=items), on="$.l")
        .using(even(on_fail=number), on="$.l[*].id")
    )


words = st.sampled_from(["a", "b", "ab", "", "é😀", 'q"', "\\"])
scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.just(1.0) | words
item = st.fixed_dictionaries(
    {"id": st.integers(0, 3) | scalars, "s": words | scalars}, optional={"k": scalars, "z": scalars}
)
output = st.fixed_dictionaries(
    {"t": words | scalars, "l": st.lists(item, max_size=4) | scalars}, optional={"d": words, "T": words}
)
texts = st.builds(
    lambda before, value, behind, cut, ascii: before + json.dumps(value, ensure_ascii=ascii)[: cut or None] + behind,
    st.sampled_from(["", "", "", "Here: ", "```json\n", "<think>{}</think>"])
    | output.map(lambda value: f"{json.dumps(value)}\nSorry, this is right:\n"),
    output,
    st.sampled_from(["", "", "\n```", " done."]),
    st.sampled_from([None, None, None, -1, -5]),
    st.booleans(),
)
guards = st.tuples(*[st.sampled_from(ACTIONS)] * 4).map(make)
sizes = st.lists(st.integers(1, 9), min_size=1, max_size=4)


class Chunked:
    """Streams a text in pieces of the given sizes, over and over."""

    name = "chunked"

    def __init__(self, text: str, sizes: list[int]) -> None:
        self.text, self.sizes = text, sizes

    def complete(self, request: Any) -> Completion:
        return Completion(self.text, "stop")

    async def acomplete(self, request: Any) -> Completion:
        return Completion(self.text, "stop")

    def stream(self, request: Any) -> Iterator[str | Completion]:
        at, turn = 0, 0
        while at < len(self.text):
            size = self.sizes[turn % len(self.sizes)]
            yield self.text[at : at + size]
            at, turn = at + size, turn + 1
        yield Completion(self.text, "stop")


def streamed(guard: Guard, text: str, sizes: list[int]) -> tuple[list[StreamEvent], Any]:
    """The events, and what the last one's outcome holds, or that of the exception."""
    found: list[StreamEvent] = []
    try:
        found.extend(guard.stream(Chunked(text, sizes), messages=USER, max_reasks=0))
    except ValidationFailed as error:
        return found, error.outcome.to_dict()
    assert found[-1].outcome is not None
    return found, found[-1].outcome.to_dict()


def plain(guard: Guard, text: str) -> Any:
    try:
        return guard(ScriptedModel([Completion(text, "stop")]), messages=USER, max_reasks=0).to_dict()
    except ValidationFailed as error:
        return error.outcome.to_dict()


def key(event: StreamEvent) -> Any:
    return event.type, event.path, repr(event.value), event.failure


@LAWS
@given(guards, texts, sizes)
def test_the_outcome_is_that_of_the_same_text_unstreamed(guard: Guard, text: str, sizes: list[int]) -> None:
    assert streamed(guard, text, sizes)[1] == plain(guard, text)


@LAWS
@given(guards, texts, sizes, sizes)
def test_all_chunkings_give_the_same_events(guard: Guard, text: str, one: list[int], two: list[int]) -> None:
    assert [*map(key, streamed(guard, text, one)[0])] == [*map(key, streamed(guard, text, two)[0])]


@LAWS
@given(guards, texts, sizes)
def test_what_was_told_and_not_taken_back_stands_in_the_record(guard: Guard, text: str, sizes: list[int]) -> None:
    found, outcome = streamed(guard, text, sizes)
    if any(failure["path"] == "$" for failure in outcome["failures"]):
        return  # the text itself is in doubt
    restarts = [at for at, event in enumerate(found) if event.type == "restart"]
    standing = found[restarts[-1] :] if restarts else found
    fields = {event.path: event.value for event in standing if event.type == "field"}
    if outcome["passed"] and not outcome["resolved"]:  # what on-fail changes or leaves out at the end is told before
        for path, value in fields.items():
            assert identical(value_at(outcome["output"], path), value), path
    told = set(map(str, fields))
    failing = {f["path"] for f in outcome["failures"] if f["action"] != "noop"}
    known = {str(event.failure.path) for event in found if event.failure is not None}
    assert not failing & told - known, "told as checked, failing at the end, and nothing said so"


@LAWS
@given(guards, st.text(max_size=40), sizes)
def test_no_text_in_no_pieces_raises(guard: Guard, text: str, sizes: list[int]) -> None:
    assert streamed(guard, text, sizes)[1] == plain(guard, text)
