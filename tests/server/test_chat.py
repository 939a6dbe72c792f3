"""What an OpenAI client gets: valid output, or an error that says what failed."""

from __future__ import annotations

import json
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest

BAD = '{"name": "Ann Other", "age": "thirty-six", "skills": ["Chess", "python"]}'
ASKED = [{"role": "user", "content": "Who is Ann?"}]
PERSON = {"name": "Ann Other", "age": 36, "skills": ["chess", "python"]}


def client_of(server: httpx.Client, key: str = "no key") -> openai.OpenAI:
    return openai.OpenAI(
        base_url=f"{server.base_url}/v1", api_key=key, max_retries=0, http_client=httpx.Client(trust_env=False)
    )


def post(server: httpx.Client, **body: Any) -> httpx.Response:
    return server.post("/v1/chat/completions", json={"model": "guard:person", "messages": ASKED, **body})


def told(response: httpx.Response) -> list[Any]:
    """The events of a stream, without its end."""
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def content(events: list[Any]) -> str:
    return "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])


def test_the_openai_client_gets_the_validated_output(serving, model):
    model.answers["fake"] = [BAD, '{"age": 36}']
    with client_of(serving()) as client:
        done = client.chat.completions.create(model="guard:person", messages=ASKED, temperature=0)
    assert json.loads(done.choices[0].message.content) == PERSON
    assert done.choices[0].finish_reason == "stop"
    assert (done.usage.prompt_tokens, done.usage.completion_tokens) == (20, 10)  # of both rounds
    assert [request["temperature"] for request in model.requests] == [0, 0]
    account = done.x_railguard
    assert (account["passed"], account["rounds"], account["messages"]) == (True, 2, "request")
    assert account["resolved"] == [{"path": "$.skills[0]", "validator": "lower-case", "action": "fix"}]
    assert "thirty" not in json.dumps(account)
    assert "Ann" not in json.dumps(account)


def test_the_openai_client_streams_only_what_passed(serving, model):
    model.answers["fake"], model.slow = [BAD, '{"age": 36}'], 0.05
    with client_of(serving()) as client:
        chunks = list(
            client.chat.completions.create(
                model="guard:person", messages=ASKED, stream=True, stream_options={"include_usage": True}
            )
        )
    pieces = [choice.delta.content for chunk in chunks for choice in chunk.choices if choice.delta.content]
    assert json.loads("".join(pieces)) == PERSON
    assert len(pieces) > 1
    assert "thirty" not in "".join(pieces)
    assert "Chess" not in "".join(pieces)
    assert chunks[-1].usage.prompt_tokens == 20
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-2].x_railguard["rounds"] == 2


def test_an_output_that_stays_invalid_is_an_error_with_its_failures(serving, model):
    model.answers["fake"] = [BAD, '{"age": 200}']
    with client_of(serving()) as client, pytest.raises(openai.UnprocessableEntityError) as caught:
        client.chat.completions.create(model="guard:person", messages=ASKED)
    error = caught.value.body
    assert error["type"] == "validation_failed"
    assert [(failure["path"], failure["validator"]) for failure in error["failures"]] == [("$.age", "valid-range")]


def test_a_stream_that_ends_invalid_says_so_after_the_pieces_that_passed(serving, model):
    model.answers["fake"] = [BAD, '{"age": 200}']
    pieces: list[str] = []
    with client_of(serving()) as client:
        chunks = client.chat.completions.create(model="guard:person", messages=ASKED, stream=True)
        with pytest.raises(openai.APIError, match="not valid"):
            pieces.extend(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert "Ann Other" in "".join(pieces)
    assert "thirty" not in "".join(pieces)


def test_a_stream_whose_model_breaks_off_ends_in_an_error(serving, model):
    model.answers["fake"], model.slow = ["cut off"], 0.02
    response = post(serving(), stream=True)
    *_, last = [line for line in response.text.splitlines() if line]
    assert "Ann Other" in response.text
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "model_failed"


def test_a_stream_of_which_nothing_passed_is_an_ordinary_error(serving, model):
    model.answers["fake"] = ["no JSON at all"]
    response = post(serving(), stream=True)
    assert response.status_code == 422
    assert response.json()["error"]["failures"]


def test_variables_fill_the_messages_of_the_spec(serving, model):
    model.answers["fake"] = [json.dumps(PERSON)]
    with client_of(serving()) as client:
        done = client.chat.completions.create(
            model="anything",
            messages=[],
            extra_headers={"x-railguard-guard": "person"},
            extra_body={"railguard": {"variables": {"document": "Ann Other, 36."}}},
        )
    assert done.model == "guard:person"
    assert done.x_railguard["messages"] == "spec"
    assert model.requests[0]["messages"][0]["content"].startswith("Who is this about? Ann Other, 36.")


def test_tools_go_to_the_model_and_its_checked_arguments_come_back(serving, model):
    model.answers["fake"] = [json.loads(BAD), '{"age": 36}', {"age": 36}]
    model.answers["fake"][1] = {"age": 36}
    tool = {"type": "function", "function": {"name": "save", "parameters": {"type": "object"}}}
    server = serving()
    with client_of(server) as client:
        done = client.chat.completions.create(model="guard:person", messages=ASKED, tools=[tool])
    (call,) = done.choices[0].message.tool_calls
    assert done.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == ("save", PERSON)
    assert done.choices[0].message.content is None
    assert model.requests[0]["tools"] == [tool]
    (delta, end) = told(post(server, tools=[tool], stream=True))[-2:]
    (call,) = delta["choices"][0]["delta"]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == PERSON
    assert end["choices"][0]["finish_reason"] == "tool_calls"


def test_a_text_is_streamed_as_it_comes_or_sentence_by_sentence(serving, model):
    server, model.slow = serving(), 0.1
    model.answers["fake"] = ["It is a fine day, and it will stay so."]
    events = told(post(server, model="guard:text", stream=True))
    assert content(events) == model.answers["fake"][0]
    assert len(events) > 3
    model.answers["fake"] = ["a line. another line. the end."]
    events = told(post(server, model="guard:sentences", stream=True))
    assert content(events) == model.answers["fake"][0]
    pieces = list(filter(None, (event["choices"][0]["delta"].get("content") for event in events)))
    assert len(pieces) > 1
    assert all(piece.endswith((". ", "end.")) for piece in pieces)  # on a busy machine, several sentences at a time


def test_text_that_was_sent_and_does_not_hold_is_an_error_and_not_text(serving, model):
    model.answers["fake"] = ["a line. Another line.", "quite different."]
    response = post(serving(), model="guard:sentences", stream=True)
    last = json.loads(response.text.strip().splitlines()[-1].removeprefix("data: "))
    assert last["error"]["code"] == "stream_changed"
    assert "Another" not in response.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"model": "guard:nobody"}, 404, "model_not_found"),
        ({"model": "gpt-5"}, 404, "model_not_found"),
        ({"messages": "hello"}, 400, "invalid_type"),
        ({"messages": [{"content": "hello"}]}, 400, "invalid_type"),
        ({"messages": []}, 400, "input_rejected"),  # the spec's own need a document
        ({"base_url": "http://127.0.0.1:1/v1"}, 400, "unknown_parameter"),
        ({"api_key": "mine"}, 400, "unknown_parameter"),
        ({"timeout": 1}, 400, "unknown_parameter"),
        ({"max_reasks": 10}, 400, "unknown_parameter"),
        ({"metadata": {"a": "b"}}, 400, "unknown_parameter"),
        ({"railguard": {"max_reasks": 10}}, 400, "unknown_parameter"),
        ({"n": 2}, 400, "unsupported_value"),
        ({"stream": "yes"}, 400, "invalid_type"),
        ({"tools": [{"function": {"name": "a"}}, {"function": {"name": "b"}}]}, 400, "unsupported_value"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_before_a_model_is_asked(serving, model, body, status, code):
    response = post(serving(), **body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert not model.requests


def test_the_form_of_the_answer_is_the_guards_affair(serving, model):
    model.answers["fake"] = [json.dumps(PERSON)]
    assert post(serving(), response_format={"type": "text"}, n=1, stop=None).status_code == 200
    assert model.requests[0]["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(
    ("upstream", "status"), [(400, 400), (401, 502), (404, 502), (500, 502), (503, 503), (429, 429)]
)
def test_a_model_that_fails_is_an_error_that_does_not_tell_where_it_is(serving, model, upstream, status, caplog):
    model.answers["fake"] = [upstream]
    for stream in (False, True):
        response = post(serving(), stream=stream)
        assert response.status_code == status
        assert ("retry-after" in response.headers) == (status in (429, 503))
        assert "sk-a-key" not in response.text + caplog.text
        if status != 400:
            assert "127.0.0.1" not in response.text


def test_a_client_that_leaves_ends_the_question(serving, model, until):
    model.answers["fake"] = [json.dumps(PERSON)]
    server = serving()
    for stream in (True, False):
        model.slow, model.left, model.requests = 60, 0, []
        body = json.dumps({"model": "guard:person", "messages": ASKED, "stream": stream}).encode()
        head = "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
        with socket.create_connection(("127.0.0.1", server.base_url.port)) as connection:
            connection.sendall(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
            until(lambda: model.requests)
        until(lambda: model.left)
    until(lambda: 'kind="stream",result="closed"' in server.get("/metrics").text.replace('guard="person",', ""))


def test_a_stream_without_news_sends_comments(serving, model, monkeypatch):
    monkeypatch.setattr("railguard.server.chat._QUIET_SECONDS", 0.05)
    model.answers["fake"], model.slow = [json.dumps(PERSON)], 0.12
    response = post(serving(), stream=True)
    assert response.text.count(": the model is still at work") > 2
    assert json.loads(content(told(response))) == PERSON


def test_content_is_told_only_where_the_server_is_told_to(serving, model):
    model.answers["fake"] = [BAD, '{"age": 36}']
    account = post(serving(include_content=True)).json()["x_railguard"]
    assert account["iterations"][0]["raw"] == BAD


def test_a_bug_is_answered_and_logged_without_words(serving, model, monkeypatch, caplog):
    words = "the text of a customer"

    def broken(*_: object) -> None:
        raise RuntimeError(words)

    monkeypatch.setattr("railguard.server.chat.read_chat", broken)
    with caplog.at_level(logging.INFO):
        response = post(serving())
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal_error"
    assert "RuntimeError" in caplog.text
    assert "customer" not in caplog.text + response.text


def test_many_calls_at_a_time_get_their_own_answers(serving, model, folder, until):
    model.answers |= {f"m{at}": [json.dumps({**PERSON, "age": at})] for at in range(8)}
    lines = [f'[guards.g{at}]\nspec = "person.rail"\nmodel = "openai:m{at}"' for at in range(8)]
    (folder / "guards.toml").write_text("\n".join(lines))
    server = serving(folder / "guards.toml")
    model.slow = 60
    with ThreadPoolExecutor(32) as pool:
        answering = [pool.submit(post, server, model=f"guard:g{at % 8}") for at in range(32)]
        until(lambda: model.most > 8)
        model.slow = 0
        answers = [one.result() for one in answering]
    ages = [json.loads(one.json()["choices"][0]["message"]["content"])["age"] for one in answers]
    assert ages == [at % 8 for at in range(32)]
