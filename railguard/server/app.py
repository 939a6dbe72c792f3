"""Creates the ASGI application: its routes, its middleware, and the file watcher of its guards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope
from watchfiles import awatch

from railguard import InputError
from railguard.server.api_keys import VARIABLE, KeyCheck
from railguard.server.chat import Chat
from railguard.server.config import ServerConfig
from railguard.server.error_responses import QuietErrors, error_response
from railguard.server.guards import Guards
from railguard.server.json_responses import AnyJSONResponse
from railguard.server.metrics import Metrics, RequestMetrics
from railguard.server.openapi import document
from railguard.server.request_limits import BodyLimit, CallLimit, SecurityHeaders
from railguard.server.tracing import traced
from railguard.server.validating import Validating, guard_list, model_list

__all__ = ["create_app"]

_log = logging.getLogger("railguard.server")
_OPEN = ("/healthz",)
_DEBOUNCE_MS = 200
"""Milliseconds without a change before changed files are read."""
_LOOK_MS = 60_000
"""Milliseconds after which files are read again without a known change: one that came before the watch began is found."""


def create_app(config: ServerConfig) -> ASGIApp:
    """Create the guard server as an ASGI application.

    Args:
        config: The configuration.

    Returns:
        The application.

    Raises:
        RailguardError: If a guard, a key or a setting cannot be used.
    """
    for name in config.imports:
        import_module(name)
    metrics = Metrics()
    guards = Guards(config, on_change=metrics.reload)
    if not guards.keys and not config.is_local and not config.without_keys:
        raise InputError(
            f"the server would answer anybody who reaches {config.host}: give it keys (keys_file, --keys or the "
            f"environment variable {VARIABLE}), or say without_keys"
        )
    app: ASGIApp = _routes(config, guards, metrics)
    app = CallLimit(app, calls=config.calls, counts=_is_call, refused=metrics.refuse)
    app = BodyLimit(app, size=config.body_bytes, seconds=config.body_seconds, refused=metrics.refuse)
    app = KeyCheck(app, keys=lambda: guards.keys, open_paths=_OPEN, refused=metrics.refuse)
    if config.is_local and not guards.keys:
        # A page in a browser on this machine may not reach the server under another host name.
        app = TrustedHostMiddleware(app, allowed_hosts=["localhost", "127.0.0.1", "[::1]", config.host])
    app = SecurityHeaders(app)
    return QuietErrors(traced(RequestMetrics(app, metrics=metrics)))


def _routes(config: ServerConfig, guards: Guards, metrics: Metrics) -> Starlette:
    chat = Chat(guards, metrics, content=config.include_content)
    validating = Validating(guards, metrics, content=config.include_content)

    async def healthz(request: Request) -> Response:
        return AnyJSONResponse({"status": "ok"})

    async def prometheus(request: Request) -> Response:
        return PlainTextResponse(metrics.written(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def list_guards(request: Request) -> Response:
        return AnyJSONResponse(guard_list(guards))

    async def list_models(request: Request) -> Response:
        return AnyJSONResponse(model_list(guards))

    async def openapi(request: Request) -> Response:
        return AnyJSONResponse(document(guards, has_keys=bool(guards.keys)))

    return Starlette(
        routes=[
            Route("/v1/chat/completions", chat.complete, methods=["POST"]),
            Route("/v1/guards", list_guards),
            Route("/v1/guards/{name}/validate", validating.validate, methods=["POST"]),
            Route("/v1/guards/{name}/reask", validating.reask, methods=["POST"]),
            Route("/v1/models", list_models),
            Route("/openapi.json", openapi),
            Route("/healthz", healthz),
            Route("/metrics", prometheus),
        ],
        lifespan=_watching(guards),
        exception_handlers={HTTPException: _http_error},
    )


def _watching(guards: Guards) -> Any:
    """Return the lifespan of the application: while it runs, changed files are read again."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        stop = asyncio.Event()
        watch = asyncio.create_task(_watch(guards, stop))
        try:
            yield
        finally:
            stop.set()
            await watch

    return lifespan


async def _watch(guards: Guards, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            folders = guards.folders
            async for _ in awatch(
                *folders,
                stop_event=stop,
                recursive=False,
                debounce=1000,
                step=_DEBOUNCE_MS,
                rust_timeout=_LOOK_MS,
                yield_on_timeout=True,
            ):
                await asyncio.to_thread(guards.reload)
                if guards.folders != folders:
                    break
        except Exception as error:  # a watcher that fails must not stop the server
            _log.error("files cannot be watched (%s); looking again in a minute", type(error).__name__)
            await asyncio.wait((asyncio.ensure_future(stop.wait()),), timeout=60)
            await asyncio.to_thread(guards.reload)


def _is_call(scope: Scope) -> bool:
    return bool(scope["method"] == "POST" and scope["path"].startswith("/v1/"))


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException), "registered for it"
    words = {404: f"there is nothing at {request.url.path[:100]!r}", 405: f"{request.method} is not allowed here"}
    codes = {404: "not_found", 405: "method_not_allowed"}
    status = error.status_code
    return error_response(
        status, words.get(status, error.detail), codes.get(status, "http_error"), headers=error.headers
    )
