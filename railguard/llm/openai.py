"""OpenAI's chat completions, and every server that speaks them: what is sent, what is read, what its errors mean.

The wire format alone; time, size and faults of the connection are http.py's, asking again is retry.py's.
Reference: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from railguard.errors import InputError, ProviderError
from railguard.llm.chunks import Pieces
from railguard.llm.http import Endpoint, HttpLimits, Incoming, Reply, error_in
from railguard.llm.request import Request
from railguard.llm.responses import completion_of
from railguard.llm.retry import DEFAULT_DEADLINE
from railguard.llm.sse import EventStream, ServerEvent
from railguard.values import Completion

__all__ = ["BASE_URL", "HOSTED", "OpenAI", "chat_body"]

BASE_URL = "https://api.openai.com/v1"

HOSTED = (
    "openai.com",
    "openai.azure.com",
    "cognitiveservices.azure.com",
    "services.ai.azure.com",
    "anthropic.com",
    "googleapis.com",
    "openrouter.ai",
)
"""Domains where a schema not sent before is compiled first and costs the prompt cache: OpenAI, Anthropic, Gemini, and
those who pass requests on to them."""

_PATH = "/chat/completions"
_OURS = {
    "messages": "messages belong to the guard",
    "model": "the model is named when the provider is made",
    "stream": "the guard's stream and astream stream, its other calls do not",
    "api_key": "give the key to railguard.llm.model, or in OPENAI_API_KEY",
    "base_url": "give the base URL to railguard.llm.model, or in OPENAI_BASE_URL",
}


class OpenAI:
    """A Provider of one model behind OpenAI's chat completions API.

    model: its name there. base_url: of any compatible server, up to and with "/v1"; else OPENAI_BASE_URL, else
    OpenAI's own. api_key: else OPENAI_API_KEY; needed for OpenAI's own server alone, and sent to the base URL and
    nowhere else. It asks once: `railguard.llm.model("openai:…")` wraps it in Retrying.

    Options of a request go into the body as they are (temperature, max_tokens, seed, …). A strict request sends the
    schema as `response_format`, unless the options hold one. A streamed request asks for its usage with
    `stream_options`, which an option of that name replaces, and None leaves out. A server that refuses a request because
    of one of these two is asked once more without it, and the Completion's `note` says so.

    cheap_schemas: False for the servers of HOSTED.
    """

    schema_target = "openai-strict"

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        limits: HttpLimits | None = None,
    ) -> None:
        url = (base_url or os.environ.get("OPENAI_BASE_URL") or BASE_URL).strip()
        key = api_key if api_key is not None else os.environ.get("OPENAI_API_KEY") or None
        self._model = model
        self._endpoint = Endpoint(_chat_url(url), key=key, limits=limits)
        self.name: str = f"openai:{model}"
        host = self._endpoint.host.lower().rstrip(".")
        self.cheap_schemas: bool = not any(host == hosted or host.endswith(f".{hosted}") for hosted in HOSTED)

    def __repr__(self) -> str:
        return f"<OpenAI {self._model} at {self._endpoint!r}>"

    def complete(self, request: Request) -> Completion:
        """Ask, and wait for the answer."""
        # On an event loop of its own: a blocking client cannot end a slow look-up or a dripping header at a deadline.
        from railguard.llm.event_loop import run_sync

        return run_sync(lambda: self.acomplete(request))

    async def acomplete(self, request: Request) -> Completion:
        """Ask, and wait for the answer.

        Raises ProviderError for a fault of connection or provider, InputError for options that are not the caller's.
        """
        self._check_key()
        incoming, note = await self._asked(request, chat_body(self._model, request))
        try:
            reply = await incoming.whole()
        finally:
            await incoming.close()
        return replace(self._read(reply), note=note)

    async def _asked(
        self, request: Request, body: Mapping[str, Any], *, events: bool = False
    ) -> tuple[Incoming, str | None]:
        """Post, and post again without what the server does not take and can do without; returns a response of success.

        Raises what `acomplete` does.
        """
        deadline = time.monotonic() + (DEFAULT_DEADLINE if request.timeout is None else request.timeout)
        notes: list[str] = []
        while True:
            incoming = await self._endpoint.open(body, max(deadline - time.monotonic(), 0.0), events=events)
            if incoming.ok:
                return incoming, "; ".join(notes) or None
            try:
                reply = await incoming.whole()
            finally:
                await incoming.close()
            name = _refused(reply, body, request)
            if name is None:
                raise self._endpoint.error_of(reply, _advice(reply, self._model, request))
            body = {key: value for key, value in body.items() if key != name}
            said = self._endpoint.quoted(error_in(reply)[0])
            notes.append(f"the server does not take {name} ({said}); it was asked again without it")

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Ask, and yield the answer's text as it arrives, then its Completion. Raises what `acomplete` does."""
        from railguard.llm.event_loop import iterate

        with closing(iterate(lambda: self._batches(request))) as batches:
            for pieces in batches:
                yield from pieces

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Ask, and yield the answer's text as it arrives, then its Completion. Raises what `acomplete` does.

        So is a ProviderError what cuts the stream off before the model has said why it stopped.
        """
        batches = self._batches(request)
        try:
            async for pieces in batches:
                for piece in pieces:
                    yield piece
        finally:
            await batches.aclose()

    async def _batches(self, request: Request) -> AsyncGenerator[list[str | Completion], None]:
        """The pieces, those that came together in one list: what goes to another loop's caller goes at once."""
        self._check_key()
        body = {"stream_options": {"include_usage": True}, **chat_body(self._model, request), "stream": True}
        if body["stream_options"] is None:
            del body["stream_options"]
        incoming, note = await self._asked(request, body, events=True)
        try:
            if "event-stream" in incoming.headers.get("content-type", "").lower():
                answer = _Answer(self, incoming)
                while batch := await answer.batch():
                    yield batch
                completion = answer.completion
            else:
                completion = self._read(await incoming.whole())  # a server that cannot stream
                yield [completion.text]
        finally:
            await incoming.close()
        yield [replace(completion, note=note)]

    def _check_key(self) -> None:
        if not self._endpoint.has_key and self._endpoint.host == "api.openai.com":
            raise ProviderError("there is no key for OpenAI: set OPENAI_API_KEY, or give api_key")

    def _read(self, reply: Reply) -> Completion:
        shown = self._endpoint.shown
        kind = self._endpoint.quoted(reply.headers.get("content-type", "no content type"))
        try:
            body = reply.json()
        except UnicodeDecodeError as error:
            fault = f"{shown} answered with bytes that are not UTF-8, from byte {error.start} on"
        except (ValueError, RecursionError):
            fault = f"{shown} answered with {kind} that cannot be read as JSON; is the base URL right (it ends in /v1)?"
        else:
            return self._completion(body, reply)
        raise ProviderError(fault, status=reply.status)

    def _completion(self, body: Any, reply: Reply) -> Completion:
        if isinstance(body, dict) and body.get("error") and not body.get("choices"):
            raise self._error_inside(body, reply)
        try:
            completion = completion_of(body) if isinstance(body, dict) and "choices" in body else None
        except ProviderError as error:
            fault = self._endpoint.quoted(str(error))
        else:
            if completion is not None:
                return completion
            fault = "there are no choices in it"
        raise ProviderError(f"{self._endpoint.shown} sent no chat completion: {fault}", status=reply.status)

    def _error_inside(self, body: Any, reply: Reply) -> ProviderError:
        """Gateways send errors inside a 200; the real status is then its code, if it is anywhere."""
        error = body.get("error") if isinstance(body, dict) else None
        status = error.get("code") if isinstance(error, dict) else None
        status = status if type(status) is int and 400 <= status < 600 else reply.status
        return self._endpoint.error_of(Reply(status, reply.headers, reply.body))


class _Answer:
    """A streamed answer that is being read: server-sent events, each with a chat completion chunk, then "[DONE]"."""

    def __init__(self, provider: OpenAI, incoming: Incoming) -> None:
        self._endpoint = provider._endpoint
        self._error_inside = provider._error_inside
        self._incoming = incoming
        self._events = EventStream()
        self._pieces = Pieces()
        self._done = False
        self._begun = False
        self._fault: ProviderError | None = None

    async def batch(self) -> list[str | Completion]:
        """The pieces of text that come next; none at the end of the answer.

        Raises ProviderError for what is no end of an answer, after all pieces that came before it.
        """
        batch: list[str | Completion] = []
        while not batch and not self._done and self._fault is None:
            try:
                # A model that thinks sends nothing, or nothing but comments, until it begins.
                came = await self._incoming.read(patient=not self._begun)
                if came is None:
                    self._cut_off()
                for event in self._events.feed(came or b""):
                    text = self._text(event)
                    if text:
                        batch.append(text)
            except ProviderError as error:
                self._fault = error
        if self._fault is not None and not batch and not self._pieces.ended:
            raise self._fault
        self._begun = self._begun or bool(batch)
        return batch

    @property
    def completion(self) -> Completion:
        """The whole answer. One that the model has ended is whole, whatever went wrong after that."""
        try:
            return self._pieces.completion()
        except ProviderError as error:
            fault = self._endpoint.quoted(str(error))
        raise ProviderError(f"{self._endpoint.shown} sent no answer: {fault}", status=self._incoming.status)

    def _text(self, event: ServerEvent) -> str:
        """The text that an event adds."""
        if self._done:
            return ""
        if event.data == "[DONE]":
            self._done = True
            return ""
        fault = None
        try:
            chunk = json.loads(event.data)
        except (ValueError, RecursionError):
            fault = "an event that cannot be read as JSON"
        else:
            if event.type == "error" or (isinstance(chunk, dict) and chunk.get("error") and not chunk.get("choices")):
                raise self._error_inside(chunk, Reply(self._incoming.status, {}, event.data.encode()))
            if not isinstance(chunk, dict) or not isinstance(chunk.setdefault("choices", []), list):
                fault = "an event that is no chat completion chunk"
        if fault is not None:
            raise ProviderError(f"{self._endpoint.shown} sent {fault}", status=self._incoming.status)
        return self._pieces.feed(chunk)

    def _cut_off(self) -> None:
        raise ProviderError(
            f"{self._endpoint.shown} cut its stream off: it ended without a finish reason and without [DONE]",
            status=self._incoming.status,
            retryable=True,
        )


def chat_body(model: str, request: Request) -> dict[str, Any]:
    """The JSON body of a request. Raises InputError for an option that railguard itself decides."""
    for name, reason in _OURS.items():
        if name in request.options:
            raise InputError(f"{name} is no option of a model: {reason}")
    body: dict[str, Any] = {"model": model, "messages": list(request.messages)}
    if request.strict and request.schema is not None:
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": request.schema, "strict": True},
        }
    return {**body, **request.options}


def _chat_url(base_url: str) -> str:
    base, question, query = base_url.partition("?")
    base = base.rstrip("/").removesuffix(_PATH)
    return f"{base}{_PATH}{question}{query}"


def _advice(reply: Reply, model: str, request: Request) -> str | None:
    """What to do about an error status, where it can be told; None leaves it to what the status means everywhere."""
    said, code = error_in(reply)
    words = said.lower()
    if reply.status in (401, 403):
        return "is the key right? It comes from api_key or OPENAI_API_KEY"
    if reply.status == 404:
        return f"is there a model {model!r}, and does the base URL end in /v1?"
    if reply.status not in (400, 413, 422):
        return None
    if code == "context_length_exceeded" or "context length" in words or "context window" in words:
        return "the conversation is longer than the model can read: shorten the document or choose another model"
    if "response_format" in request.options and any(word in words for word in _OPTIONAL["response_format"]):
        return "the option response_format is the caller's own"
    return None


_OPTIONAL = {
    "response_format": (
        *("response_format", "response format", "json_schema", "json schema", "structured output"),
        *("grammar", "pattern must start"),  # llama.cpp's, of a schema that it can make no grammar of
    ),
    "stream_options": ("stream_options",),
}
"""What is ours in a body and can be left out, with the words by which a server refuses it."""


def _refused(reply: Reply, body: Mapping[str, Any], request: Request) -> str | None:
    """Which member of a body a server refuses the request for, if it is one that can be left out."""
    if reply.status not in (400, 422):
        return None
    said = error_in(reply)[0].lower()
    for name, words in _OPTIONAL.items():
        if name in body and name not in request.options and any(word in said for word in words):
            return name
    return None
