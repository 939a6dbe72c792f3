"""The streaming drivers: events as the bytes arrive, connections closed as soon as enough is known, time kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from railguard import Guard, ProviderError, validator
from railguard.llm import CallableModel
from railguard.testing import ScriptedModel
from railguard.values import Completion, StreamEvent, Usage
from tests.conftest import patiently

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "kind": {"type": "string", "maxLength": 3},
        "note": {"type": "string"},
    },
    "required": ["name", "kind", "note"],
    "additionalProperties": False,
}
MESSAGES = [{"role": "user", "content": "Who?"}]
FIRST = '{"name": "Ann", "kind": "wrong", "note": "never read"}'
UP_TO_FAILURE = ['{"name": "An', 'n", "kind": "wr', 'ong"']
REST = '{"kind": "ok", "note": "short"}'
GUARD = Guard.from_json_schema(SCHEMA)


class Sse:
    """Answers the nth request with the nth script: texts are sent as one event each, functions are called in between."""

    def __init__(self, *scripts: list[str | Callable[[Sse], None]]) -> None:
        self.scripts = list(scripts)
        self.received: list[dict[str, Any]] = []
        self.sent: list[str] = []
        self.left = threading.Event()
        self.seen = threading.Event()
        self.in_time = True
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}/v1"

    def __enter__(self) -> Sse:
        return self

    def __exit__(self, *error: object) -> None:
        self.seen.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=60)
        self._listening.close()
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # a test that fails has closed what this reads from
            self._answer()

    def _answer(self) -> None:
        self._listening.settimeout(60)
        for script in self.scripts:
            self._connection, _ = self._listening.accept()
            with self._connection, self._connection.makefile("rwb", buffering=0) as file:
                self._connection.settimeout(60)
                self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                length = 0
                while (line := file.readline()) not in (b"\r\n", b""):
                    name, _, value = line.decode().partition(":")
                    length = int(value) if name.lower() == "content-length" else length
                self.received.append(json.loads(file.read(length)))
                file.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
                for step in script:
                    if callable(step):
                        step(self)
                        continue
                    self.sent.append(step)
                    choice = {"index": 0, "delta": {"content": step}, "finish_reason": None}
                    file.write(b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n")
                if script and isinstance(script[-1], str):
                    file.write(b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n')
                    file.write(b"data: [DONE]\n\n")

    # Steps.

    def until_left(self) -> None:
        """Send nothing until the client closes the connection, and note that it did."""
        try:
            left = self._connection.recv(1) == b""
        except ConnectionError:
            left = True  # with bytes it has not read
        if left:
            self.left.set()

    def until_seen(self) -> None:
        """Send nothing until the test has seen what was sent."""
        self.in_time = self.seen.wait(60)
        self.seen.clear()

    def cut_off(self) -> None:
        """End the stream here."""


@pytest.fixture(params=["sync", "async"])
def events(request: pytest.FixtureRequest) -> Callable[..., list[StreamEvent]]:
    """All events of a streamed call, the sync or the async way; `each` is called with every one as it comes."""

    def events(guard: Guard, model: Any, each: Callable[[StreamEvent], object] = id, **given: Any) -> list[StreamEvent]:
        given = {"messages": MESSAGES, "timeout": 60.0, **given}
        found: list[StreamEvent] = []

        async def main() -> None:
            async for event in guard.astream(model, **given):
                found.append(event)
                each(event)

        if request.param == "async":
            asyncio.run(main())
            return found
        for event in guard.stream(model, **given):
            found.append(event)
            each(event)
        return found

    return events


def test_a_field_is_told_before_the_next_bytes_are_sent(events):
    def seen(event: StreamEvent) -> None:
        if event.type == "field":
            server.seen.set()

    # A quote closes a text for certain only where what follows it says so.
    script = ['{"name": "An', 'n", "', Sse.until_seen, 'kind": "a", "', Sse.until_seen, 'note": "b"}']
    with Sse(script) as server:
        told = events(GUARD, "openai:m", seen, base_url=server.url)
        assert server.in_time
    assert [str(event.path) for event in told if event.type == "field"] == ["$.name", "$.kind", "$.note"]
    assert told[-1].outcome.output == {"name": "Ann", "kind": "a", "note": "b"}


def test_abort_reads_nothing_beyond_the_closing_quote_of_the_first_failing_field(events):
    with Sse([*UP_TO_FAILURE, Sse.until_left], [REST]) as server:
        told = events(GUARD, "openai:m", base_url=server.url, on_stream_failure="abort")
        assert server.left.is_set()
    # Had more been needed than the chunk with the quote in it, it would not have come.
    assert server.sent == [*UP_TO_FAILURE, REST]
    outcome = told[-1].outcome
    assert outcome.output == {"name": "Ann", "kind": "ok", "note": "short"}
    types = [event.type for event in told]
    assert types[:2] == ["field", "failure"]
    assert types[types.index("reask") :] == ["reask", "field", "field", "outcome"]
    first, reask = outcome.iterations
    assert first.raw == "".join(UP_TO_FAILURE)
    assert first.usage == Usage(known=False)
    assert sorted(map(str, reask.asked)) == ["$.kind", "$.note"]
    assert "never read" not in json.dumps(server.received)


def test_finish_reads_on_and_gives_what_the_same_text_gives_unstreamed(events):
    with Sse([*FIRST], ['{"kind": "ok"}']) as server:
        told = events(GUARD, "openai:m", base_url=server.url)
    unstreamed = GUARD(ScriptedModel([FIRST, '{"kind": "ok"}']), messages=MESSAGES)
    assert told[-1].outcome.output == unstreamed.output == {"name": "Ann", "kind": "ok", "note": "never read"}
    assert [one.raw for one in told[-1].outcome.iterations] == [one.raw for one in unstreamed.iterations]


def test_a_caller_that_leaves_early_closes_the_connection(threads_end, tasks_end):
    with Sse([*UP_TO_FAILURE, Sse.until_left]) as server:
        told = GUARD.stream("openai:m", messages=MESSAGES, base_url=server.url)
        assert next(told).value == "Ann"
        told.close()  # type: ignore[attr-defined]
        assert server.left.wait(60)
    threads_end()

    async def main() -> None:
        told = GUARD.astream("openai:m", messages=MESSAGES, base_url=server.url)
        assert (await anext(told)).value == "Ann"
        await told.aclose()  # type: ignore[attr-defined]
        assert await asyncio.to_thread(server.left.wait, 60)
        await tasks_end()

    with Sse([*UP_TO_FAILURE, Sse.until_left]) as server:
        asyncio.run(main())


def test_a_stream_that_is_cut_off_raises_after_what_was_told(events):
    told: list[StreamEvent] = []
    with Sse([*'{"name": "Ann", "k', Sse.cut_off]) as server, pytest.raises(ProviderError, match="cut its stream off"):
        events(GUARD, "openai:m", told.append, base_url=server.url)
    assert [(event.type, event.value) for event in told] == [("field", "Ann")]


def slowly(text: str, pause: float) -> Callable[[Any], Iterator[str]]:
    def model(messages: Any) -> Iterator[str]:
        for character in text:
            time.sleep(pause)
            yield character

    return model


def test_the_deadline_holds_between_the_pieces_of_a_model_that_has_none(events):
    began = time.monotonic()
    with pytest.raises(ProviderError, match=r"gave no answer in|still answering when the time of the call was over"):
        events(GUARD, slowly("x" * 6000, 0.01), timeout=0.15)
    assert time.monotonic() - began < 30


def test_a_reask_that_outlasts_the_time_ends_the_call_as_one_that_is_not_streamed(events):
    class ThenSlow(ScriptedModel):
        def stream(self, request: Any) -> Iterator[Any]:
            yield from super().stream(request) if not request.round else slowly("x" * 6000, 0.01)(None)

        async def astream(self, request: Any) -> AsyncIterator[Any]:
            for piece in self.stream(request):
                yield piece

    def once(seconds: float) -> None:
        outcome = events(GUARD, ThenSlow([FIRST]), timeout=seconds)[-1].outcome
        assert outcome.stopped == "timeout"
        assert outcome.partial == {"name": "Ann", "note": "never read"}
        assert [str(failure.path) for failure in outcome.failures] == ["$.kind"]

    patiently(once)


def test_an_answer_is_closed_before_the_next_question_is_put(events):
    happened: list[str] = []

    class Noting(ScriptedModel):
        def stream(self, request: Any) -> Iterator[Any]:
            happened.append(f"asked {request.round}")
            try:
                yield from super().stream(request)
            finally:
                happened.append(f"closed {request.round}")

        async def astream(self, request: Any) -> AsyncIterator[Any]:
            happened.append(f"asked {request.round}")
            try:
                for piece in super().stream(request):
                    yield piece
            finally:
                happened.append(f"closed {request.round}")

    for mode, answers in (("finish", [FIRST, '{"kind": "ok"}']), ("abort", [FIRST, REST])):
        happened.clear()
        assert events(GUARD, Noting(answers, pieces=1), on_stream_failure=mode)[-1].outcome.passed
        assert happened == ["asked 0", "closed 0", "asked 1", "closed 1"]


def test_a_model_that_cannot_stream_is_streamed_in_one_piece(events):
    class Whole:
        name = "whole"

        def complete(self, request: Any) -> Completion:
            return Completion('{"name": "Ann", "kind": "a", "note": "b"}', "stop")

        async def acomplete(self, request: Any) -> Completion:
            return self.complete(request)

    told = events(GUARD, Whole(), raw=True)
    assert [event.type for event in told] == ["delta", "field", "field", "field", "outcome"]


def test_the_rounds_of_a_sync_stream_and_its_checks_share_one_event_loop():
    loops: list[Any] = []

    @validator("noting-the-loop", replace=True)
    async def noting(value: str) -> bool:
        loops.append(asyncio.get_running_loop())
        return value == "ok"

    async def model(messages: Any) -> AsyncIterator[str]:
        loops.append(asyncio.get_running_loop())
        for character in FIRST if len(loops) == 1 else '{"kind": "ok"}':
            yield character

    guard = Guard.from_json_schema(SCHEMA).using(noting(), on="$.kind")
    told = list(guard.stream(model, messages=MESSAGES))
    assert told[-1].outcome.passed
    assert len(loops) > 3
    assert set(loops) == {loops[0]}
    assert loops[0].is_closed()


def test_a_sync_stream_may_be_gone_through_by_one_thread_after_another():
    async def model(messages: Any) -> AsyncIterator[str]:
        for character in '{"name": "Ann", "kind": "a", "note": "b"}':
            yield character

    told, found = GUARD.stream(CallableModel(model), messages=MESSAGES), []
    for _ in range(4):
        thread = threading.Thread(target=lambda: found.append(next(told)))
        thread.start()
        thread.join()
    assert [event.type for event in found] == ["field", "field", "field", "outcome"]
