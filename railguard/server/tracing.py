"""A span for each request, if the process uses OpenTelemetry: a child of the client's span, and the parent of the
guarded call's.
"""

from __future__ import annotations

import sys
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["traced"]


def traced(app: ASGIApp) -> ASGIApp:
    """The application with a span around each request; the application itself where nothing has imported OpenTelemetry,
    as `opentelemetry-instrument` does, because spans would not be exported.
    """
    return _Traced(app) if "opentelemetry.trace" in sys.modules else app


def _route(scope: Scope) -> str | None:
    """Return the route of a request, with the names of its parameters instead of their values; None if there is no such
    route.
    """
    if "endpoint" not in scope:
        return None
    names = {value: f"{{{name}}}" for name, value in scope.get("path_params", {}).items()}
    return "/".join(names.get(part, part) for part in scope["path"].split("/"))


class _Traced:
    """An ASGI middleware that opens a span, unless an instrumentation has opened one already."""

    def __init__(self, app: ASGIApp) -> None:
        from opentelemetry import propagate, trace

        self._app = app
        self._trace: Any = trace
        self._extract: Any = propagate.extract

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        trace = self._trace
        if scope["type"] != "http" or trace.get_current_span().get_span_context().is_valid:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = scope["method"]
        tracer = trace.get_tracer("railguard.server")
        # Neither the path as sent nor the text of an exception: both may contain anything.
        with tracer.start_as_current_span(
            method,
            context=self._extract(headers),
            kind=trace.SpanKind.SERVER,
            attributes={"http.request.method": method},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:

            async def telling(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                    route = _route(scope)
                    if route is not None:
                        span.set_attribute("http.route", route)
                        span.update_name(f"{method} {route}")
                    if message["status"] >= 500:
                        span.set_status(trace.Status(trace.StatusCode.ERROR))
                await send(message)

            await self._app(scope, receive, telling)
