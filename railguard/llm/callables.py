"""Uses any function as a model: it is called with messages and returns text or the response object of its SDK.

A plain callable is called once per question: its SDK retries by itself, and two layers of retries multiply. Its
exceptions are not caught, except an SDK's API error and the end of an iterator; both become a ProviderError.
"""

from __future__ import annotations

import inspect
import json
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from types import FunctionType
from typing import Any, NamedTuple, TypeVar
from weakref import finalize

from railguard.errors import InputError, ProviderError
from railguard.llm.chunks import Pieces
from railguard.llm.google import google_completion
from railguard.llm.redaction import foreign_text
from railguard.llm.request import Request
from railguard.llm.responses import ACCEPTED, answers_to_every_name, completion_of, parsed, text_member
from railguard.values import Completion, Message

__all__ = ["CallableModel", "fresh", "is_async", "provider_error"]

T = TypeVar("T")


class CallableModel:
    """A Provider of a callable.

    It is called as `function(messages, **options)`: messages are a list of {"role", "content"} dicts, a fresh copy for
    each call; `schema=` (the JSON Schema of the wanted answer, None for free text) is passed if it has a parameter
    named schema. A function whose parameter `messages` is not its first, such as the OpenAI SDK's `create` and
    LiteLLM's `completion`, gets the messages by keyword. Anthropic's SDK gets the system messages as `system`. It may
    be a function, a method, a partial or an instance with `__call__`, sync or async.

    It returns text, an SDK's response object, an iterator or async iterator of text pieces or SDK chunks, or a context
    manager of one of these, as the SDKs' streaming helpers are. An object that is both a sync and an async iterator is
    used as an async one on an event loop: in `acomplete` and `astream`, and if the function is async. Raises InputError
    for anything else, for a stream in which no piece is understood, and for options it cannot take. `request.timeout`
    cancels an awaitable; a sync function cannot be interrupted, but its SDK has a time limit of its own.

    In a stream, an iterator's pieces are passed on as they arrive, and it is closed with the stream; a whole answer is
    one piece.
    """

    __slots__ = ("_facts", "_function", "name")

    def __init__(self, function: Callable[..., Any], *, name: str | None = None) -> None:
        """Look at the function; it is not called yet.

        Args:
            function: The function.
            name: The name in messages and records; by default the function's own.
        """
        self._function = function
        self._facts = facts = _facts(function)
        self.name = name or facts.name

    @property
    def carries_schemas(self) -> bool:
        """Whether the function receives the schema."""
        return self._facts.wants_schema

    @property
    def identity(self) -> str | None:
        """A digest of the arguments of a partial, such as the model's name; None for any other function."""
        bound = _bound(self._function)
        if not bound:
            return None
        from hashlib import sha256

        # A digest, because one of the arguments may be a key. An object without a text of its own has its address in
        # its repr, so that it is another one in each process.
        return sha256(json.dumps(bound, sort_keys=True, default=repr).encode()).hexdigest()

    def __repr__(self) -> str:
        return f"<CallableModel {self.name}>"

    def complete(self, request: Request) -> Completion:
        """Call the function and read its answer. An awaitable runs on an event loop, in a worker thread if necessary."""
        began = time.monotonic()
        # An async function is called on the loop too: some SDKs look for the running loop before they return an
        # awaitable.
        answer = None if self._facts.is_async else self._call(request)
        if type(answer) is str:
            return Completion(answer)
        answer = parsed(answer)
        if not self._facts.is_async and not _needs_loop(answer):
            return _last(self._pieces(answer))
        from railguard.llm.event_loop import run_sync

        clock = _Clock(request, self.name, began)
        try:
            return run_sync(lambda: self._whole(request, clock, answer))
        except RuntimeError as error:
            fault = self._other_loop(error)
        raise fault

    async def acomplete(self, request: Request) -> Completion:
        """Call the function and read its answer; a sync function or iterator runs in a thread, with the caller's
        context variables.
        """
        return await self._whole(request, _Clock(request, self.name))

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Call the function and yield its answer piece by piece; an async iterator is advanced on an event loop."""
        from railguard.llm.event_loop import iterate

        clock = _Clock(request, self.name)
        answer = None if self._facts.is_async else parsed(self._call(request))
        if not self._facts.is_async and not _needs_loop(answer):
            yield from self._pieces(answer)
            return
        try:
            yield from iterate(lambda: self._apieces(request, clock, answer))
            return
        except RuntimeError as error:
            fault = self._other_loop(error)
        raise fault

    def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Call the function and yield its answer piece by piece; a sync iterator is advanced in threads."""
        return self._apieces(request, _Clock(request, self.name))

    def _other_loop(self, error: RuntimeError) -> InputError:
        # An async SDK client keeps connections; those of an earlier call were closed with that call's event loop. The
        # function is not called again, though a second call would open a new connection: the request may already have
        # been sent.
        if not any(words in str(error) for words in _OTHER_LOOP):
            raise error
        return InputError(
            f"{self.name} uses an async client that belongs to an event loop that has ended ({error}): "
            "use a sync client here, or the guard's acall, or open the client inside the function"
        )

    def _call(self, request: Request) -> Any:
        facts = self._facts
        messages = [fresh(message) for message in request.messages]
        if facts.takes_only_messages and not request.options:
            return self._guarded(self._function, messages)
        arguments: dict[str, Any] = dict(request.options)
        if facts.wants_schema:
            arguments["schema"] = fresh(request.schema)
        if facts.is_anthropic and "system" not in arguments:
            messages, system = _without_system(messages)
            if system:
                arguments["system"] = system
        positional: tuple[list[Message], ...] = () if facts.by_name else (messages,)
        if facts.by_name:
            arguments["messages"] = messages
        is_plain = facts.takes_messages and not request.options and not facts.is_anthropic
        if facts.signature is not None and not is_plain:
            try:
                facts.signature.bind(*positional, **arguments)
            except TypeError as error:
                raise InputError(
                    f"the model {self.name}{facts.signature} cannot be called with messages"
                    f"{''.join(f', {name}=' for name in arguments if name != 'messages')}: {error}"
                ) from None
        return self._guarded(self._function, *positional, **arguments)

    def _guarded(self, step: Callable[..., Any], *positional: Any, **arguments: Any) -> Any:
        """Run one step of the user's code; an SDK's API error is raised as a ProviderError."""
        try:
            return step(*positional, **arguments)
        except Exception as error:
            known = provider_error(error, self.name)
            if known is None:
                raise
            raise known from error

    def _pieces(self, answer: Any) -> Generator[str | Completion, None, None]:
        """Yield the pieces of an answer that needs no event loop."""
        answer = self._guarded(parsed, answer)
        whole = completion_of(answer) or google_completion(answer)
        if whole is not None:
            if whole.text:
                yield whole.text
            yield whole
            return
        if _is_manager(answer):
            with ExitStack() as entered:
                inside = self._guarded(entered.enter_context, answer)
                if inside is answer and not _is_iterator(inside):
                    raise self._unknown(answer)
                yield from self._pieces(inside)
            return
        if not _is_iterator(answer):
            raise self._unknown(answer)
        joined = Pieces()
        try:
            while (piece := self._guarded(next, answer, _END)) is not _END:
                if text := joined.feed(piece):
                    yield text
        finally:
            _close(answer)
        yield self._joined(joined)

    def _joined(self, pieces: Pieces) -> Completion:
        if pieces.strange:
            raise InputError(
                f"no piece in the stream of the model {self.name} has a known type; the first has the type "
                f"{foreign_text(repr(pieces.strange))}. Accepted are {ACCEPTED}"
            )
        return pieces.completion()

    async def _whole(self, request: Request, clock: _Clock, answer: Any = None) -> Completion:
        answer = await self._resolved(request, clock, answer)
        if _is_blocking(answer):
            return await clock.wait(_in_thread(lambda: _last(self._pieces(answer))))
        async for piece in self._resolved_pieces(answer, clock):
            last = piece
        assert isinstance(last, Completion), "the last piece is always the whole"
        return last

    async def _apieces(
        self, request: Request, clock: _Clock, answer: Any = None
    ) -> AsyncGenerator[str | Completion, None]:
        pieces = self._resolved_pieces(await self._resolved(request, clock, answer), clock)
        try:
            async for piece in pieces:
                yield piece
        finally:
            await pieces.aclose()

    async def _resolved(self, request: Request, clock: _Clock, answer: Any) -> Any:
        """Return the function's answer with all awaitables awaited. answer: what the function returned, or None before
        the call.
        """
        if answer is None:
            called = self._call(request) if self._facts.is_async else await clock.wait(_in_thread(self._call, request))
            answer = called
        return await self._awaited(answer, clock)

    async def _awaited(self, answer: Any, clock: _Clock) -> Any:
        for _ in range(2):
            if inspect.isawaitable(answer):
                answer = await self._aguarded(clock.wait(answer))
            answer = self._guarded(parsed, answer)
        return answer

    async def _resolved_pieces(self, answer: Any, clock: _Clock) -> AsyncGenerator[str | Completion, None]:
        """Yield the pieces of an answer on the event loop; blocking steps run in a thread."""
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
                pieces = self._resolved_pieces(await self._awaited(inside, clock), clock)
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
                    await _aclose(items)  # an SDK's stream is iterated by a generator of its own
            finally:
                await _aclose(answer)
        yield self._joined(joined)

    async def _aguarded(self, step: Awaitable[T]) -> T:
        """Await one step of the user's code; an SDK's API error is raised as a ProviderError."""
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
            kind += (
                ", which seems to have every attribute (a mock?), so its kind cannot be recognized; return text instead"
            )
        elif isinstance(answer, (Mapping, list)):
            kind += ", which is not a known response; if it is the answer itself, return its JSON text"
        return InputError(f"the model {self.name} returned {kind}. Accepted are {ACCEPTED}")


def fresh(value: Any) -> Any:
    """Copy plain data, so that the copy can be changed without changing the original; other objects are returned as
    they are.
    """
    if isinstance(value, dict):
        return {key: item if type(item) is str else fresh(item) for key, item in value.items()}
    if isinstance(value, list):
        return [fresh(item) for item in value]
    return value


def provider_error(error: Exception, name: str) -> ProviderError | None:
    """Convert an SDK's API error to a ProviderError with its status, Retry-After and message; None for any other
    exception.

    Errors are recognized by shape: a `response` with a status code and headers (OpenAI, Anthropic, LiteLLM, httpx,
    requests), a `status_code` with a `body` or `raw_response` (Mistral, Cohere), or a base class named APIError (the
    same SDKs' errors without a response: no connection, a timeout) or httpx's TransportError (a broken SDK stream). A
    StopIteration is converted too: a function raises it to say that it has no answer, and it cannot cross a generator
    or a coroutine.

    `retryable` says whether asking again may help. Nothing is retried here: the SDK has done so already.
    """
    from railguard.llm.retry import is_retryable, retry_after_of

    ended = error.__cause__ if isinstance(error, RuntimeError) else error
    if isinstance(ended, (StopIteration, StopAsyncIteration)):
        return ProviderError(
            f"{name} raised {type(ended).__name__}: it has no answers left, or calls next() on an empty iterator"
        )
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
    said = foreign_text(text_member(error, "message") or str(error))
    after = retry_after_of(headers) if headers is not None else None
    code = text_member(error, "code") or text_member(error, "type")
    return ProviderError(
        f"{name} raised {type(error).__name__}{f' ({status})' if status else ''}: {said}",
        status=status,
        retry_after=after,
        retryable=is_api_error if status is None else is_retryable(status, code),
    )


_END = object()
_OTHER_LOOP = ("Event loop is closed", "attached to a different loop", "bound to a different event loop")


class _Clock:
    """The time limit of a request, counted from its start: `began`, or now."""

    def __init__(self, request: Request, name: str, began: float | None = None) -> None:
        self._name = name
        self._seconds = request.timeout
        start = time.monotonic() if began is None else began
        self._end = None if request.timeout is None else start + request.timeout

    async def wait(self, awaitable: Awaitable[T]) -> T:
        """Await something until the time limit. Raises ProviderError on timeout, outside every except block."""
        from railguard.llm.event_loop import DeadlinePassed, wait_within

        try:
            return await wait_within(None if self._end is None else self._end - time.monotonic(), awaitable)
        except DeadlinePassed:
            pass
        raise ProviderError(f"{self._name} gave no answer in {self._seconds:.1f} s")


class _Steps:
    """Advances a generator in threads, one step at a time. If it is closed during a step, it ends after that step."""

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
    """Like asyncio.to_thread, for a function that may raise StopIteration: a Future cannot hold that exception and
    would never end.
    """
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
    """Return the Completion at the end of an answer's pieces."""
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
    """Whether reading an answer may block, so that it must not run on an event loop."""
    return (_is_iterator(value) or _is_manager(value)) and not (_is_async_iterator(value) or _is_async_manager(value))


def _needs_loop(value: Any) -> bool:
    """Whether reading an answer needs an event loop."""
    if inspect.isawaitable(value):
        return True
    return (_is_async_iterator(value) or _is_async_manager(value)) and not (_is_iterator(value) or _is_manager(value))


class _Facts(NamedTuple):
    """Facts about a callable. takes_messages: whether it can be called with the arguments of every request.
    takes_only_messages: whether these are the messages alone, as its first argument.
    """

    signature: inspect.Signature | None
    by_name: bool
    wants_schema: bool
    takes_messages: bool
    takes_only_messages: bool
    is_async: bool
    is_anthropic: bool
    name: str


_FACTS: dict[int, _Facts] = {}
"""Facts by the id of a plain function that is alive, because every guarded call needs them; a function that is defined
anew in each call is found by its code. (To find either by its value is slow: the hash of code reads all of it.)
"""


def _facts(function: Callable[..., Any]) -> _Facts:
    if not isinstance(function, FunctionType) or function.__dict__:
        return _facts_of(function)
    has_more = function.__defaults__ or function.__kwdefaults__ or function.__annotations__
    key = function if has_more or function.__qualname__ != function.__code__.co_qualname else function.__code__
    known = _FACTS.get(id(key))
    if known is None:
        known = _FACTS[id(key)] = _facts_of(function)
        finalize(key, _FACTS.pop, id(key), None)
    return known


def _facts_of(function: Callable[..., Any]) -> _Facts:
    signature = _signature(function)
    by_name, wants_schema = _parameters(signature)
    named = {"messages": None} if by_name else {}
    positional = () if by_name else (None,)
    takes = signature is not None and _binds(signature, *positional, **named, **_SCHEMA[wants_schema])
    is_anthropic = _is_anthropic(function)
    return _Facts(
        signature,
        by_name,
        wants_schema,
        takes,
        takes and not (by_name or wants_schema or is_anthropic),
        is_async(function),
        is_anthropic,
        _name(function),
    )


_SCHEMA: Mapping[bool, dict[str, None]] = {True: {"schema": None}, False: {}}


def _binds(signature: inspect.Signature, /, *positional: Any, **named: Any) -> bool:
    try:
        signature.bind(*positional, **named)
    except TypeError:
        return False
    return True


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        return None  # a builtin without a signature


def _parameters(signature: inspect.Signature | None) -> tuple[bool, bool]:
    """Whether messages are passed by keyword (a parameter of that name exists and is not the first), and whether there
    is a parameter named schema.
    """
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
    """Whether the function is a method of Anthropic's SDK, whose API has no system messages."""
    while isinstance(function, partial):
        function = function.func
    owner = type(getattr(function, "__self__", None))
    return str(owner.__module__).partition(".")[0] == "anthropic"


def _without_system(messages: list[Message]) -> tuple[list[Message], str]:
    """Split messages into those that are not system messages, and the joined text of the system messages."""
    told = [message for message in messages if message.get("role") == "system"]
    texts = [message["content"] for message in told if isinstance(message.get("content"), str)]
    if len(texts) < len(told):
        return messages, ""  # the SDK rejects parts that are not text
    return [message for message in messages if message.get("role") != "system"], "\n\n".join(texts)


def is_async(function: Any) -> bool:
    """Whether calling the function needs the event loop's thread: it is a coroutine function, an async generator, or an
    object whose `__call__` is one. A lambda that calls a coroutine function is not recognized.
    """
    while isinstance(function, partial):
        function = function.func
    if not inspect.isroutine(function) and not inspect.isclass(function):
        function = getattr(function, "__call__", function)  # noqa: B004 - the bound method itself is wanted
    try:
        function = inspect.unwrap(function)
    except ValueError:
        return False  # a cycle of __wrapped__
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _bound(function: Any) -> list[Any]:
    """Return the positional arguments and keywords of a partial, and of the partials inside it."""
    bound = []
    while isinstance(function, partial):
        bound.append([function.args, function.keywords])
        function = function.func
    return bound


def _name(function: Any) -> str:
    while isinstance(function, partial):
        function = function.func
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return str(name).replace("<locals>.", "")
