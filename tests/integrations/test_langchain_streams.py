"""What a guard yields in a chain that streams: checked values, which a following step adds up to the output."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

pytest.importorskip("langchain_core")
pytest.importorskip("langchain_openai")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableGenerator, RunnableLambda
from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from railguard import Completion, Guard, ValidationFailed
from railguard.testing import ScriptedModel
from railguard_validators.length import length
from railguard_validators.lower_case import lower_case

ITEMS = {
    "type": "array",
    "items": {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]},
}
RECORD = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "rows": {"type": "array", "items": {"type": "integer"}}},
    "required": ["title", "rows"],
}
PROMPT = ChatPromptTemplate.from_messages([("user", "{question}")])


class Fee(BaseModel):
    name: str
    amount: float = 1.0


def streamed(guard: Guard, *answers: Any, **options: Any) -> list[Any]:
    return list(guard.to_runnable(ScriptedModel(list(answers)), **options).stream("?"))


def sum_of(chunks: list[Any]) -> Any:
    """What a step of LangChain makes of a stream."""
    return next(RunnableLambda(lambda value: value).transform(iter(chunks)))


def test_an_object_yields_growing_snapshots_and_the_output_last():
    chunks = streamed(Guard.from_json_schema(RECORD), '{"title": "t", "rows": [1, 2]}')
    assert chunks == [
        {"title": "t"},
        {"title": "t", "rows": [1]},
        {"title": "t", "rows": [1, 2]},
        {"title": "t", "rows": [1, 2]},
    ]


def test_a_list_yields_whole_new_items():
    assert streamed(Guard.from_json_schema(ITEMS), '[{"a": 1}, {"a": 2}]') == [[{"a": 1}], [{"a": 2}]]


def test_a_list_holds_what_comes_after_an_item_that_fails_until_it_is_mended():
    chunks = streamed(Guard.from_json_schema(ITEMS), '[{"a": 1}, {"a": "x"}, {"a": 3}]', '{"1.a": 2}')
    assert chunks == [[{"a": 1}], [{"a": 2}, {"a": 3}]]


def test_a_list_of_models_yields_instances():
    chunks = streamed(Guard.from_pydantic(list[Fee]), '[{"name": "x"}, {"name": "y", "amount": 2}]')
    assert chunks == [[Fee(name="x")], [Fee(name="y", amount=2)]]


def test_a_list_of_texts_yields_the_texts():
    assert streamed(Guard.from_pydantic(list[str]), '["Ann", "Bob"]') == [["Ann"], ["Bob"]]
    assert streamed(Guard.from_pydantic(list[str | int]), '["1", 1]') == [["1"], [1]]


def test_a_text_yields_new_pieces():
    assert streamed(Guard.from_string(), "a good morning") == ["a go", "od m", "orni", "ng"]


def test_a_text_yields_the_sentences_that_passed_where_nobody_asks_again():
    guard = Guard.from_string([lower_case(on_fail="noop")])
    assert streamed(guard, "one two. three four. five") == ["one two. ", "three four. ", "five"]


def test_a_text_that_may_be_asked_for_again_comes_at_the_end():
    guard = Guard.from_string([lower_case()])
    assert streamed(guard, "one. TWO.", "one. two.") == ["one. two."]
    assert streamed(guard, "one. two.", max_reasks=0) == ["one. ", "two."]


def test_a_text_that_may_be_a_json_string_comes_at_the_end():
    assert streamed(Guard.from_string(), ' "quoted"') == [' "quoted"']


@pytest.mark.parametrize(
    ("guard", "answers"),
    [
        (Guard.from_json_schema(ITEMS).using(length(max=1, on_fail="fix")), ['[{"a": 1}, {"a": 2}]']),
        (Guard.from_json_schema({**ITEMS, "maxItems": 1}), ['[{"a": 1}, {"a": 2}]', '[{"a": 3}]']),
        (Guard.from_json_schema({**ITEMS, "uniqueItems": True}), ['[{"a": 1}, {"a": 1}]', '[{"a": 3}]']),
        (Guard.from_json_schema({**ITEMS, "minItems": 2}), ['[{"a": 1}]', '{"+": [{"a": 2}]}']),
        (
            Guard.from_json_schema({"type": "array", "items": {**RECORD, "required": ["title"]}}).using(
                length(max=2, on_fail="filter"), on="$[*].title"
            ),
            ['[{"title": "ab"}, {"title": "abc"}, {"title": "cd"}]'],
        ),
        (
            Guard.from_json_schema({"type": "array", "items": {"type": "object", "properties": {"a": {"default": 5}}}}),
            ["[{}, {}]"],
        ),
        (Guard.from_json_schema(ITEMS), ['Here: [1] is wrong. [{"a": 1}]']),
        (Guard.from_json_schema({"type": "integer"}), ["7"]),
        (Guard.from_json_schema({"enum": ["x", None]}), ["null"]),
        (Guard.from_json_schema({}), ['{"a": [1]}']),
        (Guard.from_pydantic(dict[str, int]), ['{"a": 1, "b": 2}']),
        (Guard.from_pydantic(tuple[int, ...]), ["[1, 2]"]),
        (Guard.from_pydantic(set[int]), ["[1, 2]"]),
        (Guard.from_pydantic(Fee), ['{"name": "x"}']),
        (Guard.from_pydantic(list[int]), ["[]"]),
        (Guard.from_string([length(min=1)]), [""] * 3 + ["x"]),
        (Guard.from_string(), [" "] * 3),
    ],
)
def test_what_a_step_adds_up_is_what_invoke_gives(guard, answers):
    def outcome(run: Any) -> Any:
        try:
            return run()
        except ValidationFailed as error:
            return str(error)

    whole = outcome(lambda: guard.to_runnable(ScriptedModel(answers)).invoke("?"))
    assert outcome(lambda: sum_of(streamed(guard, *answers))) == whole
    chain = guard.to_runnable(ScriptedModel(answers)) | (lambda value: value)
    assert outcome(lambda: list(chain.stream("?"))[-1]) == whole


VALUES = st.recursive(st.integers(-9, 9) | st.text("ab .", max_size=4), lambda inner: st.lists(inner, max_size=3))


@given(
    st.lists(st.fixed_dictionaries({"a": st.integers(-9, 9)}, optional={"b": VALUES}), max_size=5),
    st.integers(1, 9),
    st.sampled_from([ITEMS, {**ITEMS, "maxItems": 3}, {"type": "object", "properties": {"rows": ITEMS}}]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_law_of_sums_holds_for_any_answer_in_pieces_of_any_size(rows, size, schema):
    import json

    value = rows if schema["type"] == "array" else {"rows": rows}
    text = json.dumps(value)
    guard = Guard.from_json_schema(schema)

    def ended(run: Any) -> Any:
        try:
            return run()
        except ValidationFailed:
            return "failed"

    whole = ended(lambda: guard.to_runnable(ScriptedModel([text] * 3)).invoke("?"))
    chunks = ended(lambda: list(guard.to_runnable(ScriptedModel([text] * 3, pieces=size)).stream("?")))
    assert (chunks if chunks == "failed" else sum_of(chunks)) == whole


def test_snapshots_that_were_handed_out_do_not_change_afterwards():
    import copy

    kept, copies = [], []
    for chunk in (
        Guard.from_json_schema(RECORD).to_runnable(ScriptedModel(['{"title": "t", "rows": [1, 2, 3]}'])).stream("?")
    ):
        kept.append(chunk)
        copies.append(copy.deepcopy(chunk))
    assert kept == copies


def test_a_mended_item_takes_its_place_in_a_snapshot():
    guard = Guard.from_json_schema(
        {"type": "object", "properties": {"rows": {"type": "array", "items": ITEMS["items"]}}}
    )
    chunks = streamed(guard, '{"rows": [{"a": "x"}, {"a": 2}]}', '{"rows.0.a": 1}')
    assert chunks[0] == {"rows": [{"a": 2}]}
    assert chunks[-2:] == [{"rows": [{"a": 1}, {"a": 2}]}] * 2


def test_what_was_streamed_and_does_not_hold_ends_the_stream_with_the_outcome():
    cut = Completion("hello there", "length")
    with pytest.raises(ValidationFailed, match="cannot be completed") as caught:
        streamed(Guard.from_string(), cut, "good bye")
    assert caught.value.outcome.output == "good bye"


def test_the_outcome_is_the_only_chunk_where_it_is_asked_for():
    (outcome,) = streamed(Guard.from_json_schema(ITEMS), '[{"a": 1}]', include_outcome=True)
    assert outcome.output == [{"a": 1}]


@pytest.mark.parametrize(
    ("schema", "answers", "value"),
    [
        (RECORD, ['{"title": "t", "rows": [1, "x"]}', '{"rows.1": 2}'], {"title": "t", "rows": [1, 2]}),
        (ITEMS, ['[{"a": 1}, {"a": "x"}]', '{"1.a": 2}'], [{"a": 1}, {"a": 2}]),
        ({"type": "string"}, ["a good morning"], "a good morning"),
    ],
)
def test_a_chain_over_a_server_streams_every_root_to_its_value(server, schema, answers, value):
    server.will(*answers)
    step = Guard.from_json_schema(schema).to_runnable(ChatOpenAI(model="gpt-5", max_retries=0))
    assert list((PROMPT | step | (lambda v: v)).stream({"question": "?"})) == [value]
    assert server.requests[0]["stream"] is True

    async def drained() -> list[Any]:
        server.will(*answers)
        return [chunk async for chunk in (PROMPT | step).astream({"question": "?"})]

    chunks = asyncio.run(drained())
    assert len(chunks) > 1
    assert sum_of(chunks) == value


def test_events_show_the_guard_its_chunks_and_the_rounds_of_the_model(server):
    async def events() -> list[dict[str, Any]]:
        server.will('{"title": "t", "rows": [1, "x"]}', '{"rows.1": 2}')
        chain = PROMPT | Guard.from_json_schema(RECORD).to_runnable(ChatOpenAI(model="gpt-5", max_retries=0))
        return [event async for event in chain.astream_events({"question": "?"})]

    seen = asyncio.run(events())
    models = [event for event in seen if event["event"] == "on_chat_model_start"]
    assert [event["tags"] for event in models] == [["ask"], ["reask:1"]]
    chunks = [e["data"]["chunk"] for e in seen if e["event"] == "on_chain_stream" and e["name"] == "GuardRunnable"]
    assert chunks[-1] == {"title": "t", "rows": [1, 2]}
    (end,) = (e for e in seen if e["event"] == "on_chain_end" and e["name"] == "GuardRunnable")
    assert end["data"]["output"] == {"title": "t", "rows": [1, 2]}


def test_leaving_a_stream_closes_the_models_answer():
    closed: list[bool] = []

    def model(messages):
        try:
            yield from ('[{"a": 1}, ', '{"a": 2}, ', '{"a": 3}]')
        finally:
            closed.append(True)

    stream = Guard.from_json_schema(ITEMS).to_runnable(model).stream("?")
    assert next(stream) == [{"a": 1}]
    stream.close()
    assert closed == [True]


def test_leaving_an_async_stream_closes_the_models_answer():
    closed: list[bool] = []

    async def model(messages):
        try:
            for piece in ('[{"a": 1}, ', '{"a": 2}, ', '{"a": 3}]'):
                yield piece
        finally:
            closed.append(True)

    async def generate(inputs):
        async for messages in inputs:
            async with aclosing(model(messages)) as pieces:
                async for piece in pieces:
                    yield piece

    async def leave(model: Any) -> None:
        closed.clear()
        stream = Guard.from_json_schema(ITEMS).to_runnable(model).astream("?")
        assert await anext(stream) == [{"a": 1}]
        await stream.aclose()
        await asyncio.sleep(0)
        assert closed == [True]

    asyncio.run(leave(model))
    asyncio.run(leave(RunnableGenerator(generate)))
