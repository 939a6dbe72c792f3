"""ASGI middlewares for every request: limits on its body and on concurrent calls, and headers for every response.

A refused request is answered at once with an error that gives the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from railguard.server.error_responses import error_response, refuse_unread

__all__ = ["BodyLimit", "CallLimit", "SecurityHeaders"]

MIB = 1024 * 1024

Refused = Callable[[str], object]
"""A function that is called with the code of each refusal."""


class SecurityHeaders:
    """Adds headers that keep a browser from using a response for anything but display."""

    def __init__(self, app: ASGIApp, *, content_security_policy: str = "default-src 'none'") -> None:
        """Wrap an application.

        Args:
            app: The application.
            content_security_policy: What a page may load; `frame-ancestors 'none'` is added.
        """
        self._app = app
        self._headers = {
            "content-security-policy": f"{content_security_policy}; frame-ancestors 'none'",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add the headers that its response lacks.

        Args:
            scope: The request's scope, as ASGI defines it.
            receive: Receives the request's body.
            send: Sends the response.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


class BodyLimit:
    """Reads the body of a request before the application sees it, within limits of size and time.

    A body that is too large is refused as soon as that is known, and not kept.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        size: int = 4 * MIB,
        seconds: float = 30.0,
        together: int = 256 * MIB,
        refused: Refused | None = None,
    ) -> None:
        """Wrap an application.

        Args:
            app: The application.
            size: Largest size of one body in bytes.
            seconds: Seconds for the whole body to arrive.
            together: Largest total size in bytes of all bodies in memory.
            refused: Called with the code of each refusal.
        """
        self._app = app
        self._size, self._seconds, self._together = size, seconds, together
        self._refused = refused
        self._kept = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, then pass the request on; answer with an error if the body is too large or too slow.

        Args:
            scope: The request's scope, as ASGI defines it.
            receive: Receives the request's body.
            send: Sends the response.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = bytearray()
        try:
            try:
                if _declared(scope) > self._size:
                    raise _RefusedBody(413, "body_too_large", self._too_large)
                async with asyncio.timeout(self._seconds):
                    complete = await self._read(receive, body)
            except TimeoutError:
                raise _RefusedBody(
                    408, "body_too_slow", f"the body did not arrive within {self._seconds:g} seconds"
                ) from None
            if complete:
                await self._app(scope, _replayed(bytes(body), receive), send)
        except _RefusedBody as error:
            if self._refused is not None:
                self._refused(error.code)
            headers = {"retry-after": "1"} if error.status == 429 else None
            await refuse_unread(error_response(error.status, str(error), error.code, headers=headers), receive, send)
        finally:
            self._kept -= len(body)

    @property
    def _too_large(self) -> str:
        return f"the body is larger than {self._size:,} bytes"

    async def _read(self, receive: Receive, body: bytearray) -> bool:
        """Read the whole body. Returns whether it is complete; raises _RefusedBody."""
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return False
            piece = message.get("body", b"")
            if len(body) + len(piece) > self._size:
                raise _RefusedBody(413, "body_too_large", self._too_large)
            if self._kept + len(piece) > self._together:
                raise _RefusedBody(429, "busy", "the server has too much to read; try again later")
            body += piece
            self._kept += len(piece)
            if not message.get("more_body", False):
                return True


class CallLimit:
    """Limits how many calls run at the same time; others are answered with 429 and Retry-After.

    Attributes:
        running: How many calls run now.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        calls: int,
        counts: Callable[[Scope], bool],
        retry_after: int = 1,
        refused: Refused | None = None,
    ) -> None:
        """Wrap an application.

        Args:
            app: The application.
            calls: Largest number of concurrent calls. A stream counts until its end.
            counts: Whether a request counts as a call. Others always pass.
            retry_after: Seconds after which a refused client may try again.
            refused: Called with the code of each refusal.
        """
        self._app, self._calls, self._counts = app, calls, counts
        self._retry_after, self._refused = retry_after, refused
        self.running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if the limit allows it; else answer with 429.

        Args:
            scope: The request's scope, as ASGI defines it.
            receive: Receives the request's body.
            send: Sends the response.
        """
        if scope["type"] != "http" or not self._counts(scope):
            await self._app(scope, receive, send)
            return
        if self.running >= self._calls:
            if self._refused is not None:
                self._refused("busy")
            headers: Mapping[str, str] = {"retry-after": str(self._retry_after)}
            busy = error_response(
                429, f"{self._calls:,} calls are running already; try again later", "busy", headers=headers
            )
            await busy(scope, receive, send)
            return
        self.running += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.running -= 1


class _RefusedBody(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def _declared(scope: Scope) -> int:
    """Return the length that the request's headers declare, or 0."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else 0


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that first delivers a body that was already read."""
    whole: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return whole.pop() if whole else await receive()

    return receiving
