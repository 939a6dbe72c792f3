"""Any function as a model: called with messages, answered with whatever its SDK returns.

A plain callable is asked once: its SDK retries by itself, and two retries multiply. What it raises is its own affair,
except an SDK's API error and the end of an iterator, which become a ProviderError.
"""

from __future__ import annotations

import inspect
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from typing import Any, TypeVar

from railguard.errors import InputError, ProviderError
from railguard.llm.chunks import Pieces
from railguard.llm.redaction import quoted
from railguard.llm.request import Request
from railguard.llm.responses import ACCEPTED, answers_to_every_name, completion_of, parsed, text_of
from railguard.values import Completion, Message

__all__ = ["CallableModel", "fresh", "is_async", "provider_error"]

T = TypeVar("T")


class CallableModel:
    """A Provider of a callable.

    It is called as `function(messages, **options)`: messages are a list of {"role", "content"} dicts, a fresh copy for
    each call; `schema=` (the JSON Schema of the wanted answer, None for free text) is passed if it has a parameter
    NAMED schema. A function with a parameter `messages` that is not its first, as the OpenAI SDK's `create` and LiteLLM's
    `completion` have, gets it by keyword. Of Anthropic's SDK the texts of the role system are its `system`. Functions,
    methods, partials, classes' instances; sync or async.

    It returns text, an SDK's response object, an iterator or async iterator of text pieces or SDK chunks, or a context
    manager of one of these, as the SDKs' streaming helpers are. What can be gone through both ways is awaited where an
    event loop runs it: in `acomplete` and `astream`, and of an async function. Raises InputError for anything else, for a
    stream in which no piece is understood, and for options it cannot take. `request.timeout` cancels what is awaited; a
    sync function cannot be interrupted, its SDK has a time limit of its own.

    Streamed, an iterator's pieces are handed on as they come, and it is closed with the stream; a whole answer is one
    piece.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._signature = _signature(function)
        self._by_name, self._wants_schema = _parameters(self._signature)
        self._is_async = is_async(function)
        self._is_anthropic = _is_anthropic(function)
        self.name: str = _name(function)

    @property
    def carries_schemas(self) -> bool:
        """Whether the function is given the schema."""
        return self._wants_schema

    def __repr__(self) -> str:
        return f"<CallableModel {self.name}>"

    def complete(self, request: Request) -> Completion:
        """Call it and read its answer. An awaitable runs on an event loop, in a worker thread if need be."""
        from railguard.llm.event_loop import run_sync

        clock = _Clock(request, self.name)
        # Of an async function the call itself is made on the loop too: some SDKs look for it before they return.
        answer = None if self._is_async else parsed(self._call(request))
        if not self._is_async and not _needs_loop(answer):
            return _last(self._pieces(answer))
        try:
            return run_sync(lambda: self._whole(request, clock, answer))
        except RuntimeError as error:
            fault = self._other_loop(error)
        raise fault

    async def acomplete(self, request: Request) -> Completion:
        """Call it and read its answer; a sync function or iterator runs in a thread, with the caller's context."""
        return await self._whole(request, _Clock(request, self.name))

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Call it and hand on its answer piece by piece; an async iterator is advanced on an event loop."""
        from railguard.llm.event_loop import iterate

        clock = _Clock(request, self.name)
        answer = None if self._is_async else parsed(self._call(request))
        if not self._is_async and not _needs_loop(answer):
            yield from self._pieces(answer)
            return
        try:
            yield from iterate(lambda: self._apieces(request, clock, answer))
            return
        except RuntimeError as error:
            fault = self._other_loop(error)
        raise fault

    def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Call it and hand on its answer piece by piece; a sync iterator is advanced in threads."""
        return self._apieces(request, _Clock(request, self.name))

    def _other_loop(self, error: RuntimeError) -> InputError:
        # An async SDK client keeps connections; those of an earlier call died with that call's event loop. It is not
        # called again, though its next call has a new connection: what was written to the dead one has been sent.
        if not any(words in str(error) for words in _OTHER_LOOP):
            raise error
        return InputError(
            f"{self.name} uses an async client that belongs to an event loop that has ended ({error}): "
            "use a sync client here, or the guard's acall, or open the client inside the function"
        )

    def _call(self, request: Request) -> Any:
        arguments: dict[str, Any] = dict(request.options)
        if self._wants_schema:
            arguments["schema"] = fresh(request.schema)
        messages = fresh(list(request.messages))
        if self._is_anthropic and "system" not in arguments:
            messages, system = _without_system(messages)
            if system:
                arguments["system"] = system
        positional: tuple[list[Message], ...] = () if self._by_name else (messages,)
        if self._by_name:
            arguments["messages"] = messages
        if self._signature is not None:
            try:
                self._signature.bind(*positional, **arguments)
            except TypeError as error:
                raise InputError(
                    f"the model {self.name}{self._signature} cannot be called with messages"
                    f"{''.join(f', {name}=' for name in arguments if name != 'messages')}: {error}"
                ) from None
        return self._guarded(partial(self._function, *positional, **arguments))

    def _guarded(self, step: Callable[[], Any]) -> Any:
        """One step in the user's code, with its SDK's errors made ours."""
        try:
            return step()
        except Exception as error:
            known = provider_error(error, self.name)
            if known is None:
                raise
            raise known from error

    def _pieces(self, answer: Any) -> Generator[str | Completion, None, None]:
        """The pieces of an answer that needs no event loop."""
        answer = self._guarded(lambda: parsed(answer))
        whole = completion_of(answer)
        if whole is not None:
            if whole.text:
                yield whole.text
            yield whole
            return
        if _is_manager(answer):
            with ExitStack() as entered:
                inside = self._guarded(lambda: entered.enter_context(answer))
                if inside is answer and not _is_iterator(inside):
                    raise self._unknown(answer)
                yield from self._pieces(inside)
            return
        if not _is_iterator(answer):
            raise self._unknown(answer)
        joined = Pieces()
        try:
            while (piece := self._guarded(lambda: next(answer, _END))) is not _END:
                if text := joined.feed(piece):
                    yield text
        finally:
            _close(answer)
        yield self._joined(joined)

    def _joined(self, pieces: Pieces) -> Completion:
        if pieces.strange:
            raise InputError(
                f"nothing in the stream of the model {self.name} is understood: its pieces are of types such as "
                f"{quoted(repr(pieces.strange))}. Accepted are {ACCEPTED}"
            )
        return pieces.completion()

    async def _whole(self, request: Request, clock: _Clock, answer: Any = None) -> Completion:
        answer = await self._settled(request, clock, answer)
        if _is_blocking(answer):
            return await clock.wait(_in_thread(lambda: _last(self._pieces(answer))))
        async for piece in self._settled_pieces(answer, clock):
            last = piece
        assert isinstance(last, Completion), "the last piece is always the whole"
        return last

    async def _apieces(
        self, request: Request, clock: _Clock, answer: Any = None
    ) -> AsyncGenerator[str | Completion, None]:
        pieces = self._settled_pieces(await self._settled(request, clock, answer), clock)
        try:
            async for piece in pieces:
                yield piece
        finally:
            await pieces.aclose()

    async def _settled(self, request: Request, clock: _Clock, answer: Any) -> Any:
        """What the function returns, with nothing left to await; answer: what it has returned, None before the call."""
        if answer is None:
            called = self._call(request) if self._is_async else await clock.wait(_in_thread(self._call, request))
            answer = called
        return await self._awaited(answer, clock)

    async def _awaited(self, answer: Any, clock: _Clock) -> Any:
        for _ in range(2):
            if inspect.isawaitable(answer):
                answer = await self._aguarded(clock.wait(answer))
            answer = self._guarded(partial(parsed, answer))
        return answer

    async def _settled_pieces(self, answer: Any, clock: _Clock) -> AsyncGenerator[str | Completion, None]:
        """The pieces of an answer on the event loop; what blocks it goes to a thread."""
        if _is_blocking(answer):
            steps = _Steps(self._pieces(answer))
            try:
                while (step := await clock.wait(_in_thread(steps.next))) is not _END:
                    yield step
            finally:
                steps.close()
            return
        if _is_async_manager(answer):
            async with AsyncExitStack() as entered:
                inside = await self._aguarded(clock.wait(entered.enter_async_context(answer)))
                if inside is answer and not _is_async_iterator(inside):
                    raise self._unknown(answer)
                pieces = self._settled_pieces(await self._awaited(inside, clock), clock)
                try:
                    async for piece in pieces:
                        yield piece
                finally:
                    await pieces.aclose()
            return
        if not _is_async_iterator(answer):
            for piece in self._pieces(answer):
                yield piece
            return
        joined = Pieces()
        items = aiter(answer)
        try:
            while (item := await self._aguarded(clock.wait(anext(items, _END)))) is not _END:
                if text := joined.feed(item):
                    yield text
        finally:
            try:
                if items is not answer:
                    await _aclose(items)  # an SDK's stream is gone through by a generator of its own
            finally:
                await _aclose(answer)
        yield self._joined(joined)

    async def _aguarded(self, step: Awaitable[T]) -> T:
        """One awaited step in the user's code, with its SDK's errors made ours."""
        try:
            return await step
        except Exception as error:
            known = None if isinstance(error, ProviderError) else provider_error(error, self.name)
            if known is None:
                raise
            raise known from error

    def _unknown(self, answer: Any) -> InputError:
        kind = f"{type(answer).__module__}.{type(answer).__qualname__}".removeprefix("builtins.")
        if answer is None:
            kind = "None; does it lack a return"
        elif answers_to_every_name(answer):
            kind += ", which has a member of every name, so that no shape can be told from it; return text instead"
        elif isinstance(answer, (Mapping, list)):
            kind += ", which is no response that is known; if it is the answer itself, return its JSON text"
        return InputError(f"the model {self.name} returned {kind}. Accepted are {ACCEPTED}")


def fresh(value: Any) -> Any:
    """A copy of plain data that can be changed without changing ours; other objects are handed on untouched."""
    if isinstance(value, dict):
        return {key: fresh(item) for key, item in value.items()}
    if isinstance(value, list):
        return [fresh(item) for item in value]
    return value


def provider_error(error: Exception, name: str) -> ProviderError | None:
    """An SDK's API error as ours: its status, Retry-After and message; None for any other exception.

    Known by shape: a `response` with a status code and headers (OpenAI, Anthropic, LiteLLM, httpx, requests), a
    `status_code` with a `body` or `raw_response` (Mistral, Cohere), or a base class named APIError (the same SDKs' errors
    without a response: no connection, a timeout) or httpx's TransportError (an SDK's stream that breaks). And a
    StopIteration, by which a function says that it has no answer, and which nothing that iterates or awaits can hand on.

    `retryable` says whether asking again may help. It is not done here: the SDK has retried already.
    """
    from railguard.llm.retry import is_retryable, retry_after_of

    ended = error.__cause__ if isinstance(error, RuntimeError) else error
    if isinstance(ended, (StopIteration, StopAsyncIteration)):
        return ProviderError(f"{name} raised {type(ended).__name__}: it has no answer left, or calls next() on nothing")
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", None)
    headers = getattr(response, "headers", None)
    is_api_error = any(
        cls.__name__ == "APIError" or (cls.__name__ == "TransportError" and cls.__module__.startswith("httpx"))
        for cls in type(error).__mro__
    )
    answered = headers is not None or any(getattr(error, name, None) is not None for name in ("raw_response", "body"))
    if not is_api_error and not (isinstance(status, int) and answered):
        return None
    if not isinstance(status, int):
        status = getattr(error, "code", None)
        status = status if isinstance(status, int) else None
    said = quoted(text_of(error, "message") or str(error))
    after = retry_after_of(headers) if headers is not None else None
    code = text_of(error, "code") or text_of(error, "type")
    return ProviderError(
        f"{name} raised {type(error).__name__}{f' ({status})' if status else ''}: {said}",
        status=status,
        retry_after=after,
        retryable=is_api_error if status is None else is_retryable(status, code),
    )


_END = object()
_OTHER_LOOP = ("Event loop is closed", "attached to a different loop", "bound to a different event loop")


class _Clock:
    """The time a request has, from when it is asked."""

    def __init__(self, request: Request, name: str) -> None:
        self._name = name
        self._seconds = request.timeout
        self._end = None if request.timeout is None else time.monotonic() + request.timeout

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """Await something for as long as there is time. Raises ProviderError, out of every except block."""
        from railguard.llm.event_loop import DeadlinePassed, within

        try:
            return await within(None if self._end is None else self._end - time.monotonic(), awaitable)
        except DeadlinePassed:
            pass
        raise ProviderError(f"{self._name} gave no answer in {self._seconds:.1f} s")


class _Steps:
    """A generator advanced in threads, one step at a time. Closed during a step, it ends when that step does."""

    def __init__(self, pieces: Generator[str | Completion, None, None]) -> None:
        self._pieces = pieces
        self._running = threading.Lock()
        self._closed = False

    def next(self) -> Any:
        with self._running:
            step = _END if self._closed else next(self._pieces, _END)
        if self._closed:
            self.close()
        return step

    def close(self) -> None:
        self._closed = True
        if self._running.acquire(blocking=False):
            try:
                self._pieces.close()
            finally:
                self._running.release()


async def _in_thread(function: Callable[..., T], *arguments: Any) -> T:
    """asyncio.to_thread, for a function that may raise StopIteration: a Future cannot carry it, and never ends."""
    import asyncio

    def caught() -> tuple[Any, BaseException | None]:
        try:
            return function(*arguments), None
        except StopIteration as error:
            return None, error

    value, error = await asyncio.to_thread(caught)
    if error is not None:
        raise error
    result: T = value
    return result


def _last(pieces: Iterator[str | Completion]) -> Completion:
    """The Completion at the end of an answer's pieces."""
    for piece in pieces:
        if isinstance(piece, Completion):
            return piece
    raise AssertionError("the last piece is always the whole")  # pragma: no cover


def _close(stream: Any) -> None:
    close = getattr(stream, "close", None)
    if callable(close):
        close()


async def _aclose(stream: Any) -> None:
    close = getattr(stream, "aclose", None) or getattr(stream, "close", None)
    closing = close() if callable(close) else None
    if inspect.isawaitable(closing):
        await closing


def _has(value: Any, *names: str) -> bool:
    return all(hasattr(type(value), name) for name in names) and not answers_to_every_name(value)


def _is_iterator(value: Any) -> bool:
    return _has(value, "__iter__", "__next__")


def _is_async_iterator(value: Any) -> bool:
    return _has(value, "__aiter__")


def _is_manager(value: Any) -> bool:
    return _has(value, "__enter__", "__exit__") and not _is_iterator(value)


def _is_async_manager(value: Any) -> bool:
    return _has(value, "__aenter__", "__aexit__") and not _is_async_iterator(value)


def _is_blocking(value: Any) -> bool:
    """Whether an answer has to be waited for, and not on an event loop."""
    return (_is_iterator(value) or _is_manager(value)) and not (_is_async_iterator(value) or _is_async_manager(value))


def _needs_loop(value: Any) -> bool:
    """Whether an answer can be waited for on an event loop only."""
    if inspect.isawaitable(value):
        return True
    return (_is_async_iterator(value) or _is_async_manager(value)) and not (_is_iterator(value) or _is_manager(value))


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None  # a builtin that does not say


def _parameters(signature: inspect.Signature | None) -> tuple[bool, bool]:
    """Whether messages go by keyword, as they do where a parameter of that name is not the first one, and whether there is a
    parameter named schema."""
    if signature is None:
        return False, False
    parameters = signature.parameters
    messages = parameters.get("messages")
    by_name = (
        messages is not None
        and messages.kind in (messages.POSITIONAL_OR_KEYWORD, messages.KEYWORD_ONLY)
        and next(iter(parameters)) != "messages"
    )
    by_name = by_name or (messages is not None and messages.kind is messages.KEYWORD_ONLY)
    schema = parameters.get("schema")
    wants = schema is not None and schema.kind in (schema.POSITIONAL_OR_KEYWORD, schema.KEYWORD_ONLY)
    return by_name, wants


def _is_anthropic(function: Any) -> bool:
    """Whether it is a method of Anthropic's SDK, whose API has no messages of the role system."""
    while isinstance(function, partial):
        function = function.func
    owner = type(getattr(function, "__self__", None))
    return str(owner.__module__).partition(".")[0] == "anthropic"


def _without_system(messages: list[Message]) -> tuple[list[Message], str]:
    """The messages without those of the role system, and the text of these."""
    told = [message for message in messages if message.get("role") == "system"]
    texts = [message["content"] for message in told if isinstance(message.get("content"), str)]
    if len(texts) < len(told):
        return messages, ""  # parts that are no text are for the SDK to refuse
    return [message for message in messages if message.get("role") != "system"], "\n\n".join(texts)


def is_async(function: Any) -> bool:
    """Whether calling it needs the event loop's thread: a coroutine function, an async generator, an object whose
    `__call__` is one. A lambda around a coroutine function does not show it."""
    while isinstance(function, partial):
        function = function.func
    if not inspect.isroutine(function) and not inspect.isclass(function):
        function = getattr(function, "__call__", function)  # noqa: B004 - the bound method itself is wanted
    try:
        function = inspect.unwrap(function)
    except ValueError:
        return False  # a cycle of __wrapped__
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _name(function: Any) -> str:
    while isinstance(function, partial):
        function = function.func
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(name).replace("<locals>.", "")
