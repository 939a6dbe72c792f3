"""Errors in the form of OpenAI's API, so that its clients can read them: `{"error": {"message", "type", "param",
"code"}}`.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from railguard.server.json_responses import AnyJSONResponse

__all__ = ["LINGER_BYTES", "LINGER_SECONDS", "QuietErrors", "error_body", "error_response", "log_bug", "refuse_unread"]

_log = logging.getLogger("railguard.server")

LINGER_SECONDS = 2.0
"""Most seconds for which the rest of a refused request is read and dropped before its connection is closed."""
LINGER_BYTES = 1024 * 1024
"""Most bytes of a refused request that are read and dropped before its connection is closed."""

_TYPES = {401: "authentication_error", 403: "permission_error", 422: "validation_failed", 429: "rate_limit_error"}


def error_body(
    status: int, message: str, code: str, *, param: str | None = None, **more: Any
) -> dict[str, dict[str, Any]]:
    """Return the body of an error response.

    Args:
        status: The HTTP status of the response; it decides the `type`.
        message: A message for people: what is wrong and what to do.
        code: A code for programs.
        param: The member of the request that is wrong.
        **more: Further members.

    Returns:
        The body, to be written as JSON.
    """
    kind = _TYPES.get(status) or ("invalid_request_error" if status < 500 else "server_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code, **more}}


def error_response(
    status: int,
    message: str,
    code: str,
    *,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> AnyJSONResponse:
    """Return an error response.

    Args:
        status: The HTTP status.
        message: A message for people: what is wrong and what to do.
        code: A code for programs.
        param: The member of the request that is wrong.
        headers: Further headers.
        **more: Further members of the error.

    Returns:
        The response.
    """
    return AnyJSONResponse(error_body(status, message, code, param=param, **more), status, headers=headers)


async def refuse_unread(response: AnyJSONResponse, receive: Receive, send: Send) -> None:
    """Answer a request whose body was not read, and close the connection once the client has had time to read that.

    A system resets a connection that is closed with unread bytes, and the client may lose the response (RFC 9112
    section 9.6). So the rest of the body is read and dropped first, within `LINGER_SECONDS` and `LINGER_BYTES`.

    Args:
        response: The response. The header that announces the end of the connection is added.
        receive: Receives the request's body.
        send: Sends the response.
    """
    response.headers["connection"] = "close"
    body = bytes(response.body)
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            dropped = 0
            while (message := await receive())["type"] == "http.request" and message.get("more_body", False):
                dropped += len(message["body"])
                if dropped > LINGER_BYTES:
                    break
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def log_bug(error: Exception) -> dict[str, dict[str, Any]]:
    """Log an unexpected exception: its type and place, but not its text, which may quote anything.

    Args:
        error: The exception.

    Returns:
        The body of the response, whose status is 500.
    """
    where = "".join(traceback.format_tb(error.__traceback__)).rstrip()
    _log.error("%s, which is a bug of railguard or of a plugin:\n%s", type(error).__name__, where)
    return error_body(500, "the server failed", "internal_error")


class QuietErrors:
    """An ASGI middleware that answers an application's exception with an error response, and does not log its text."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application. This must be the outermost layer.

        Args:
            app: The application.
        """
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on.

        Args:
            scope: The request's scope, as ASGI defines it.
            receive: Receives the request's body.
            send: Sends the response.
        """
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except Exception as error:
            body = log_bug(error)
            if not begun:
                await AnyJSONResponse(body, 500)(scope, receive, send)
