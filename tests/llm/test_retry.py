"""Asking again after a fault of the transport, bounded by attempts and by the deadline."""

from __future__ import annotations

import asyncio
import email.utils
import time
from typing import Any

import pytest

from railguard.errors import InputError, ProviderError
from railguard.llm import Request, Retrying
from railguard.llm.retry import retry_after_of
from railguard.testing import ScriptedModel
from railguard.values import Completion

QUESTION = Request(({"role": "user", "content": "Who?"},), timeout=30.0)


def busy(**given: Any) -> ProviderError:
    return ProviderError("busy", **{"retryable": True, **given})


def test_a_passing_fault_is_asked_again_with_the_time_that_is_left(ask):
    inner = ScriptedModel([busy(), busy(), "there"])
    assert ask(Retrying(inner, first_wait=0.05), QUESTION).text == "there"
    timeouts = [request.timeout for request in inner.requests]
    assert 30.0 >= timeouts[0] > timeouts[1] + 0.04 > timeouts[2] + 0.13


def test_the_last_error_is_raised_as_it_came(ask):
    errors = [busy(), busy(), busy()]
    inner = ScriptedModel(errors)
    with pytest.raises(ProviderError) as caught:
        ask(Retrying(inner, first_wait=0.001), QUESTION)
    assert caught.value is errors[-1]
    assert len(inner.requests) == 3


@pytest.mark.parametrize("error", [ProviderError("no"), InputError("no"), ValueError("no"), TimeoutError("no")])
def test_no_other_error_is_asked_again(error, ask):
    inner = ScriptedModel([error, "never"])
    with pytest.raises(type(error)):
        ask(Retrying(inner), QUESTION)
    assert len(inner.requests) == 1


def test_one_attempt_is_no_retry(ask):
    inner = ScriptedModel([busy(), "never"])
    with pytest.raises(ProviderError):
        ask(Retrying(inner, attempts=1), QUESTION)


def test_a_wait_that_the_provider_asks_for_is_waited(ask):
    inner = ScriptedModel([busy(retry_after=0.2), "there"])
    began = time.monotonic()
    ask(Retrying(inner, first_wait=0.001), QUESTION)
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("after", [60.0, 1e9])
def test_a_wait_beyond_the_deadline_is_not_begun(after, ask):
    inner = ScriptedModel([busy(retry_after=after), "never"])
    began = time.monotonic()
    with pytest.raises(ProviderError) as caught:
        ask(Retrying(inner), QUESTION)
    assert time.monotonic() - began < 10
    assert caught.value.retry_after == after


def test_the_wait_a_provider_asks_for_is_capped_at_a_minute(monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    inner = ScriptedModel([busy(retry_after=1e9), "there"])
    Retrying(inner).complete(Request(QUESTION.messages))
    assert slept == [60.0]


def test_waits_double_and_stay_under_ten_seconds(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with pytest.raises(ProviderError):
        Retrying(ScriptedModel([busy()] * 10), attempts=10).complete(Request(QUESTION.messages))
    for wait, floor in zip(slept, [0.5, 1, 2, 4, 8, 8, 8, 8, 8], strict=True):
        assert floor <= wait <= floor * 1.25


@pytest.mark.parametrize("attempts", [0, -1, 11])
def test_the_number_of_attempts_has_bounds(attempts):
    with pytest.raises(InputError, match="attempts must be 1 to 10"):
        Retrying(ScriptedModel([]), attempts=attempts)


def test_it_is_named_like_what_it_asks():
    assert Retrying(ScriptedModel([], name="mine")).name == "mine"
    assert "2 attempts" in repr(Retrying(ScriptedModel([]), attempts=2))


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "9", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "9" * 5000}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 0.0),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 -0000"}, 0.0),
        ({"retry-after": "Sun, 99 Nov 1994 08:49:37 GMT"}, None),
    ],
)
def test_retry_after_is_read_as_the_rfc_has_it(headers, wanted):
    assert retry_after_of(headers) == wanted


def test_a_date_to_come_is_the_time_until_then():
    began = time.time()
    left = retry_after_of({"retry-after": email.utils.formatdate(began + 30, usegmt=True)})
    assert 29 - (time.time() - began) <= left <= 30  # a date has no fractions of a second


class Streams(ScriptedModel):
    """Each answer is a list: its pieces, and how it ends."""

    def stream(self, request: Any) -> Any:
        self.requests.append(request)
        yield from self._take()

    async def astream(self, request: Any) -> Any:
        self.requests.append(request)
        for piece in self._take():
            yield piece

    def _take(self) -> Any:
        for piece in self._answers[len(self.requests) - 1]:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def test_a_stream_is_begun_again_with_the_time_that_is_left(read):
    inner = Streams([[busy()], [busy()], ["a", "b", Completion("ab")]])
    assert read(Retrying(inner, first_wait=0.05), QUESTION) == (["a", "b", Completion("ab")], None)
    timeouts = [request.timeout for request in inner.requests]
    assert 30.0 >= timeouts[0] > timeouts[1] + 0.04 > timeouts[2] + 0.13


def test_a_stream_that_has_begun_is_not_begun_again(read):
    inner = Streams([["a", busy()], ["never"]])
    pieces, error = read(Retrying(inner, first_wait=0.001), QUESTION)
    assert (pieces, str(error), len(inner.requests)) == (["a"], "busy", 1)


def test_the_last_error_of_a_stream_is_raised_as_it_came(read):
    errors = [busy(), busy(), busy()]
    pieces, error = read(Retrying(Streams([[one] for one in errors]), first_wait=0.001), QUESTION)
    assert pieces == []
    assert error is errors[-1]


def test_a_model_that_cannot_stream_gives_its_answer_in_one_piece(read):
    class Whole:
        name = "whole"

        def complete(self, request: Any) -> Completion:
            return Completion("all of it", "stop")

        async def acomplete(self, request: Any) -> Completion:
            return self.complete(request)

    assert read(Retrying(Whole()), QUESTION) == (["all of it", Completion("all of it", "stop")], None)


def test_leaving_a_stream_early_closes_the_one_inside():
    closed = []

    class Endless(ScriptedModel):
        def stream(self, request: Any) -> Any:
            try:
                while True:
                    yield "x"
            finally:
                closed.append("sync")

        async def astream(self, request: Any) -> Any:
            try:
                while True:
                    yield "x"
            finally:
                closed.append("async")

    model = Retrying(Endless([]))
    pieces = model.stream(QUESTION)
    assert [next(pieces), next(pieces)] == ["x", "x"]
    pieces.close()

    async def main() -> None:
        pieces = model.astream(QUESTION)
        assert [await anext(pieces), await anext(pieces)] == ["x", "x"]
        await pieces.aclose()
        assert closed == ["sync", "async"]

    asyncio.run(main())


def test_what_schemas_mean_to_a_model_is_passed_through():
    class Local(ScriptedModel):
        schema_target = "anthropic"
        cheap_schemas = True

    assert (Retrying(Local([])).schema_target, Retrying(Local([])).cheap_schemas) == ("anthropic", True)
    plain = Retrying(ScriptedModel([]))
    assert (plain.schema_target, plain.cheap_schemas) == ("draft2020-12", False)
