"""Any function as a model."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import pytest

from railguard import Guard
from railguard.errors import InputError, ProviderError
from railguard.llm import CallableModel, Request
from railguard.values import Completion
from tests.conftest import patiently
from tests.llm.conftest import Clock

MESSAGES = ({"role": "user", "content": "Who?"},)
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}}


def question(**given: Any) -> Request:
    return Request(MESSAGES, **{"schema": SCHEMA, **given})


async def answer_async(messages: list[Any], **options: Any) -> str:
    await asyncio.sleep(0)
    return messages[0]["content"] + str(options)


def answer_sync(messages: list[Any], **options: Any) -> str:
    return messages[0]["content"] + str(options)


class Bot:
    def method(self, messages: list[Any], **options: Any) -> str:
        return answer_sync(messages, **options)

    async def amethod(self, messages: list[Any], **options: Any) -> str:
        return await answer_async(messages, **options)

    def __call__(self, messages: list[Any], **options: Any) -> str:
        return answer_sync(messages, **options)


class AsyncBot:
    async def __call__(self, messages: list[Any], **options: Any) -> str:
        return await answer_async(messages, **options)


@functools.wraps(answer_async)
def wrapped(*args: Any, **kwargs: Any) -> Any:
    return answer_async(*args, **kwargs)


CALLABLES = {
    "function": answer_sync,
    "async function": answer_async,
    "lambda around an async function": lambda messages, **options: answer_async(messages, **options),
    "partial": functools.partial(answer_sync),
    "partial of an async function": functools.partial(functools.partial(answer_async)),
    "bound method": Bot().method,
    "bound async method": Bot().amethod,
    "object": Bot(),
    "async object": AsyncBot(),
    "wrapped async function": wrapped,
}


@pytest.mark.parametrize("kind", CALLABLES)
def test_every_kind_of_callable_is_called_with_messages_and_options(kind, ask):
    completion = ask(CallableModel(CALLABLES[kind]), question(options={"temperature": 0}))
    assert completion == Completion("Who?{'temperature': 0}")


@pytest.mark.parametrize("kind", ["function", "async function", "lambda around an async function"])
def test_a_sync_call_inside_a_coroutine_works(kind):
    async def main() -> Completion:
        return CallableModel(CALLABLES[kind]).complete(question())

    assert asyncio.run(main()).text == "Who?{}"


def test_schema_is_passed_to_a_parameter_of_that_name_alone(ask):
    seen = []

    def named(messages: Any, schema: Any = None) -> str:
        seen.append(schema)
        return ""

    def keyword(messages: Any, *, schema: Any, **rest: Any) -> str:
        seen.append(schema)
        return ""

    def anything(messages: Any, **rest: Any) -> str:
        seen.append(rest)
        return ""

    def collected(messages: Any, *schema: Any) -> str:
        seen.append(schema)
        return ""

    for function in (named, keyword, anything, collected, functools.partial(named)):
        ask(CallableModel(function), question())
    assert seen == [SCHEMA, SCHEMA, {}, (), SCHEMA]


def test_what_a_function_does_to_its_arguments_stays_there(ask):
    part = object()
    parts = ({"role": "user", "content": [{"type": "text", "text": "a"}, part]},)

    def vandal(messages: list[Any], schema: Any) -> str:
        assert messages[0]["content"][1] is part
        messages[0]["content"][0]["text"] = "b"
        messages.append({})
        schema["properties"]["name"]["type"] = "integer"
        return ""

    request = Request(parts, schema={"properties": {"name": {"type": "string"}}})
    ask(CallableModel(vandal), request)
    assert request.messages[0]["content"][0] == {"type": "text", "text": "a"}
    assert request.schema == {"properties": {"name": {"type": "string"}}}


def test_a_function_with_messages_by_keyword_only_gets_them_so(ask):
    def create(*, model: str, messages: list[Any]) -> str:
        return f"{model}: {messages[0]['content']}"

    assert ask(CallableModel(create), question(options={"model": "gpt-5"})).text == "gpt-5: Who?"


@pytest.mark.parametrize("options", [{"top_k": 1}, {"messages": []}])
def test_an_option_a_function_cannot_take_is_named_before_it_is_called(options, ask):
    def function(messages: Any, temperature: float = 1) -> str:
        raise AssertionError("not reached")

    with pytest.raises(InputError, match=rf"function\(messages.*cannot be called.*{next(iter(options))}"):
        ask(CallableModel(function), question(options=options))


def test_a_builtin_without_a_signature_is_called_with_messages(ask):
    with pytest.raises(InputError, match=r"returned type\. Accepted are text"):
        ask(CallableModel(type), question())


def sync_pieces(messages: Any) -> Iterator[str]:
    yield "a"
    yield "b"


async def async_pieces(messages: Any) -> AsyncIterator[str]:
    yield "a"
    await asyncio.sleep(0)
    yield "b"


async def awaited_pieces(messages: Any) -> Any:
    return async_pieces(messages)


async def awaited_sync_pieces(messages: Any) -> Any:
    return sync_pieces(messages)


@pytest.mark.parametrize(
    "function",
    [
        sync_pieces,
        async_pieces,
        awaited_pieces,
        awaited_sync_pieces,
        lambda messages: async_pieces(messages),
        lambda messages: iter(["a", "b"]),
    ],
)
def test_the_pieces_of_an_iterator_are_joined(function, ask):
    assert ask(CallableModel(function), question()).text == "ab"


@pytest.mark.parametrize("is_async", [False, True])
def test_an_iterator_that_gives_nonsense_is_closed_and_named(is_async, ask):
    closed = []

    def sync_nonsense(messages: Any) -> Iterator[Any]:
        try:
            yield "a"
            yield 3
        finally:
            closed.append(True)

    async def async_nonsense(messages: Any) -> AsyncIterator[Any]:
        try:
            yield "a"
            yield 3
        finally:
            closed.append(True)

    with pytest.raises(InputError, match="the model's stream gave a int"):
        ask(CallableModel(async_nonsense if is_async else sync_nonsense), question())
    assert closed == [True]


@pytest.mark.parametrize("is_async", [False, True])
def test_a_stream_is_closed_with_close_where_it_has_no_aclose(is_async):
    class Stream:
        closed = False

        def __aiter__(self) -> Any:
            return async_pieces(None)

        def close(self) -> Any:
            self.closed = True
            return asyncio.sleep(0) if is_async else None

    stream = Stream()
    assert CallableModel(lambda messages: stream).complete(question()).text == "ab"
    assert stream.closed


def test_the_generator_that_goes_through_a_stream_is_closed_with_it():
    class Stream:
        closed = ()

        async def __aiter__(self) -> Any:
            try:
                yield "a"
                yield "b"
            finally:
                self.closed += ("generator",)

        async def close(self) -> None:
            self.closed += ("stream",)

    async def main() -> None:
        stream = Stream()
        pieces = CallableModel(lambda messages: stream).astream(question())
        assert await anext(pieces) == "a"
        await pieces.aclose()  # type: ignore[attr-defined]
        assert stream.closed == ("generator", "stream")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "returned None; does it lack a return. Accepted are text, a response of the OpenAI"),
        (3, "returned int. Accepted"),
        ({"name": "Ann"}, "returned dict, which is not a known response.* return its JSON text"),
        (["a"], "returned list, which is not a known response"),
        (Bot(), r"returned .*\.Bot\. Accepted"),
    ],
)
def test_an_answer_of_no_known_kind_is_named(answer, says, ask):
    with pytest.raises(InputError, match=says):
        ask(CallableModel(lambda messages: answer), question())


@pytest.mark.parametrize("is_async", [False, True])
def test_what_a_function_raises_comes_out_untouched(is_async, ask):
    raised = KeyError("mine")

    def sync_raise(messages: Any) -> str:
        raise raised

    async def async_raise(messages: Any) -> str:
        raise raised

    with pytest.raises(KeyError) as caught:
        ask(CallableModel(async_raise if is_async else sync_raise), question())
    assert caught.value is raised


def test_a_function_that_is_out_of_answers_does_not_hang(ask):
    async def waiting(messages: Any) -> str:
        return next(iter([]))

    async def looping(messages: Any) -> str:
        return await anext(aiter(nothing(messages)))

    async def nothing(messages: Any) -> AsyncIterator[str]:
        for piece in ():
            yield piece

    def pieces(messages: Any) -> Iterator[str]:
        yield "a"
        yield next(iter([]))

    async def async_pieces(messages: Any) -> AsyncIterator[str]:
        yield "a"
        yield next(iter([]))

    for function in (lambda messages: next(iter([])), waiting, looping, pieces, async_pieces):
        with pytest.raises(ProviderError, match=r"raised Stop(Async)?Iteration: it has no answers left") as caught:
            ask(CallableModel(function), question())
        assert not caught.value.retryable


def test_what_a_guard_had_when_a_function_was_out_of_answers_is_kept():
    guard = Guard.from_json_schema({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})
    answers = iter(['{"a": "x"}'])
    with pytest.raises(ProviderError, match="StopIteration") as caught:
        guard(lambda messages: next(answers), messages=list(MESSAGES))
    assert len(caught.value.outcome.iterations) == 1


def test_an_interrupt_is_an_interrupt():
    def interrupted(messages: Any) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CallableModel(interrupted).complete(question())


class Response:
    def __init__(self, status_code: int, headers: dict[str, str]) -> None:
        self.status_code = status_code
        self.headers = headers


class APIError(Exception):
    """As the OpenAI SDK calls its base class."""


class RateLimited(APIError):
    def __init__(self) -> None:
        super().__init__("slow down, key sk-secretsecret")
        self.status_code = 429
        self.response = Response(429, {"retry-after": "7"})


class HTTPStatusError(Exception):
    """As httpx and requests do it: the status is on the response only."""

    def __init__(self) -> None:
        super().__init__("Server error")
        self.response = Response(502, {})


class Genai(APIError):
    code = 503


class NoConnection(APIError):
    pass


class QuotaExceeded(RateLimited):
    code = "insufficient_quota"


class Mistral(Exception):
    status_code = 429
    body = "{}"

    def __init__(self) -> None:
        super().__init__("too fast")


@pytest.mark.parametrize(
    ("error", "status", "after", "says"),
    [
        (Mistral(), 429, None, r"raised Mistral \(429\): too fast"),
        (QuotaExceeded(), 429, 7.0, r"raised QuotaExceeded \(429\): slow down"),
        (RateLimited(), 429, 7.0, r"raised RateLimited \(429\): slow down, key \[REDACTED:key\]"),
        (HTTPStatusError(), 502, None, r"raised HTTPStatusError \(502\): Server error"),
        (Genai("busy"), 503, None, r"raised Genai \(503\): busy"),
        (NoConnection("no route"), None, None, "raised NoConnection: no route"),
    ],
)
@pytest.mark.parametrize("stage", ["call", "await", "stream", "async stream"])
def test_an_api_error_of_an_sdk_is_a_provider_error_that_says_if_asking_again_may_help(
    stage, error, status, after, says, ask
):
    def call(messages: Any) -> str:
        raise error

    async def wait(messages: Any) -> str:
        raise error

    def stream(messages: Any) -> Iterator[str]:
        yield "a"
        raise error

    async def async_stream(messages: Any) -> AsyncIterator[str]:
        yield "a"
        raise error

    function = {"call": call, "await": wait, "stream": stream, "async stream": async_stream}[stage]
    with pytest.raises(ProviderError, match=says) as caught:
        ask(CallableModel(function), question())
    assert (caught.value.status, caught.value.retry_after, caught.value.retryable) == (
        status,
        after,
        not isinstance(error, QuotaExceeded),
    )
    assert caught.value.__cause__ is error


def test_an_error_with_a_status_code_but_no_response_is_not_a_providers():
    class HTTPException(Exception):
        status_code = 404

    def function(messages: Any) -> str:
        raise HTTPException

    with pytest.raises(HTTPException):
        CallableModel(function).complete(question())


async def slow_answer(messages: Any) -> Any:
    await asyncio.sleep(60)


async def slow_pieces(messages: Any) -> AsyncIterator[str]:
    yield "a"
    await asyncio.sleep(60)


@pytest.mark.parametrize("function", [slow_answer, slow_pieces, lambda messages: asyncio.sleep(60)])
def test_what_is_awaited_ends_with_the_deadline(function, ask):
    began = time.monotonic()
    with pytest.raises(ProviderError, match=r"gave no answer in 0\.1 s"):
        ask(CallableModel(function), question(timeout=0.1))
    assert time.monotonic() - began < 10


def test_time_a_sync_part_took_counts_towards_the_deadline(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("railguard.llm.callables.time", clock)

    def slow(messages: Any) -> Any:
        clock.ahead = 119.9
        return asyncio.sleep(100)

    began = time.monotonic()
    with pytest.raises(ProviderError):
        CallableModel(slow).complete(question(timeout=120))
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("kept", ["future", "event", "loop"])
def test_what_was_kept_of_an_event_loop_that_has_ended_is_named(kept):
    class Client:
        """Keeps something of the loop it was first used on, as the async SDKs keep connections."""

        def __init__(self) -> None:
            self.loop: Any = None

        async def create(self, messages: Any) -> str:
            if self.loop is None:
                self.loop = asyncio.get_running_loop()
                self.future, self.event = self.loop.create_future(), asyncio.Event()
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(self.event.wait(), 0.01)
            elif kept == "loop":
                self.loop.call_soon(print)
            else:
                await (self.future if kept == "future" else self.event.wait())
            return "once"

    model = CallableModel(Client().create)
    assert model.complete(question()).text == "once"
    with pytest.raises(InputError, match=r"belongs to an event loop that has ended .*use a sync client"):
        model.complete(question())


def test_any_other_runtime_error_of_an_async_function_comes_out_untouched(ask):
    async def function(messages: Any) -> str:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        ask(CallableModel(function), question())


def test_a_sync_function_runs_in_a_thread_of_an_async_call_with_its_context():
    variable = contextvars.ContextVar("variable", default="unset")

    def function(messages: Any) -> str:
        return f"{variable.get()} {threading.current_thread() is threading.main_thread()}"

    async def main() -> str:
        variable.set("set")
        return (await CallableModel(function).acomplete(question())).text

    assert asyncio.run(main()) == "set False"


def test_sync_functions_run_side_by_side_in_an_async_program():
    barrier = threading.Barrier(4, timeout=60)

    def function(messages: Any) -> str:
        barrier.wait()
        return "together"

    async def main() -> list[str]:
        model = CallableModel(function)
        return [c.text for c in await asyncio.gather(*(model.acomplete(question()) for _ in range(4)))]

    assert asyncio.run(main()) == ["together"] * 4


def test_a_model_is_named_after_its_function():
    assert CallableModel(answer_sync).name == "answer_sync"
    assert CallableModel(functools.partial(answer_sync)).name == "answer_sync"
    assert CallableModel(Bot()).name == "Bot"
    assert repr(CallableModel(Bot().method)) == "<CallableModel Bot.method>"


def test_a_circle_of_wrapped_functions_is_called_like_any_other():
    def loop(messages: Any) -> str:
        return "x"

    loop.__wrapped__ = loop  # type: ignore[attr-defined]
    assert CallableModel(loop).complete(question()).text == "x"


class Source:
    """Makes iterators that say how far they were read and whether they were closed."""

    def __init__(self, *pieces: Any, error: Exception | None = None, pause: float = 0.0) -> None:
        self.pieces, self.error, self.pause = pieces, error, pause
        self.given = self.closed = 0

    def sync(self, messages: Any) -> Iterator[Any]:
        try:
            for piece in self.pieces:
                time.sleep(self.pause)
                self.given += 1
                yield piece
            if self.error is not None:
                raise self.error
        finally:
            self.closed += 1

    async def generator(self, messages: Any) -> AsyncIterator[Any]:
        try:
            for piece in self.pieces:
                await asyncio.sleep(self.pause)
                self.given += 1
                yield piece
            if self.error is not None:
                raise self.error
        finally:
            await asyncio.sleep(0)
            self.closed += 1

    async def coroutine(self, messages: Any) -> AsyncIterator[Any]:
        return self.generator(messages)

    async def of_sync(self, messages: Any) -> Iterator[Any]:
        return self.sync(messages)

    def hidden(self, messages: Any) -> Any:
        return self.generator(messages)

    def late(self, messages: Any) -> Any:
        return self.coroutine(messages)


KINDS = ["sync", "generator", "coroutine", "of_sync", "hidden", "late"]


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_are_handed_on_as_they_come_and_the_whole_last(kind, read):
    source = Source("a", "", {"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}]}, "c")
    pieces, error = read(CallableModel(getattr(source, kind)), question())
    assert error is None
    assert pieces == ["a", "b", "c", Completion("abc", "stop")]
    assert source.closed == 1


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_in_a_stream_comes_after_what_came_before_it(kind, read):
    class APIError(Exception):
        pass

    for raised, wanted in ((APIError("gone"), ProviderError), (KeyError("mine"), KeyError)):
        source = Source("a", "b", error=raised)
        pieces, error = read(CallableModel(getattr(source, kind)), question())
        assert pieces == ["a", "b"]
        assert type(error) is wanted
        assert source.closed == 1


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_read_ahead_and_a_stream_left_early_is_closed(kind, threads_end, tasks_end):
    source = Source(*"abcdef")
    pieces = CallableModel(getattr(source, kind)).stream(question())
    assert source.given == 0
    assert [next(pieces), next(pieces)] == ["a", "b"]
    assert source.given == 2
    pieces.close()  # type: ignore[attr-defined]
    assert (source.given, source.closed) == (2, 1)
    threads_end()

    async def main() -> None:
        pieces = CallableModel(getattr(source, kind)).astream(question())
        assert [await anext(pieces), await anext(pieces)] == ["a", "b"]
        await pieces.aclose()  # type: ignore[attr-defined]
        assert (source.given, source.closed) == (2, 1)
        await tasks_end()

    source.given = source.closed = 0
    asyncio.run(main())


def test_a_sync_iterator_that_is_busy_when_its_stream_is_left_is_closed_when_it_comes_back():
    comes_back, closed = threading.Event(), []

    def model(messages: Any) -> Iterator[str]:
        try:
            yield "a"
            comes_back.wait(60)
            yield "b"
        finally:
            closed.append(True)

    async def main() -> None:
        pieces = CallableModel(model).astream(question())
        assert await anext(pieces) == "a"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(pieces), 0.02)
        assert closed == []
        comes_back.set()

    asyncio.run(main())  # waits for its threads
    assert closed == [True]


@pytest.mark.parametrize("kind", ["generator", "coroutine", "hidden"])
def test_a_stream_that_does_not_end_is_stopped_at_the_deadline(kind, read):
    def once(patience: float) -> None:
        source = Source(*["x"] * 6000, pause=0.01)
        began = time.monotonic()
        pieces, error = read(CallableModel(getattr(source, kind)), question(timeout=patience))
        assert time.monotonic() - began < patience + 10
        assert isinstance(error, ProviderError)
        assert f"gave no answer in {patience} s" in str(error)
        assert error.__context__ is None
        assert 0 < len(pieces) < 200 * patience
        assert source.closed == 1

    patiently(once)


@pytest.mark.parametrize("function", [answer_sync, answer_async])
def test_a_whole_answer_is_one_piece(function, read):
    assert read(CallableModel(function), question()) == (["Who?{}", Completion("Who?{}")], None)
    assert read(CallableModel(lambda messages: ""), question()) == ([Completion("")], None)


class BothWays:
    """A stream that is gone through with `for` and with `async for`, as LiteLLM's is; only one of them is right."""

    def __init__(self, right: str) -> None:
        self.pieces, self.right, self.closed = iter(["a", "b"]), right, 0

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> str:
        assert self.right == "sync", "it was not awaited"
        return next(self.pieces)

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> str:
        assert self.right == "async", "it was awaited"
        try:
            return next(self.pieces)
        except StopIteration:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        self.closed += 1


def test_a_stream_that_goes_both_ways_is_read_the_way_of_the_one_who_asks():
    async def awaited(messages: Any) -> Any:
        return BothWays("async")

    def called(messages: Any) -> Any:
        return BothWays("sync" if "sync" in modes else "async")

    async def main(function: Any) -> list[Any]:
        whole = await CallableModel(function).acomplete(question())
        return [whole, *[piece async for piece in CallableModel(function).astream(question())]]

    wanted = [Completion("ab"), "a", "b", Completion("ab")]
    modes = ["async"]
    assert asyncio.run(main(awaited)) == asyncio.run(main(called)) == wanted
    late = lambda messages: awaited(messages)  # noqa: E731  # a function that does not show that it is async
    for function in (awaited, late):
        assert [CallableModel(function).complete(question()), *CallableModel(function).stream(question())] == wanted
    modes = ["sync"]
    assert [CallableModel(called).complete(question()), *CallableModel(called).stream(question())] == wanted


class Manager:
    """A stream's manager, as the SDKs' helpers are."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.closed = stream, 0

    def __enter__(self) -> Any:
        return self.stream

    def __exit__(self, *error: object) -> None:
        self.closed += 1


class AsyncManager:
    def __init__(self, stream: Any) -> None:
        self.stream, self.closed = stream, 0

    async def __aenter__(self) -> Any:
        return self.stream

    async def __aexit__(self, *error: object) -> None:
        self.closed += 1


@pytest.mark.parametrize("kind", [Manager, AsyncManager])
@pytest.mark.parametrize("is_async", [False, True])
def test_a_manager_of_a_stream_is_entered_and_left(kind, is_async, read):
    managers = []

    def made(messages: Any) -> Any:
        source = Source("a", "b")
        managers.append(kind(source.generator(messages) if kind is AsyncManager else source.sync(messages)))
        return managers[-1]

    async def made_async(messages: Any) -> Any:
        return made(messages)

    pieces, error = read(CallableModel(made_async if is_async else made), question())
    assert (pieces, error) == (["a", "b", Completion("ab")], None)
    assert managers[-1].closed == 1
    stream = CallableModel(made).stream(question())
    assert next(stream) == "a"
    stream.close()  # type: ignore[attr-defined]
    assert managers[-1].closed == 1


def test_a_manager_of_what_is_no_answer_is_refused_and_left(read):
    for manager in (Manager(3), AsyncManager(3), Manager(None)):
        _, error = read(CallableModel(lambda messages, manager=manager: manager), question())
        assert isinstance(error, InputError)
        assert manager.closed == 1


STRANGE = [{"type": "token", "text": "a"}, {"type": "end"}]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_in_which_nothing_is_understood_is_refused_with_what_is_accepted(kind, read):
    for pieces in (STRANGE, [{"type": "ping"}]):
        source = Source(*pieces)
        _, error = read(CallableModel(getattr(source, kind)), question())
        assert isinstance(error, InputError)
        assert "no piece in the stream" in str(error)
        assert "Accepted are text, a response of the OpenAI" in str(error)
        assert source.closed == 1


def test_a_stream_in_which_nothing_is_understood_is_paid_for_once():
    source, guard = Source(*STRANGE), Guard.from_json_schema({"type": "object"})
    with pytest.raises(InputError, match="no piece in the stream"):
        guard(source.sync, messages=list(MESSAGES))
    assert source.closed == 1


def test_events_of_unknown_types_between_known_ones_are_passed_over(read):
    pieces, error = read(CallableModel(Source("a", *STRANGE, "b").sync), question())
    assert (pieces, error) == (["a", "b", Completion("ab")], None)


@pytest.mark.parametrize("kind", [MagicMock, AsyncMock, Mock])
def test_a_mock_is_no_stream_no_manager_and_no_raw_response(kind, read):
    pieces, error = read(CallableModel(lambda messages: kind()), question())
    assert pieces == []
    assert isinstance(error, InputError)
    assert "seems to have every attribute" in str(error)
    pieces, error = read(CallableModel(lambda messages: iter([kind()])), question())
    assert isinstance(error, InputError)


def test_a_mock_may_be_the_model():
    guard = Guard.from_json_schema({"type": "object"})
    given = {"messages": list(MESSAGES)}
    assert guard(MagicMock(return_value='{"a": 1}'), **given).output == {"a": 1}
    assert guard(AsyncMock(return_value='{"a": 1}'), **given).output == {"a": 1}
    assert asyncio.run(guard.acall(AsyncMock(return_value='{"a": 1}'), **given)).output == {"a": 1}


def test_what_is_no_answer_is_refused_in_a_stream_too(read):
    for answer in (None, 3, [1]):
        pieces, error = read(CallableModel(lambda messages, answer=answer: answer), question())
        assert pieces == []
        assert isinstance(error, InputError)
    assert isinstance(read(CallableModel(Source("a", 3).sync), question())[1], InputError)


def test_a_stream_of_another_model_is_handed_through(read):
    from railguard.testing import ScriptedModel

    inner = ScriptedModel([Completion("abcdef", "length", model="m")], pieces=3)
    assert read(CallableModel(lambda messages: inner.stream(question())), question()) == (
        ["abc", "def", Completion("abcdef", "length", model="m")],
        None,
    )


def test_a_sync_stream_inside_a_coroutine_and_from_several_threads():
    source = Source("a", "b")

    async def main() -> list[Any]:
        return list(CallableModel(source.generator).stream(question()))

    assert asyncio.run(main()) == ["a", "b", Completion("ab")]
    pieces, seen = CallableModel(source.generator).stream(question()), []
    for _ in range(3):
        thread = threading.Thread(target=lambda: seen.append(next(pieces)))
        thread.start()
        thread.join()
    assert seen == ["a", "b", Completion("ab")]


@pytest.mark.parametrize(
    "function",
    [
        lambda model="m", messages=None, **options: messages,
        lambda model="m", *, messages, **options: messages,
        lambda *, messages: messages,
        lambda messages: messages,
        lambda messages, /: messages,
        lambda anything: anything,
        lambda *anything: anything[0],
    ],
)
def test_messages_go_to_the_parameter_of_that_name_wherever_it_stands_else_to_the_first(function: Any) -> None:
    asked = Request(({"role": "user", "content": "Go"},))
    answer = CallableModel(lambda *a, **k: "").complete(asked)  # a function that takes anything is called by position
    assert answer.text == ""
    seen: list[Any] = []

    def recording(given: Any) -> str:
        seen.append(given)
        return "x"

    import functools
    import inspect

    @functools.wraps(function)
    def model(*args: Any, **kwargs: Any) -> str:
        return recording(function(*args, **kwargs))

    assert inspect.signature(model) == inspect.signature(function)
    CallableModel(model).complete(asked)
    assert seen == [[{"role": "user", "content": "Go"}]]
