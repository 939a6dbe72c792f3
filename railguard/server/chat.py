"""`POST /v1/chat/completions`: a guarded call in the form of OpenAI's API, as one response or as server-sent events.

A call is cancelled when its client disconnects. A stream begins with the first piece that may be sent, so that an error
before it is an ordinary response; after that an error is the stream's last event.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import aclosing, suppress
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from railguard import InputError, StreamEvent, ValidationFailed, ValidationOutcome
from railguard.server.error_responses import error_body
from railguard.server.guards import Guards, Served
from railguard.server.json_responses import AnyJSONResponse, response_bytes, response_text
from railguard.server.metrics import Metrics
from railguard.server.outcome_responses import account, error_of, failure_of, total_usage
from railguard.server.requests import HEADER, PREFIX, ChatRequest, Refused, read_chat, read_object
from railguard.server.streamed_json import Changed, OutputWriter

__all__ = ["Chat", "Gone", "unless_gone"]

T = TypeVar("T")

_QUIET_SECONDS = 10.0


class Gone(Exception):
    """The client has closed its connection."""


class Chat:
    """The endpoint."""

    def __init__(self, guards: Guards, metrics: Metrics, *, content: bool) -> None:
        """Store what the endpoint needs.

        Args:
            guards: The guards of the server.
            metrics: The metrics of the server.
            content: Whether `x_railguard` includes messages, answers and values.
        """
        self._guards, self._metrics, self._content = guards, metrics, content

    async def complete(self, request: Request) -> Any:
        """Answer a request."""
        asked, served = None, None
        try:
            asked = read_chat(await read_object(request), request.headers.get(HEADER))
            served = self._guards.get(asked.guard)
            if served is None:
                raise Refused(404, f"there is no guard {asked.guard[:80]!r}", "model_not_found", param="model")
            if served.provider is None:
                raise Refused(
                    400, f"the guard {served.name} has no model: it only validates", "no_model", param="model"
                )
            call = _Call(served, asked, self._content)
            return _Events(call, self._metrics) if asked.stream else await self._answer(call, request)
        except Gone:
            return AnyJSONResponse(None, 499)  # the client has gone
        except Exception as error:
            return error_of(error, served.name if served is not None else "", content=self._content)

    async def _answer(self, call: _Call, request: Request) -> AnyJSONResponse:
        with self._metrics.call(call.served.name, "chat") as counted:
            outcome = await unless_gone(call.outcome(), request.receive)
            counted.ended(outcome)
        return AnyJSONResponse(*call.response(outcome))


class _Call:
    """One guarded call of a request, and the response for its outcome."""

    def __init__(self, served: Served, asked: ChatRequest, content: bool) -> None:
        self.served, self.asked, self._content = served, asked, content
        self._id, self._created = f"chatcmpl-{uuid.uuid4().hex}", int(time.time())
        if not asked.messages and not served.guard.spec.messages:
            raise InputError(f"the guard {served.name} has no messages of its own: send messages")

    async def outcome(self) -> ValidationOutcome[Any]:
        assert self.served.provider is not None, "a guard without a model was refused before"
        return await self.served.guard.acall(self.served.provider, self.asked.variables, **self._options())

    def events(self) -> AsyncGenerator[StreamEvent[Any], None]:
        assert self.served.provider is not None, "a guard without a model was refused before"
        raw = self.served.shape == "text"
        return self.served.guard.astream(self.served.provider, self.asked.variables, raw=raw, **self._options())  # type: ignore[return-value]  # it is a generator

    def _options(self) -> dict[str, Any]:
        asked = self.asked
        return {**self.served.options, **asked.options, "messages": asked.messages, "metadata": asked.metadata}

    def account(self, outcome: ValidationOutcome[Any]) -> dict[str, Any]:
        messages = "request" if self.asked.messages else "spec"
        return account(outcome, self.served.name, content=self._content, messages=messages)

    def response(self, outcome: ValidationOutcome[Any]) -> tuple[dict[str, Any], int]:
        """Return the body and the status of a response that is not streamed."""
        summary = self.account(outcome)
        if not _is_answer(outcome):
            return failure_of(outcome, summary), 422
        content = _content(outcome)
        message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": outcome.refusal}
        if content is not None and self.is_tool_call(outcome):
            message |= {"content": None, "tool_calls": [self._tool_call(content)]}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._reason(outcome)}
        body = self._head("chat.completion") | {"choices": [choice], "usage": total_usage(outcome.usage)}
        return body | {"x_railguard": summary}, 200

    def chunk(self, delta: Mapping[str, Any], reason: str | None = None, **more: Any) -> str:
        """Return one event of a stream."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return _event(self._head("chat.completion.chunk") | {"choices": [choice]} | more)

    def last_chunks(self, outcome: ValidationOutcome[Any], rest: str | None) -> str:
        """Return the end of a stream. rest: the unsent part of the content, or None."""
        delta: dict[str, Any] = {}
        if rest is not None and self.is_tool_call(outcome):
            delta = {"tool_calls": [{"index": 0, **self._tool_call(rest)}]}
        elif rest:
            delta = {"content": rest}
        elif outcome.refusal is not None:
            delta = {"refusal": outcome.refusal}
        text = self.chunk(delta) if delta else ""
        text += self.chunk({}, self._reason(outcome), x_railguard=self.account(outcome))
        if self.asked.include_usage:
            usage: dict[str, Any] = {"choices": [], "usage": total_usage(outcome.usage)}
            text += _event(self._head("chat.completion.chunk") | usage)
        return text + "data: [DONE]\n\n"

    def is_tool_call(self, outcome: ValidationOutcome[Any]) -> bool:
        """Whether the model answered by calling the function that it was given."""
        last = outcome.iterations[-1].finish_reason if outcome.iterations else "unknown"
        return self.asked.function is not None and last == "tool_calls"

    def _tool_call(self, arguments: str) -> dict[str, Any]:
        function = {"name": self.asked.function, "arguments": arguments}
        return {"id": f"call_{self._id[-24:]}", "type": "function", "function": function}

    def _reason(self, outcome: ValidationOutcome[Any]) -> str:
        if outcome.stopped == "refused":
            return "stop" if outcome.refusal is not None else "content_filter"
        return "tool_calls" if self.is_tool_call(outcome) else "stop"

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self._id, "object": kind, "created": self._created, "model": PREFIX + self.served.name}


class _Events:
    """A response of server-sent events, as an ASGI application."""

    def __init__(self, call: _Call, metrics: Metrics) -> None:
        self._call, self._metrics = call, metrics
        self._begun = False
        self._waiting = ""
        self._news = asyncio.Event()
        shape = "whole" if call.asked.function is not None else call.served.shape
        self._writer = OutputWriter(shape)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(Gone):
            await unless_gone(self._answer(scope, receive, send), receive)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, content = self._call.served.name, self._call._content
        try:
            with self._metrics.call(name, "stream") as counted:
                outcome = await self._send_events(send)
                counted.ended(outcome)
                error, status = (None, 200) if _is_answer(outcome) else self._call.response(outcome)
                text = "" if error else self._end(outcome)
        except Changed:
            error, status = error_body(500, _CHANGED, "stream_changed"), 500
        except Exception as failed:
            response = error_of(failed, name, content=content)
            if not self._begun:
                await response(scope, receive, send)
                return
            error, status = json.loads(bytes(response.body)), response.status_code
        if error is not None and not self._begun:
            await AnyJSONResponse(error, status)(scope, receive, send)
            return
        await self._send(send, _event(error) if error is not None else text, more=False)

    async def _send_events(self, send: Send) -> ValidationOutcome[Any]:
        """Send the events that may be sent, and return the outcome."""
        sending = asyncio.ensure_future(self._keep_sending(send))
        try:
            async with aclosing(self._call.events()) as events:
                async for event in events:
                    if event.outcome is not None:
                        return event.outcome
                    piece = self._writer.feed(event)
                    if piece:
                        self._waiting += piece
                        self._news.set()
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending
            await self._flush(send)
        raise AssertionError("the last event of a stream holds the outcome")

    async def _keep_sending(self, send: Send) -> None:
        """Send waiting pieces whenever the call waits for its model; pieces that arrived together are sent together.
        After some time without a piece, send a comment, so that no proxy closes the stream as idle.
        """
        while True:
            try:
                async with asyncio.timeout(_QUIET_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                await self._send(send, ": the model is still at work\n\n")
            else:
                self._news.clear()
                await self._flush(send)

    async def _flush(self, send: Send) -> None:
        piece, self._waiting = self._waiting, ""
        if piece:
            await self._send(send, self._call.chunk({"content": piece}))

    def _end(self, outcome: ValidationOutcome[Any]) -> str:
        """Return the last events of a valid answer. Raises Changed."""
        content = _content(outcome)
        rest = None if content is None else self._writer.finish(outcome.to_dict()["output"])
        return self._call.last_chunks(outcome, rest)

    async def _send(self, send: Send, text: str, *, more: bool = True) -> None:
        if not self._begun:
            self._begun = True
            headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            text = self._call.chunk({"role": "assistant", "content": ""}) + text
        await send({"type": "http.response.body", "body": response_bytes(text), "more_body": more})


_CHANGED = (
    "the text already sent is no longer valid, because the model was asked again for a part of it; "
    "try again, or without stream"
)


async def unless_gone(work: Coroutine[Any, Any, T], receive: Receive) -> T:
    """Run a coroutine and return its result. If the client disconnects first, the coroutine is cancelled and Gone is
    raised.
    """
    working = asyncio.ensure_future(work)
    watching = asyncio.ensure_future(_wait_for_disconnect(receive))
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise Gone
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.wait((working, watching))
        if not working.cancelled():
            working.exception()  # mark the exception as retrieved


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_answer(outcome: ValidationOutcome[Any]) -> bool:
    """Whether the outcome has an answer: an output, or the model's refusal."""
    if outcome.stopped == "refused":
        return True
    try:
        outcome.raise_for_failures()
    except ValidationFailed:
        return False
    return True


def _content(outcome: ValidationOutcome[Any]) -> str | None:
    """Return the output as text, or None if the model refused."""
    if outcome.stopped == "refused":
        return None
    plain = outcome.to_dict()["output"]
    return plain if isinstance(plain, str) else response_text(plain)


def _event(data: Any) -> str:
    return f"data: {response_text(data)}\n\n"
