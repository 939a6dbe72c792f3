"""Sends one HTTP request to a provider, bounded in time and size; every fault becomes a ProviderError.

This file knows no wire format and does not retry. No error holds the request or its headers, not even as its cause,
because they contain the key.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from railguard.errors import InputError, ProviderError
from railguard.llm.event_loop import DeadlinePassed, wait_within
from railguard.llm.inflate import Inflate
from railguard.llm.redaction import foreign_text
from railguard.llm.retry import DEFAULT_DEADLINE, is_retryable, retry_after_of

__all__ = ["Endpoint", "HttpLimits", "Incoming", "Reply", "error_in"]


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Limits of one HTTP request. The deadline belongs to the request.

    connect: seconds to connect, including TLS. read: seconds between two pieces of a body that has begun; before that
    the model is thinking, and only the deadline counts. body: bytes of an answer after decompression. stream: bytes of
    a streamed answer, where a token of 4 bytes comes in an event of 300. error_body: bytes of an error response; the
    rest is not read.
    """

    connect: float = 5.0
    read: float = 30.0
    body: int = 16 * 1024 * 1024
    stream: int = 256 * 1024 * 1024
    error_body: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """A response and its decompressed body; the body of an error response is cut after `error_body` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status means success."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Parse the body as JSON. Raises ValueError, or RecursionError if it is nested too deeply."""
        return json.loads(self.body.decode("utf-8-sig"))


class Endpoint:
    """A URL for POST requests, with its key.

    Each post opens its own connection and closes it at the end, so an Endpoint is safe in every thread and on every
    event loop and needs no closing. A proxy from the environment is used, except for loopback.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        header: str = "Authorization",
        prefix: str = "Bearer ",
        headers: Mapping[str, str] | None = None,
        limits: HttpLimits | None = None,
        stream_url: str | None = None,
        client: Any = None,
        proxy: str | None = None,
    ) -> None:
        """Check and store the settings; nothing is sent yet.

        Args:
            url: http or https, without user and password.
            key: Sent as `header: prefix key`, and nowhere else; never to another host, since redirects are not
                followed.
            header: The header of the key.
            prefix: The text before the key in that header.
            headers: Additional headers of every request.
            limits: Limits of one request.
            stream_url: The URL of a stream of events, if it differs.
            client: The caller's own `httpx.AsyncClient`, which is never closed here; it belongs to one event loop, so
                it serves async calls only. Or a function that makes a client, called for each post.
            proxy: URL of a proxy; by default the environment's.

        Raises:
            InputError: For a URL, a key or a client that cannot be used.
        """
        from urllib.parse import urlsplit

        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InputError(f"the base URL cannot be read: {error}") from None
        if parts.username is not None or parts.password is not None:
            raise InputError("the base URL holds a user or a password; give the key as api_key")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(
                f"the base URL must begin with https:// or http:// and a host, not {foreign_text(url)[:100]!r}"
            )
        self.host: str = parts.hostname
        # Without the query, which may hold a key.
        self.shown: str = f"{parts.scheme}://{parts.netloc if port else self.host}{parts.path}"
        self._url = url
        self._stream_url = stream_url or url
        self._key = None if key is None else _checked(key)
        self._header, self._prefix = header, prefix
        self._headers = dict(headers or {})
        self._limits = limits or HttpLimits()
        self._tls = parts.scheme == "https"
        self._trust_env = not _is_loopback(self.host)
        if client is not None and not callable(client) and not hasattr(client, "aclose"):
            raise InputError("client is an httpx.AsyncClient, or a function that makes one")
        self._client, self._proxy = client, proxy
        self._verify: Any = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_verify": None}  # a TLS context belongs to one process

    @property
    def has_key(self) -> bool:
        """Whether there is a key to send."""
        return self._key is not None

    def __repr__(self) -> str:
        return f"<Endpoint {self.shown}, {'with' if self.has_key else 'no'} key>"

    def check_sync(self) -> None:
        """Check that sync code may post. Raises InputError if the client is bound to an event loop."""
        if self._client is not None and not callable(self._client):
            raise InputError(
                "a client that is one httpx.AsyncClient serves async calls only, because it belongs to one event loop; "
                "for sync calls give a function that makes one, as client=lambda: httpx.AsyncClient(…)"
            )

    def quoted(self, text: str) -> str:
        """Quote a provider's words for an error message: short, on one line, without the key."""
        return foreign_text(text, (self._key,) if self._key else ())

    async def open(self, body: Mapping[str, Any], timeout: float | None, *, events: bool = False) -> Incoming:
        """Post `body` as JSON, and return the response, of any status, as soon as its header has come.

        timeout: seconds for the whole response, None for 120. events: request server-sent events. The caller must close
        the response. Raises ProviderError if no response comes, InputError if the body cannot be written as JSON.
        """
        try:
            content = json.dumps(body, allow_nan=False).encode("ascii")
        except (TypeError, ValueError, RecursionError) as error:
            raise InputError(f"the request cannot be written as JSON: {error}") from error
        outcome = await self._open(content, DEFAULT_DEADLINE if timeout is None else timeout, events)
        # Raised outside every except block: a cause would hold httpx's request and its headers.
        if isinstance(outcome, ProviderError):
            raise outcome
        return outcome

    async def _open(self, content: bytes, seconds: float, events: bool) -> Incoming | ProviderError:
        import httpx

        limits = self._limits
        headers = {
            "content-type": "application/json",
            "accept": "text/event-stream" if events else "application/json",
            # Compression may delay a stream.
            "accept-encoding": "identity" if events else "gzip",
            "user-agent": "railguard",
            **self._headers,
        }
        if self._key is not None:
            headers[self._header] = self._prefix + self._key
        # httpx limits each read separately, and a DNS look-up not at all, so the deadline is enforced here.
        timeouts = httpx.Timeout(None, connect=limits.connect)
        deadline = time.monotonic() + seconds
        client = incoming = None
        own = self._client is not None and not callable(self._client)  # the caller's client; the caller closes it
        try:
            client = self._client if own else self._new_client()
            url = self._stream_url if events else self._url
            request = client.build_request("POST", url, content=content, headers=headers, timeout=timeouts)
            response = await wait_within(seconds, client.send(request, stream=True, follow_redirects=False))
            room = limits.stream if events else limits.body
            incoming = Incoming(self, None if own else client, response, limits, room, seconds, deadline)
            return incoming
        except DeadlinePassed:
            return self._late(seconds)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            return self._transport_error(error)
        finally:
            if client is not None and incoming is None and not own:
                await client.aclose()

    def _late(self, seconds: float) -> ProviderError:
        return ProviderError(f"{self.shown} gave no whole answer in {seconds:.1f} s")

    def _new_client(self) -> Any:
        if self._client is not None:
            return self._client()
        import httpx

        return httpx.AsyncClient(verify=self._verification(), trust_env=self._trust_env, proxy=self._proxy)

    def _verification(self) -> Any:
        if not self._tls and not self._trust_env:
            return False  # plain loopback: there is no certificate to verify, and loading certificates takes 40 ms
        if self._verify is None:
            import httpx

            self._verify = httpx.create_ssl_context()
        return self._verify

    def _transport_error(self, error: Exception) -> ProviderError:
        import socket
        import ssl

        import httpx

        causes = _causes(error)
        said = self.quoted(str(error) or type(error).__name__)
        tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
        name = next((cause for cause in causes if isinstance(cause, socket.gaierror)), None)
        if tls is not None:
            return ProviderError(f"no trusted connection to {self.shown}: {said}")
        if name is not None:
            return ProviderError(
                f"the host {self.host} is not found ({said}); is the base URL right?",
                retryable=name.errno == socket.EAI_AGAIN,
            )
        if isinstance(error, httpx.ConnectTimeout):
            return ProviderError(f"no connection to {self.shown} in {self._limits.connect:g} s", retryable=True)
        if isinstance(error, httpx.ConnectError):
            return ProviderError(f"no connection to {self.shown}: {said}; is it running?", retryable=True)
        if isinstance(error, (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)):
            return ProviderError(f"the request to {self.shown} cannot be sent: {said}")
        return ProviderError(f"the connection to {self.shown} broke: {said}", retryable=True)

    def error_of(self, reply: Reply, advice: str | None = None) -> ProviderError:
        """Return the ProviderError of an error response: what happened, the provider's words, and `advice`.

        `is_retryable` decides whether the same request may succeed later.
        """
        status = reply.status
        said, code = error_in(reply)
        if 300 <= status < 400:
            where = self.quoted(reply.headers.get("location", "").split("?", 1)[0]) or "nowhere"
            advice = f"redirects are not followed, so that the key stays with its host; is {where} the right base URL?"
        elif code == "insufficient_quota":
            advice = "the account's quota is used up"
        elif advice is None:
            advice = _ADVICE.get(status, "the provider is at fault" if status >= 500 else None)
        retryable = is_retryable(status, code)
        message = f"{self.shown} answered {status}"
        if said:
            message += f": {self.quoted(said)}"
        if advice:
            message += f" ({advice})"
        return ProviderError(message, status=status, retry_after=retry_after_of(reply.headers), retryable=retryable)


class Incoming:
    """A response whose body is still arriving. It has its own connection; the caller that opened it closes it."""

    def __init__(
        self,
        endpoint: Endpoint,
        client: Any,
        response: Any,
        limits: HttpLimits,
        room: int,
        seconds: float,
        deadline: float,
    ) -> None:
        self.status: int = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._endpoint = endpoint
        self._client = client
        self._response = response
        self._pieces = response.aiter_raw()
        self._limits = limits
        self._room = self._left = room if self.ok else limits.error_body
        self._seconds = seconds
        self._deadline = deadline
        self._inflate = Inflate(response.headers.get("content-encoding", ""))
        self._ended = False

    @property
    def ok(self) -> bool:
        """Whether the status means success."""
        return 200 <= self.status < 300

    async def read(self, *, patient: bool = False) -> bytes | None:
        """Return the next decompressed bytes of the body as soon as they arrive; None at its end.

        patient: wait for them up to the deadline of the request. Raises ProviderError on timeout, and if there are too
        many bytes; a long error response is cut instead.
        """
        outcome = await self._read(patient)
        if isinstance(outcome, ProviderError):
            raise outcome  # outside the except block, as in `Endpoint.open`
        return outcome

    async def whole(self) -> Reply:
        """Read the rest of the body."""
        parts = []
        while (piece := await self.read()) is not None:
            parts.append(piece)
        return Reply(self.status, self.headers, b"".join(parts))

    async def close(self) -> None:
        """Close the connection, even in the middle of the body."""
        try:
            await self._unwind()
            await self._response.aclose()
        finally:
            if self._client is not None:
                await self._client.aclose()

    async def _unwind(self) -> None:
        """End the iterator of the body from inside: an exception of the innermost read passes through all generators
        around it.

        httpx nests five async generators. `aclose` ends only the outermost and leaves the others to the event loop,
        which finalizes them one after the other some time after this call has returned.
        """
        import httpx

        async def rest() -> None:
            async for _ in self._pieces:
                pass

        try:
            await wait_within(
                0.0, rest()
            )  # returns what has arrived without waiting, and cancels the first read that waits
        except (DeadlinePassed, httpx.HTTPError, httpx.StreamError, OSError):
            pass
        finally:
            await self._pieces.aclose()

    async def _read(self, patient: bool) -> bytes | ProviderError | None:
        import httpx

        if self._ended:
            return None
        left = max(self._deadline - time.monotonic(), 0.0)
        idle = left if patient else min(left, self._limits.read)
        try:
            came = await wait_within(idle, anext(self._pieces, None)) if left else None
            piece = None if came is None else self._inflate.feed(came, self._left)
        except DeadlinePassed:
            if idle < left:
                shown = self._endpoint.shown
                return ProviderError(f"{shown} stopped sending for {self._limits.read:g} s", retryable=True)
            left = 0.0
        except ProviderError as error:
            return error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            return self._endpoint._transport_error(error)
        if not left:
            return self._endpoint._late(self._seconds)
        if piece is None:
            return self._end()
        if len(piece) > self._left:
            if self.ok:
                return ProviderError(
                    f"{self._endpoint.shown} sent more than {self._room:,} bytes; the answer was given up"
                )
            self._ended = True
            piece = piece[: self._left]
        self._left -= len(piece)
        return piece

    def _end(self) -> ProviderError | None:
        self._ended = True
        if self.ok and self._inflate.cut_off:
            shown = self._endpoint.shown
            return ProviderError(f"{shown} sent a compressed answer that is cut off", retryable=True)
        return None


_ADVICE = {
    401: "the key is missing or not accepted",
    403: "the key may not use this model or this server",
    404: "is the base URL right?",
    408: "the provider gave up waiting",
    413: "the request is too long",
    429: "too many requests for the account",
}


def error_in(reply: Reply) -> tuple[str, str | None]:
    """Return the message and the code of an error response, in any of the usual forms; ("", None) if it has none.

    {"error": {"message", "code"}} (OpenAI; Anthropic has a "type", Gemini a "status"), {"error": text} (Ollama),
    {"message"} (Mistral, gateways), {"detail"} (FastAPI servers), or plain text. An HTML page is ignored.
    """
    try:
        body = reply.json()
    except (ValueError, RecursionError):
        text = reply.body.decode("utf-8", "replace").strip()
        return ("an HTML page", None) if text.startswith("<") else (text, None)
    if isinstance(body, list) and len(body) == 1:
        body = body[0]  # Gemini's stream, if it is one JSON array
    error = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(error, dict):
        return (error, None) if isinstance(error, str) else ("", None)
    said = next((error[key] for key in ("message", "detail") if error.get(key)), "")
    codes = (error.get("code"), error.get("status"), error.get("type"))
    code = next((code for code in codes if isinstance(code, str) and code), None)
    return said if isinstance(said, str) else json.dumps(said), code


def _checked(key: str) -> str:
    key = key.strip()
    if not key or not all("!" <= c <= "~" for c in key):
        raise InputError("the API key is empty or has characters in it that no key has (it is not shown here)")
    return key


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _causes(error: BaseException) -> list[BaseException]:
    """Return an exception and its causes; httpx and httpcore wrap the socket's error."""
    causes: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in causes:
        causes.append(following)
        following = following.__cause__ or following.__context__
    return causes
