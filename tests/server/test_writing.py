"""An output that is written while it is made is, in the end, the output."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from railguard import Completion, Guard
from railguard.server.streamed_json import Changed, Container, OutputWriter, shape_of

SPEC = """<rail version="1.0">
  <output>
    <string name="title" validators="length: 1 40"/>
    <list name="rows">
      <object>
        <string name="name" validators="two-words"/>
        <integer name="amount" validators="valid-range: 0 100"/>
        <string name="kind" required="false" validators="lower-case" on-fail-lower-case="fix"/>
      </object>
    </list>
    <list name="tags" validators="length: 0 3"><string/></list>
    <object name="total" required="false"><integer name="sum"/></object>
  </output>
  <messages><message role="user">What? ${gr.complete_json_suffix}</message></messages>
</rail>"""
GUARD = Guard.from_rail_string(SPEC)


class Dripping:
    """Answers in pieces, first with one text, then with values for what it is asked."""

    name = "dripping"
    carries_schemas = False

    def __init__(self, answer: str, right: Any, size: int) -> None:
        self.answer, self.right, self.size = answer, right, size

    def complete(self, request: Any) -> Completion:
        if request.round == 0:
            return Completion(self.answer, "stop")
        return Completion(json.dumps(self.right), "stop")  # the whole again: only what is asked for is taken of it

    async def acomplete(self, request: Any) -> Completion:
        return self.complete(request)

    def stream(self, request: Any) -> Any:
        text = self.complete(request).text
        yield from (text[at : at + self.size] for at in range(0, len(text), self.size))
        yield Completion(text, "stop")


def written(guard: Guard[Any], model: Any) -> tuple[list[str], Any]:
    """The pieces that a client gets, and the outcome."""
    writer, pieces = OutputWriter(shape_of(guard)), []
    for event in guard.stream(model):
        if event.outcome is not None:
            outcome = event.outcome
            break
        pieces.append(writer.feed(event))
    if outcome.passed:
        pieces.append(writer.finish(outcome.to_dict()["output"]))
    return [piece for piece in pieces if piece], outcome


rows = st.fixed_dictionaries(
    {"name": st.sampled_from(["annual fee", "cash advance", "late fee"]), "amount": st.integers(0, 100)},
    optional={"kind": st.sampled_from(["fee", "rate"])},
)
answers = st.fixed_dictionaries(
    {"title": st.text("ab c", min_size=1, max_size=9), "rows": st.lists(rows, max_size=4)}
    | {"tags": st.lists(st.text('xyz"\\é', max_size=3), max_size=3)},
    optional={"total": st.fixed_dictionaries({"sum": st.integers(0, 9)})},
)
FAULTS = ("none", "word", "range", "type", "missing", "upper", "long", "fence", "unknown key", "number text", "title")


def spoilt(answer: Any, fault: str, at: int) -> str:
    """The text of an answer with one fault."""
    plain = json.loads(json.dumps(answer))
    row = plain["rows"][at % len(plain["rows"])] if plain["rows"] else {}
    match fault:
        case "word" if row:
            row["name"] = "fee"
        case "range" if row:
            row["amount"] = 1000
        case "type" if row:
            row["amount"] = [1]
        case "missing" if row:
            del row["amount"]
        case "upper" if row:
            row["kind"] = "FEE"
        case "long":
            plain["tags"] = ["a", "b", "c", "d"]
        case "unknown key" if row:
            row["note"] = "x"
        case "number text" if row:
            row["amount"] = "7"
        case "title":
            plain["title"] = "t" * 50
    text = json.dumps(plain)
    return f"Here it is:\n```json\n{text}\n```" if fault == "fence" else text


@settings(deadline=None, max_examples=60)
@given(answers, st.sampled_from(FAULTS), st.integers(0, 3), st.integers(1, 30))
def test_what_is_written_piece_by_piece_is_the_output(answer: Any, fault: str, at: int, size: int) -> None:
    pieces, outcome = written(GUARD, Dripping(spoilt(answer, fault, at), answer, size))
    assert outcome.passed
    assert json.loads("".join(pieces)) == outcome.output
    for wrong in ("FEE", "1000", '"d"', "t" * 50, '"note"'):
        assert wrong not in "".join(pieces)


def test_values_are_written_as_soon_as_they_have_passed() -> None:
    answer = {"title": "a", "rows": [{"name": "late fee", "amount": 1}] * 2, "tags": ["x"], "total": {"sum": 1}}
    pieces, _ = written(GUARD, Dripping(json.dumps(answer), answer, 4))
    assert pieces == [
        '{"title":"a"',
        ',"rows":[{"name":"late fee"',
        ',"amount":1',
        "}",
        ',{"name":"late fee"',
        ',"amount":1',
        "}",
        "]",
        ',"tags":["x"]',  # a rule of its own may have all of it asked for again
        ',"total":{"sum":1',
        "}",
        "}",
    ]


@pytest.mark.parametrize(
    ("schema", "members"),
    [
        ({"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}, {"a": Container(members={})}),
        (
            {"type": "object", "properties": {"a": {"type": "object", "properties": {}, "maxProperties": 1}}},
            {"a": None},
        ),
        ({"type": "object", "properties": {"a": {"type": "array", "items": {}, "uniqueItems": True}}}, {"a": None}),
        (
            {"type": "object", "properties": {"a": {"type": "object", "additionalProperties": {"type": "string"}}}},
            {"a": None},
        ),
    ],
)
def test_only_what_no_rule_can_have_replaced_is_written_in_parts(schema: Any, members: Any) -> None:
    shape = shape_of(Guard.from_json_schema(schema))
    assert isinstance(shape, Container)
    assert shape.members == members


def test_what_was_written_and_is_not_in_the_output_is_noticed() -> None:
    answer = {"title": "a", "rows": [], "tags": []}
    for other in ({**answer, "title": "b"}, {**answer, "rows": [1]}, {"rows": [], "tags": []}, []):
        writer = OutputWriter(shape_of(GUARD))
        for event in GUARD.stream(Dripping(json.dumps(answer), answer, 9)):
            if event.outcome is None:
                writer.feed(event)
        with pytest.raises(Changed):
            writer.finish(other)
