"""Rate limits: kept to before the provider says so, shared, and a Retry-After heard by all who share one."""

from __future__ import annotations

import asyncio
import math
import socket
from typing import Any

import pytest

from railguard.errors import InputError, ProviderError
from railguard.llm import Request, model
from railguard.testing import ScriptedModel
from railguard.values import Completion, Usage

pytest.importorskip("limits")

from railguard.llm.rate_limit import RateLimit, RateLimited, estimated_tokens


@pytest.fixture(autouse=True)
def _asked_when_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wait is known in full at once, so that one beyond the time of a call is refused without waiting for a part of it."""
    monkeypatch.setattr("railguard.llm.rate_limit._MOST_WAIT", math.inf)


def question(timeout: float = 10.0, content: str = "?") -> Request:
    return Request(({"role": "user", "content": content},), timeout=timeout)


@pytest.fixture(params=["memory", "redis"])
def store(request: pytest.FixtureRequest) -> str:
    return "memory://" if request.param == "memory" else request.getfixturevalue("redis")


def limited(limit: RateLimit, *answers: Any) -> tuple[RateLimited, ScriptedModel]:
    inner = ScriptedModel(list(answers) or ["a"] * 9)
    return RateLimited(inner, limit), inner


def test_there_are_so_many_requests_a_minute_and_no_more(store, ask, request):
    limit = RateLimit(requests=2, store=store, key=request.node.name)
    one, inner = limited(limit)
    other, _ = limited(limit)
    assert [ask(one, question()).text, ask(other, question()).text] == ["a", "a"]
    with pytest.raises(ProviderError, match="the rate limit had no room within the time of the call"):
        ask(one, question())
    assert len(inner.requests) == 1


def test_there_are_so_many_tokens_a_minute_counted_when_they_are_known(store, ask, request):
    limit = RateLimit(tokens=100, store=store, key=request.node.name)
    one, _ = limited(limit, Completion("a", usage=Usage(10, 90)), "b")
    assert ask(one, question()).text == "a"
    with pytest.raises(ProviderError, match="no room"):
        ask(one, question(content="x" * 200))


def test_a_question_larger_than_a_minute_is_put_when_all_of_it_is_free(ask):
    one, _ = limited(RateLimit(tokens=10, key="large"))
    assert estimated_tokens(question(content="x" * 400)) == 101
    assert ask(one, question(content="x" * 400)).text == "a"
    with pytest.raises(ProviderError, match="no room"):
        ask(one, question(content="x" * 400))


def test_what_one_is_told_to_wait_all_who_share_the_limit_wait(store, ask, request):
    busy = ProviderError("busy", status=429, retry_after=30.0, retryable=True)
    here = RateLimit(requests=99, store=store, key=request.node.name)
    there = here if store == "memory://" else RateLimit(requests=99, store=store, key=request.node.name)
    one, _ = limited(here, busy)
    other, asked = limited(there)
    elsewhere, _ = limited(RateLimit(requests=99, store=store, key=request.node.name + "/other"))
    with pytest.raises(ProviderError, match="busy"):
        ask(one, question())
    with pytest.raises(ProviderError, match="no room"):
        ask(other, question())
    assert asked.requests == []
    assert ask(elsewhere, question()).text == "a"


def test_a_wait_ends_and_the_question_is_put(ask):
    limit = RateLimit(requests=99, key="short")
    limit.pause(0.5)  # kept in whole seconds
    one, _ = limited(limit)
    assert ask(one, question(timeout=30)).text == "a"


def test_a_streamed_question_waits_and_counts_too(read):
    limit = RateLimit(requests=1, tokens=1000, key="stream")
    one, _ = limited(limit, "Hello")
    pieces, error = read(one, question())
    assert (error, pieces[-1].text) == (None, "Hello")
    pieces, error = read(one, question())
    assert pieces == []
    assert "no room" in str(error)


def test_attempts_are_requests_of_the_limit(server, ask):
    server.will(server.reply(503, {"error": "busy"}))
    one = model("openai:m", base_url=server.url, rate_limit=RateLimit(requests=1, key="attempts"))
    with pytest.raises(ProviderError, match="no room"):
        ask(one, question())
    assert len(server.received) == 1


def test_calls_side_by_side_take_no_more_than_there_is(store, request):
    limit = RateLimit(requests=5, store=store, key=request.node.name)
    one, inner = limited(limit, *["a"] * 20)

    async def main() -> list[Any]:
        return await asyncio.gather(*(one.acomplete(question()) for _ in range(20)), return_exceptions=True)

    found = asyncio.run(main())
    assert len([each for each in found if isinstance(each, Completion)]) == len(inner.requests) == 5
    assert all(isinstance(each, (Completion, ProviderError)) for each in found)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "requests or tokens a minute, at least 1"),
        ({"requests": 0}, "at least 1"),
        ({"requests": 1, "store": "nothing://x"}, "the store of a rate limit cannot be used"),
    ],
)
def test_a_limit_of_nothing_is_refused(given, says):
    with pytest.raises(InputError, match=says):
        RateLimit(**given)


def test_a_store_that_is_away_is_a_provider_error_that_passes(ask):
    pytest.importorskip("redis")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    one, _ = limited(RateLimit(requests=1, store=f"redis://127.0.0.1:{port}"))
    with pytest.raises(ProviderError, match="the store of the rate limit does not answer") as caught:
        ask(one, question())
    assert caught.value.retryable
