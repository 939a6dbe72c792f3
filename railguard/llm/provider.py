"""A Provider over HTTP: one row of services.py and one model. It posts the wire format's body and reads the response.

http.py handles the connection, its limits and faults; retry.py retries; formats/ holds the wire formats.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

from railguard.errors import ProviderError
from railguard.llm.chunks import Pieces
from railguard.llm.http import Endpoint, HttpLimits, Incoming, Reply, error_in
from railguard.llm.modes import Refusals, breaks, first_mode, next_mode
from railguard.llm.request import Request
from railguard.llm.retry import DEFAULT_DEADLINE
from railguard.llm.services import Service
from railguard.llm.sse import EventStream, JsonLines, ServerEvent
from railguard.llm.wire import Mode
from railguard.values import Completion

__all__ = ["HTTPProvider"]


class HTTPProvider:
    """A Provider of one model behind one HTTP API.

    Options of a request go into the body, as its wire format defines. A strict request sends the schema, unless its
    options already set the response format. A server that refuses the schema, or a member of the body that can be left
    out, is asked once more without it, and later requests leave it out; the Completion's `note` says so. The note also
    says if an answer shows that the server did not enforce the schema. Transport faults are not retried here:
    `railguard.llm.model` wraps it in Retrying.
    """

    def __init__(
        self,
        service: Service,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        schema_target: Any = None,
        limits: HttpLimits | None = None,
        client: Any = None,
        proxy: str | None = None,
    ) -> None:
        """Check and store the settings; nothing is sent yet.

        Args:
            service: The API's row in services.py.
            model: The provider's name of the model.
            api_key: The API key; by default the first of the service's environment variables that is set. It is sent
                only to the base URL.
            base_url: The URL of the API; by default that of the service's environment variable, or its own server.
            schema_target: The dialect of JSON Schema that the server enforces; by default the service's.
            limits: Limits of one HTTP request.
            client: The caller's own `httpx.AsyncClient`, or a function that makes one (see `Endpoint`).
            proxy: URL of a proxy; by default the environment's.

        Raises:
            InputError: For a base URL or a key that cannot be used.
        """
        url = service.base_of(base_url, os.environ)
        key = api_key if api_key is not None else service.key_of(os.environ)
        format = service.format
        self._service = service
        self._model = model
        self._endpoint = Endpoint(
            format.url(url, model, False),
            stream_url=format.url(url, model, True),
            key=key,
            header=service.key_header,
            prefix=service.key_prefix,
            headers=service.headers,
            limits=limits,
            client=client,
            proxy=proxy,
        )
        self._refusals = Refusals()
        self.name: str = f"{service.scheme}:{model}"
        self.schema_target: Any = schema_target or service.schema_target
        self.cheap_schemas: bool = service.is_cheap(self._endpoint.host)

    def __repr__(self) -> str:
        return f"<HTTPProvider {self.name} at {self._endpoint!r}>"

    @property
    def carries_schemas(self) -> bool:
        """Whether the model sees the schema of a strict request: the API has a place for one, the server has not
        refused it, and does not only use it as a grammar.
        """
        return (
            self._service.shows_schemas and "strict" in self._service.modes and "strict" not in self._refusals.members
        )

    @property
    def identity(self) -> str:
        """The URL, without its query: servers of one API have models of the same name."""
        return self._endpoint.shown

    def complete(self, request: Request) -> Completion:
        """Ask, and wait for the answer. Raises the same errors as `acomplete`."""
        # On a new event loop: a blocking client cannot stop a slow DNS look-up or a slowly sent header at a deadline.
        from railguard.llm.event_loop import run_sync

        self._endpoint.check_sync()
        return run_sync(lambda: self.acomplete(request))

    async def acomplete(self, request: Request) -> Completion:
        """Ask, and wait for the answer.

        Raises:
            ProviderError: For a fault of the connection or of the provider.
            InputError: For options that the caller may not set, or messages that the API cannot express.
        """
        self._check_key()
        asked = await self._asked(request, events=False)
        if isinstance(asked.incoming, Completion):
            return asked.noted(asked.incoming, request)
        try:
            reply = await asked.incoming.whole()
        finally:
            await asked.incoming.close()
        return asked.noted(self._read(reply), request)

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Ask, and yield the answer's text as it arrives, then its Completion. Raises the same errors as `acomplete`."""
        from railguard.llm.event_loop import iterate

        self._endpoint.check_sync()
        with closing(iterate(lambda: self._batches(request))) as batches:
            for pieces in batches:
                yield from pieces

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Ask, and yield the answer's text as it arrives, then its Completion.

        Raises:
            ProviderError: As `acomplete`, and for a stream that ends without a finish reason.
            InputError: As `acomplete`.
        """
        batches = self._batches(request)
        try:
            async for pieces in batches:
                for piece in pieces:
                    yield piece
        finally:
            await batches.aclose()

    async def _batches(self, request: Request) -> AsyncGenerator[list[str | Completion], None]:
        """Yield the pieces, with those that arrived together in one list: they are passed to another loop's caller
        together.
        """
        self._check_key()
        asked = await self._asked(request, events=True)
        incoming = asked.incoming
        if isinstance(incoming, Completion):
            yield [asked.noted(incoming, request)]
            return
        try:
            if any(kind in incoming.headers.get("content-type", "").lower() for kind in ("event-stream", "ndjson")):
                answer = _Answer(self, incoming)
                while batch := await answer.batch():
                    yield batch
                completion = answer.completion
            else:
                completion = self._read(await incoming.whole())  # a server that cannot stream
                yield [completion.text]
        finally:
            await incoming.close()
        yield [asked.noted(completion, request)]

    async def _asked(self, request: Request, *, events: bool) -> _Asked:
        """Post the request, and post it again without a member that the server refuses and that is optional.

        Raises the same errors as `acomplete`.
        """
        deadline = time.monotonic() + (DEFAULT_DEADLINE if request.timeout is None else request.timeout)
        format, refusals = self._service.format, self._refusals
        mode = first_mode(format, self._service.modes, request, refusals)
        notes: list[str] = []
        if mode != "strict" and refusals.refused("strict", request) and request.strict and request.schema is not None:
            notes.append(f"the server has refused {format.schema_member} before; it was asked without it")
        while True:
            body = format.body(self._model, request, mode, events)
            for name in refusals.members - request.options.keys():
                body.pop(name, None)
            incoming = await self._endpoint.open(body, max(deadline - time.monotonic(), 0.0), events=events)
            if incoming.ok:
                return _Asked(incoming, mode, notes)
            try:
                reply = await incoming.whole()
            finally:
                await incoming.close()
            said, code = error_in(reply)
            if reply.status == 400 and code in ("content_filter", "ResponsibleAIPolicyViolation"):
                # Azure's filter of the question: the answer is withheld; the form of the request is not at fault.
                words = self._endpoint.quoted(said)
                return _Asked(Completion("", "content_filter", note=f"the provider's filter: {words}"), mode, notes)
            written = _failed_generation(reply)
            if written is not None:
                note = f"the model did not follow the schema ({self._endpoint.quoted(said)}); this is what it wrote"
                return _Asked(Completion(written, note=note), "prompt", notes)
            refused = self._member_refused(reply, body, request, mode)
            if refused is None:
                raise self._endpoint.error_of(reply, self._advice(reply, request))
            quoted, then = self._endpoint.quoted(said), "asked again without it"
            if refused == format.schema_member:
                refusals.add_mode(mode, request, said)
                mode = next_mode(self._service.modes, request, mode)
                if mode == "json_object":
                    then = "asked again for any JSON object"
            else:
                refusals.add_member(refused)
            notes.append(f"the server does not take {refused} ({quoted}); it was {then}")

    def _member_refused(self, reply: Reply, body: dict[str, Any], request: Request, mode: Mode) -> str | None:
        """Return the optional member of a body that a server refuses, or None."""
        if reply.status not in (400, 422):
            return None
        said, format = error_in(reply)[0].lower(), self._service.format
        for name, words in format.optional.items():
            if name in body and name not in request.options and any(word in said for word in words):
                return name
        if mode != "prompt" and any(word in said for word in format.schema_refusals):
            return format.schema_member
        return None

    def _check_key(self) -> None:
        service = self._service
        if self._endpoint.has_key or not service.needs_key_at(self._endpoint.host):
            return
        variables = " or ".join(service.key_variables)
        raise ProviderError(f"there is no key for {service.label}: set {variables}, or give api_key")

    def _advice(self, reply: Reply, request: Request) -> str | None:
        """Return advice for an error status, or None to use the general meaning of the status."""
        service, format = self._service, self._service.format
        said, code = error_in(reply)
        words = said.lower()
        if reply.status in (401, 403) or (reply.status == 400 and "api key not valid" in words):
            return f"is the key right? It comes from api_key or {' or '.join(service.key_variables) or 'nowhere else'}"
        if reply.status == 404:
            return f"is there a model {self._model!r}, and {service.url_advice}?"
        if reply.status not in (400, 413, 422):
            return None
        if code == "context_length_exceeded" or any(word in words for word in _TOO_LONG):
            return "the conversation is longer than the model can read: shorten the document or choose another model"
        for option in format.schema_options:
            if option in request.options and any(word in words for word in format.schema_refusals):
                return f"the option {option} is the caller's own"
        return None

    def _read(self, reply: Reply) -> Completion:
        shown = self._endpoint.shown
        kind = self._endpoint.quoted(reply.headers.get("content-type", "no content type"))
        try:
            body = reply.json()
        except UnicodeDecodeError as error:
            fault = f"{shown} answered with bytes that are not UTF-8, from byte {error.start} on"
        except (ValueError, RecursionError):
            fault = f"{shown} answered with {kind} that cannot be read as JSON; {self._service.url_advice}?"
        else:
            return self._completion(body, reply)
        raise ProviderError(fault, status=reply.status)

    def _completion(self, body: Any, reply: Reply) -> Completion:
        if _is_error(body):
            raise self.error_inside(body, reply)
        format = self._service.format
        try:
            return format.completion(body)
        except ProviderError as error:
            fault = self._endpoint.quoted(str(error))
        raise ProviderError(f"{self._endpoint.shown} sent no {format.what}: {fault}", status=reply.status)

    def error_inside(self, body: Any, reply: Reply) -> ProviderError:
        """Return the error in a body that came with a success status; its code is the real status, if the body has one."""
        error = body.get("error") if isinstance(body, dict) else None
        status = error.get("code") if isinstance(error, dict) else None
        if type(status) is not int or not 400 <= status < 600:
            kind = error_in(reply)[1] or ""
            status = _STATUS_OF.get(kind.lower(), reply.status)
        return self._endpoint.error_of(Reply(status, reply.headers, reply.body))


_TOO_LONG = ("context length", "context window", "prompt is too long", "exceeds the maximum number of tokens")
_STATUS_OF = {
    "overloaded_error": 529,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "resource_exhausted": 429,
    "api_error": 500,
    "server_error": 500,
    "internal": 500,
    "unavailable": 503,
    "deadline_exceeded": 504,
    "timeout_error": 504,
}
"""Maps an error type in a stream to the status that the response would have had."""


def _failed_generation(reply: Reply) -> str | None:
    """Return the model's text if a server reports it as an error because it violates the schema (Groq)."""
    if reply.status != 400:
        return None
    try:
        error = reply.json()["error"]
        return str(error["failed_generation"]) if error["code"] == "json_validate_failed" else None
    except (ValueError, RecursionError, KeyError, TypeError):
        return None


def _is_error(body: Any) -> bool:
    """Whether a body is an error: gateways send errors with a success status, and every stream may end in one."""
    if not isinstance(body, dict):
        return False
    return body.get("type") == "error" or bool(body.get("error") and not body.get("choices"))


class _Asked:
    """A question that the server accepted: its response, or an answer that is already complete, and notes for the
    record.
    """

    def __init__(self, incoming: Incoming | Completion, mode: Mode, notes: list[str]) -> None:
        self.incoming = incoming
        self._mode = mode
        self._notes = notes

    def noted(self, completion: Completion, request: Request) -> Completion:
        """Return the completion with its notes; a violated schema is also noted."""
        notes = [*self._notes, *([completion.note] if completion.note else [])]
        if self._mode == "strict" and request.schema is not None and completion.finish_reason == "stop":
            flaw = breaks(request.schema, completion.text) if completion.refusal is None else None
            if flaw is not None:
                notes.append(f"the server did not enforce the schema that it was sent: {flaw}")
        return replace(completion, note="; ".join(notes) or None)


class _Answer:
    """A streamed answer that is being read."""

    def __init__(self, provider: HTTPProvider, incoming: Incoming) -> None:
        self._endpoint = provider._endpoint
        self._format = provider._service.format
        self._error_inside = provider.error_inside
        self._incoming = incoming
        self._events = JsonLines() if self._format.lines else EventStream()
        self._pieces = Pieces()
        self._done = False
        self._begun = False
        self._fault: ProviderError | None = None

    async def batch(self) -> list[str | Completion]:
        """Return the next pieces of text; an empty list at the end of the answer.

        Raises ProviderError if the answer breaks off, after all earlier pieces were returned.
        """
        batch: list[str | Completion] = []
        while not batch and not self._done and self._fault is None:
            try:
                # A model that thinks sends nothing, or only comments, until it begins to answer.
                came = await self._incoming.read(patient=not self._begun)
                for event in self._events.feed(came) if came is not None else self._events.end():
                    text = self._text(event)
                    if text:
                        batch.append(text)
                if came is None and not self._done:
                    self._cut_off()
            except ProviderError as error:
                self._fault = error
        if self._fault is not None and not batch and not self._pieces.ended:
            raise self._fault
        self._begun = self._begun or bool(batch)
        return batch

    @property
    def completion(self) -> Completion:
        """Return the whole answer. It is complete once the model has ended it, even if the connection fails after that."""
        try:
            return self._pieces.completion()
        except ProviderError as error:
            fault = self._endpoint.quoted(str(error))
        raise ProviderError(f"{self._endpoint.shown} sent no answer: {fault}", status=self._incoming.status)

    def _text(self, event: ServerEvent) -> str:
        """Return the text that an event adds."""
        if self._done:
            return ""
        if self._format.ends(event.data):
            self._done = True
            return ""
        try:
            data = json.loads(event.data)
        except (ValueError, RecursionError):
            data = _UNREADABLE
        if data is _UNREADABLE:
            raise self._broken("an event that cannot be read as JSON")
        if event.type == "error" or _is_error(data):
            raise self._error_inside(data, Reply(self._incoming.status, {}, event.data.encode()))
        chunk = self._format.text(data)
        if chunk is None:
            raise self._broken(f"an event that is no {self._format.what} chunk")
        if _is_error(chunk):
            raise self._error_inside(chunk, Reply(self._incoming.status, {}, json.dumps(chunk).encode()))
        self._done = self._format.ends(data)
        try:
            return self._pieces.feed(chunk)
        except ProviderError as error:
            fault = self._endpoint.quoted(str(error))
        raise self._broken(f"a stream that cannot be read: {fault}")

    def _broken(self, fault: str) -> ProviderError:
        return ProviderError(f"{self._endpoint.shown} sent {fault}", status=self._incoming.status)

    def _cut_off(self) -> None:
        raise ProviderError(
            f"{self._endpoint.shown} cut its stream off: it ended without a finish reason and without [DONE]",
            status=self._incoming.status,
            retryable=True,
        )


_UNREADABLE = object()
