"""The model one writes the answers of."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from railguard.errors import InputError, ProviderError
from railguard.testing import Request, ScriptedModel
from railguard.values import Completion

QUESTION = Request(({"role": "user", "content": "Who?"},), schema={"type": "string"})


def test_answers_come_in_order_and_requests_are_remembered(ask):
    model = ScriptedModel(["one", Completion("two", "length"), lambda messages: messages[0]["content"]])
    assert [ask(model, QUESTION).text for _ in range(3)] == ["one", "two", "Who?"]
    assert model.requests == [QUESTION] * 3
    assert repr(model) == "<ScriptedModel 3 of 3 answers given>"
    assert model.name == "scripted"


def test_an_exception_is_raised(ask):
    with pytest.raises(ProviderError, match="down"):
        ask(ScriptedModel([ProviderError("down")]), QUESTION)


def test_running_out_names_the_request_there_was_no_answer_for(ask):
    model = ScriptedModel(["one"])
    ask(model, QUESTION)
    with pytest.raises(InputError, match=r"no answer left: 1 were scripted, this is request 2 \(reask, round 1\)"):
        ask(model, Request((), purpose="reask", round=1))


def test_a_function_cannot_change_the_request():
    request = Request(({"role": "user", "content": [{"type": "text"}]},))

    def vandal(messages):
        messages[0]["content"].clear()
        return ""

    ScriptedModel([vandal]).complete(request)
    assert request.messages[0]["content"] == [{"type": "text"}]


def test_one_text_in_place_of_a_list_is_refused():
    with pytest.raises(InputError, match="takes a list of answers"):
        ScriptedModel("one")


def test_every_answer_is_given_once_however_many_ask():
    names = [str(n) for n in range(200)]
    model = ScriptedModel(names)
    with ThreadPoolExecutor(8) as pool:
        given = [c.text for c in pool.map(lambda _: model.complete(QUESTION), names[:100])]

    async def main() -> list[Completion]:
        return await asyncio.gather(*(model.acomplete(QUESTION) for _ in range(100)))

    given += [c.text for c in asyncio.run(main())]
    assert sorted(given) == sorted(names)


def test_an_answer_is_streamed_in_pieces(read):
    model = ScriptedModel(["abcdef", Completion("", "refusal", "no"), ProviderError("down")], pieces=4)
    assert read(model, QUESTION) == (["abcd", "ef", Completion("abcdef", "stop")], None)
    assert read(model, QUESTION) == ([Completion("", "refusal", "no")], None)
    assert str(read(model, QUESTION)[1]) == "down"
    with pytest.raises(InputError, match="at least 1 character"):
        ScriptedModel([], pieces=0)
