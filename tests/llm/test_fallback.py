"""Several models: the next is asked where one fails, and, if wanted, for the reask."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from railguard import Cached, Guard, MemoryStore
from railguard.errors import InputError, ProviderError
from railguard.llm import Request, model
from railguard.llm.fallback import Fallback
from railguard.testing import RecordingModel, ScriptedModel
from railguard.values import Completion
from railguard_validators.length import length
from tests.conftest import patiently

QUESTION = Request(({"role": "user", "content": "?"},), timeout=60)
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "integer", "maximum": 9}, "b": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


class Named(ScriptedModel):
    def __init__(self, name: str, *answers: Any) -> None:
        super().__init__(list(answers))
        self.name = name


def test_the_next_is_asked_where_one_fails_and_that_is_noted(ask):
    one = Fallback([Named("a", ProviderError("down")), Named("b", ProviderError("out")), Named("c", "yes")])
    found = ask(one, QUESTION)
    assert found.text == "yes"
    assert found.note == "a failed (down); b was asked; b failed (out); c was asked"


def test_the_first_alone_is_asked_while_it_answers(ask):
    second = Named("b", "no")
    found = ask(Fallback([Named("a", Completion("", "refusal", "I will not")), second]), QUESTION)
    assert (found.refusal, found.note, second.requests) == ("I will not", None, [])


def test_the_last_error_is_raised_where_all_fail(ask):
    with pytest.raises(ProviderError, match="out"):
        ask(Fallback([Named("a", ProviderError("down")), Named("b", ProviderError("out"))]), QUESTION)


def test_a_mistake_of_the_callers_is_nobodys_fault(ask):
    second = Named("b", "no")
    with pytest.raises(InputError, match="wrong"):
        ask(Fallback([Named("a", InputError("wrong")), second]), QUESTION)
    assert second.requests == []


def test_one_that_hangs_leaves_time_for_the_next(server, ask):
    def once(patience: float) -> None:
        server.will(server.hang)
        hanging = model("openai:m", base_url=server.url)
        found = ask(Fallback([hanging, Named("b", "yes")]), Request(QUESTION.messages, timeout=2 * patience))
        assert found.text == "yes"
        assert f"no whole answer in {patience} s" in found.note

    patiently(once)


def test_a_stream_falls_back_until_its_first_piece_and_not_after(server, read):
    whole = server.sse(*server.chunks("Hel", "lo"))
    begun = server.events(b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in server.chunks("x")[:2]))
    server.will(server.reply(400, {"error": "no"}), whole)
    two = [model("openai:m", base_url=server.url), model("openai:n", base_url=server.url)]
    pieces, error = read(Fallback(two), QUESTION)
    assert (error, pieces[:-1], pieces[-1].text) == (None, ["Hel", "lo"], "Hello")
    assert "openai:m failed" in pieces[-1].note
    server.will(begun, whole)
    pieces, error = read(Fallback(two), QUESTION)
    assert pieces == ["x"]
    assert "cut its stream off" in str(error)
    assert len(server.received) == 1


def test_a_guard_takes_a_list_and_each_is_sent_its_own_api_and_a_schema_that_both_take(apis, server, monkeypatch):
    claude = apis["anthropic"]

    def behave(handler: Any) -> None:
        if handler.path == claude.path:
            claude.answers(server, '{"a": 7, "b": null}')(handler)
        else:
            server.reply(500, {"error": "down"})(handler)

    server.will(behave)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", claude.base(server))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "k")
    two = [model("openai:m", attempts=1), "anthropic:n"]
    outcome = Guard.from_json_schema(SCHEMA, messages="Go")(two)
    assert outcome.output == {"a": 7}
    assert "openai:m failed" in outcome.iterations[0].note
    first, second = server.received
    sent = first.body["response_format"]["json_schema"]["schema"]
    assert sent == second.body["output_config"]["format"]["schema"]
    assert sent["required"] == ["a", "b"]
    assert "maximum" not in sent["properties"]["a"]


def test_models_of_one_dialect_keep_it():
    assert Fallback(["openai:a", "openai:b"]).schema_target == "openai-strict"
    assert Fallback(["openai:a", "gemini:b"]).schema_target == "portable"


@pytest.mark.parametrize(("reask", "asked"), [("same", [2, 0]), ("stronger", [1, 1])])
def test_a_reask_goes_to_the_same_or_to_the_next(reask, asked):
    weak, strong = Named("weak", '{"a": 70}', '{"a": 7}'), Named("strong", '{"a": 7}')
    outcome = Guard.from_json_schema(SCHEMA, messages="Go")(Fallback([weak, strong], reask=reask))
    assert outcome.output == {"a": 7}
    assert [len(one.requests) for one in (weak, strong)] == asked


WHOLE = '{"a": 70, "b": "keep"}'
"""A first answer of which `a` fails."""


def streamed(guard: Guard[Any], models: Any) -> Any:
    return list(guard.stream(models))[-1].outcome


@pytest.mark.parametrize(
    "way", [Guard.__call__, lambda g, m: asyncio.run(g.acall(m)), streamed], ids=["call", "acall", "stream"]
)
def test_the_first_question_is_put_again_to_the_next_and_only_what_failed_is_taken_from_its_answer(way):
    weak, strong = Named("weak", WHOLE), Named("strong", 'Here: {"a": 7, "b": "other"}')
    outcome = way(Guard.from_json_schema(SCHEMA, messages="Go"), Fallback([weak, strong], reask="whole"))
    assert outcome.output == {"a": 7, "b": "keep"}
    assert outcome.iterations[1].asked == (("a",),)
    assert [value for _, value in outcome.iterations[1].ignored] == ["other"]
    (first,), (again,) = weak.requests, strong.requests
    assert (first.messages, first.schema, first.strict) == (again.messages, again.schema, again.strict)
    assert (again.purpose, again.round) == ("reask", 1)


def test_a_whole_answer_that_is_a_text_or_that_an_enclosing_rule_asks_for_is_taken_whole():
    short = Guard.from_string(validators=[length(max=5)], messages="Go")
    assert short(Fallback([Named("a", "far too long"), Named("b", "short")], reask="whole")).output == "short"
    unique = Guard.from_json_schema({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, messages="Go")
    assert unique(Fallback([Named("a", "[1, 1]"), Named("b", "[1, 2]")], reask="whole")).output == [1, 2]


def test_what_is_put_again_is_recorded_replayed_and_cached_by_its_round(tmp_path):
    guard = Guard.from_json_schema(SCHEMA, messages="Go")
    file = tmp_path / "conversation.jsonl"

    def models() -> Fallback:
        return Fallback([Named("weak", WHOLE), Named("strong", '{"a": 7, "b": "other"}')], reask="whole")

    outcome = guard(RecordingModel(models(), file))
    assert guard(f"replay:{file}").output == outcome.output == {"a": 7, "b": "keep"}
    store = MemoryStore()
    assert guard(Cached(models(), store)).output == outcome.output
    again = guard(Cached(Fallback([Named("weak"), Named("strong")], reask="whole"), store))
    assert (again.output, again.usage.total_tokens) == (outcome.output, 0)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Fallback([]), "at least one"),
        (lambda: model([]), "at least one"),
        (lambda: Fallback(["openai:a"], reask="weaker"), "reask is same, stronger or whole"),
        (lambda: model(["nobody:a"]), "unknown model"),
        (lambda: model([["openai:a"]]), "not builtins.list|not list"),
        (lambda: model(["openai:a"], api_key="k"), "a list of models takes no api_key"),
    ],
)
def test_a_list_that_is_wrong_is_refused(make, says):
    with pytest.raises(InputError, match=says):
        make()
