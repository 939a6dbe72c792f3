"""Prometheus metrics: requests, guarded calls, tokens, failures by rule, refusals, reloads. They never contain content.

Several workers count in shared files (PROMETHEUS_MULTIPROC_DIR), and each of them can report the sum.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from railguard import Usage, ValidationOutcome

__all__ = ["CallKind", "Metrics", "RequestMetrics"]

CallKind: TypeAlias = Literal["chat", "stream", "validate", "reask"]
"""The kind of a request to a guard."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_SHARED = "PROMETHEUS_MULTIPROC_DIR"


class Metrics:
    """The metrics of one worker."""

    def __init__(self) -> None:
        """Create the counters at 0."""
        own = self._registry = CollectorRegistry()
        self.requests = Counter("railguard_requests", "Requests, by status", ["status"], registry=own)
        self.refused = Counter("railguard_refused", "Requests that were refused unread, by why", ["code"], registry=own)
        self.running = Gauge("railguard_calls_running", "Calls under way", registry=own, multiprocess_mode="livesum")
        self._calls = Counter("railguard_calls", "Calls, by how they ended", ["guard", "kind", "result"], registry=own)
        self._seconds = Histogram(
            "railguard_call_seconds", "How long calls took", ["guard", "kind"], registry=own, buckets=_SECONDS
        )
        self._reasks = Counter("railguard_reasks", "Questions after the first", ["guard"], registry=own)
        self._tokens = Counter("railguard_tokens", "Tokens of models", ["guard", "kind"], registry=own)
        self._failures = Counter("railguard_failures", "What was wrong, by rule", ["guard", "rule"], registry=own)
        self._reloads = Counter("railguard_guard_reloads", "Guards that were read again", ["result"], registry=own)

    @contextmanager
    def call(self, guard: str, kind: CallKind) -> Iterator[_Call]:
        """Count one call of a guard; the caller sets the result on the yielded object."""
        call, began = _Call(), perf_counter()
        self.running.inc()
        try:
            yield call
        except BaseException as error:
            call.result = call.result or ("error" if isinstance(error, Exception) else "closed")
            raise
        finally:
            self.running.dec()
            self._seconds.labels(guard, kind).observe(perf_counter() - began)
            self._calls.labels(guard, kind, call.result or "error").inc()
            if call.outcome is not None:
                self._found(guard, call.outcome)

    def reload(self, result: str) -> None:
        """Count a guard that was read again."""
        self._reloads.labels(result).inc()

    def refuse(self, code: str) -> None:
        """Count a request that was refused."""
        self.refused.labels(code).inc()

    def written(self) -> bytes:
        """Return all metrics in Prometheus's text format; with several workers, their sum."""
        folder = os.environ.get(_SHARED)
        if folder is None:
            return generate_latest(self._registry)
        _forget_the_dead(Path(folder))
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)

    def _found(self, guard: str, outcome: ValidationOutcome[Any]) -> None:
        if len(outcome.iterations) > 1:
            self._reasks.labels(guard).inc(len(outcome.iterations) - 1)
        for iteration in outcome.iterations:
            for failure in (*iteration.failures, *iteration.resolved):
                self._failures.labels(guard, failure.validator).inc()
        self._spent(guard, outcome.usage)

    def _spent(self, guard: str, usage: Usage) -> None:
        if usage.total_tokens:
            self._tokens.labels(guard, "input").inc(usage.input_tokens)
            self._tokens.labels(guard, "output").inc(usage.output_tokens)


class _Call:
    """The result of a call: "passed", "failed", or an error code."""

    def __init__(self) -> None:
        self.result = ""
        self.outcome: ValidationOutcome[Any] | None = None

    def ended(self, outcome: ValidationOutcome[Any]) -> None:
        self.outcome = outcome
        self.result = "passed" if outcome.passed else "failed"


class RequestMetrics:
    """An ASGI middleware that counts the statuses of responses."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        """Wrap an application."""
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.requests.labels(str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, counting)


def _forget_the_dead(folder: Path) -> None:
    """Reset the gauges of workers that were killed: a killed worker cannot count its running calls down."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not _lives(int(pid)):
            with suppress(OSError):
                multiprocess.mark_process_dead(int(pid))  # type: ignore[no-untyped-call]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
