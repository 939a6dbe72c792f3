"""How much is read of a streaming answer that may be aborted: nothing behind the closing quote of the first failing field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from railguard import Completion, Guard, ValidationOutcome, validator

SCHEMA = {
    "type": "object",
    "properties": {
        "note": {"type": "string"},
        "price": {"type": "number"},
        "kind": {"enum": ["small", "large"]},
        "sold": {"type": "boolean"},
        "sizes": {"type": "array", "items": {"type": "integer"}},
        "maker": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}


@validator("t-sa-short", replace=True)
def short(value: str) -> bool | str:
    """At most eight characters."""
    return len(value) <= 8 or "At most eight characters."


@validator("t-sa-cheap", replace=True)
def cheap(value: float) -> bool | str:
    """Below 100."""
    return value < 100 or "Below 100."


GUARD = (
    Guard.from_json_schema(SCHEMA, messages=[{"role": "user", "content": "Go."}])
    .using(short(on_fail="reask"), on="$.note")
    .using(short(on_fail="reask"), on="$.maker.name")
    .using(cheap(on_fail="reask"), on="$.price")
)
REST = ', "sold": true, "sizes": [1, 2, 3]}'


class Counted:
    """Streams a text in pieces of one size and counts the characters that were taken."""

    name = "counted"

    def __init__(self, text: str, size: int) -> None:
        self.text, self.size, self.taken = text, size, 0

    def complete(self, request: Any) -> Completion:
        return Completion(self.text, "stop")

    async def acomplete(self, request: Any) -> Completion:
        return Completion(self.text, "stop")

    def stream(self, request: Any) -> Iterator[str | Completion]:
        for at in range(0, len(self.text), self.size):
            self.taken = min(len(self.text), at + self.size)
            yield self.text[at : at + self.size]
        yield Completion(self.text, "stop")


def aborted(text: str, size: int) -> tuple[int, ValidationOutcome]:
    """How much was read, and the outcome."""
    model = Counted(text, size)
    events = list(GUARD.stream(model, on_stream_failure="abort", max_reasks=0))
    outcome = events[-1].outcome
    assert outcome is not None
    return model.taken, outcome


@pytest.mark.parametrize("size", [1, 4, 7])
@pytest.mark.parametrize(
    ("start", "path"),
    [
        ('{"note": "far too long"', "$.note"),
        ('{"note": "said \\"far\\" too long"', "$.note"),
        ('{"note": "\\u00e9\\n\\\\ far too long"', "$.note"),
        ('{"note": "😀 \\ud83d\\ude00 far too long"', "$.note"),
        ('{"kind": "enormous"', "$.kind"),
        ('{"sold": "perhaps"', "$.sold"),
        ('{"price": "a lot"', "$.price"),
        ('{"sizes": [1, "q"', "$.sizes[1]"),
        ('{"maker": {"name": "far too long"', "$.maker.name"),
        ('```json\n{"note": "far too long"', "$.note"),
        ('<think>{"note": "x"}</think>\n{"note": "far too long"', "$.note"),
    ],
)
def test_nothing_is_read_behind_the_closing_quote_but_what_is_in_flight(start: str, path: str, size: int) -> None:
    taken, outcome = aborted(start + REST, size)
    assert taken - len(start) < size
    assert path in [str(failure.path) for failure in outcome.failures]


def test_a_number_is_not_closed_before_what_follows_it_says_so() -> None:
    taken, outcome = aborted('{"price": 99' + ".5" + REST, 1)
    assert outcome.passed
    assert outcome.output == {"price": 99.5, "sold": True, "sizes": [1, 2, 3]}
    assert taken == len('{"price": 99.5' + REST)
    taken, outcome = aborted('{"price": 99' + "9" + REST, 1)
    assert str(outcome.failures[0].path) == "$.price"
    assert taken < len('{"price": 999' + REST)


def test_a_member_of_another_object_is_not_mistaken_for_one_of_the_same_name() -> None:
    inner = {"type": "object", "properties": {"note": {"type": "string"}}, "additionalProperties": False}
    schema = {
        "type": "object",
        "properties": {"note": {"type": "string"}, "inner": inner},
        "additionalProperties": False,
    }
    guard = Guard.from_json_schema(schema, messages=[{"role": "user", "content": "Go."}])
    guard = guard.using(short(on_fail="reask"), on="$.note")
    for size in range(1, 12):
        model = Counted('{"inner": {"note": "may well be long"}, "note": "short"}', size)
        assert list(guard.stream(model, on_stream_failure="abort", max_reasks=0))[-1].outcome.passed


@pytest.mark.parametrize("value", ['"LARGE"', '"small "'])
def test_what_will_be_mended_aborts_nothing(value: str) -> None:
    taken, outcome = aborted('{"kind": ' + value + REST, 1)
    assert outcome.passed
    assert taken == len('{"kind": ' + value + REST)


def test_a_field_that_the_abort_cut_through_is_asked_for_once() -> None:
    _, outcome = aborted('{"price": 999, "note": "x"}', 1)
    paths = [str(failure.path) for failure in outcome.failures]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(
    "text", ['{"note": "\\q far too long"', '{"no\\te": "far too long"', '{"note": "half \\ud83d far"']
)
def test_escapes_that_json_does_not_know_are_left_to_the_reader(text: str) -> None:
    taken, outcome = aborted(text + REST, 1)
    assert not outcome.passed or taken == len(text + REST)
