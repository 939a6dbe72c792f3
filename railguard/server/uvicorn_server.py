"""Runs an ASGI application on uvicorn, and adds limits on slow request heads and on clients that do not read.

One worker runs in this process; several are processes of their own that share one socket. Both shut down gracefully:
after SIGTERM no request is accepted, and running ones are completed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from railguard import InputError
from railguard.server.error_responses import LINGER_BYTES, LINGER_SECONDS

__all__ = ["AppServer", "app_server", "listen", "run_app"]

HEAD_SECONDS = 10.0
"""How long a request head may take to arrive, counted from the connection or from the end of the response before it."""
HEAD_BYTES = 32 * 1024
STALL_SECONDS = 30.0
"""How long a client may leave a response unread before the connection is closed."""
_LOG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "stream": "ext://sys.stderr"}},
    "loggers": {
        "railguard.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket.

    Args:
        host: A name or address of this machine.
        port: The port; 0 for any free one, which the socket's `getsockname()` returns.

    Returns:
        The socket.

    Raises:
        InputError: If the address cannot be used.
    """
    if not 0 <= port <= 65_535:  # getaddrinfo takes the port modulo 65,536
        raise InputError(f"cannot listen on {host}:{port}: a port is a number from 0 to 65535; choose another port")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address, family=family, backlog=2048)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot listen on {host}:{port}: {reason}; choose another port or host") from None


class AppServer(uvicorn.Server):
    """A uvicorn server that stops on a signal without killing the process. Set `should_exit` to stop it from another
    thread.
    """

    ended_by = 0
    """The number of the signal that ended it."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Handle a signal: stop after the running requests; at a second Ctrl-C, stop at once.

        Args:
            sig: The number of the signal.
            frame: Where the program was.
        """
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True
        self.ended_by = self.ended_by or sig


def app_server(
    create: Callable[[], ASGIApp], *, workers: int = 1, drain_seconds: int = 30, log: dict[str, Any] | None = None
) -> AppServer:
    """Create a uvicorn server for an application, without starting it.

    Args:
        create: Makes the application; called once in each worker. With several workers it must pickle.
        workers: How many processes serve.
        drain_seconds: How long running requests may take to end after a signal; then they are cancelled.
        log: A configuration of `logging` for each worker. By default warnings of uvicorn and the log "railguard.server"
            go to standard error.

    Returns:
        The server.
    """
    config = uvicorn.Config(
        create,
        factory=True,
        http=_Protocol,
        ws="none",
        lifespan="on",
        log_config=_LOG if log is None else log,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        workers=workers,
        timeout_graceful_shutdown=drain_seconds,
    )
    return AppServer(config)


def run_app(
    create: Callable[[], ASGIApp],
    listening: socket.socket,
    *,
    workers: int = 1,
    drain_seconds: int = 30,
    log: dict[str, Any] | None = None,
) -> int:
    """Serve an application until SIGTERM or SIGINT arrives and the running requests have ended.

    Args:
        create: Makes the application; called once in each worker. With several workers it must pickle.
        listening: The socket to listen on; it is closed at the end.
        workers: How many processes serve. With several, PROMETHEUS_MULTIPROC_DIR names a folder that they share.
        drain_seconds: How long running requests may take to end after a signal; then they are cancelled.
        log: A configuration of `logging` for each worker. By default warnings of uvicorn and the log "railguard.server"
            go to standard error.

    Returns:
        The number of the signal that ended it; 0 if it could not start, which the log explains.
    """
    server = app_server(create, workers=workers, drain_seconds=drain_seconds, log=log)
    _allow_many_connections()
    with contextlib.closing(listening):
        if workers == 1:
            server.run(sockets=[listening])
            return server.ended_by
        with _shared_metrics():
            supervisor = _Supervisor(server.config, [listening])
            supervisor.run()
            return supervisor.ended_by


class _Protocol(HttpToolsProtocol):
    """HTTP/1.1 that closes connections if a request head is too slow, or if the client does not read."""

    _head: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _refused: asyncio.TimerHandle | None = None
    _dropped = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn itself
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        if self._refused is not None:
            self._refused.cancel()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused is not None:
            self._dropped += len(data)
            if self._dropped > LINGER_BYTES:
                self.transport.close()
            return
        super().data_received(data)
        if self.transport.is_closing() or (self._head is None and self._answering):
            return
        if self._head is None and self.timeout_keep_alive_task is None:
            self._expect_head()  # the beginning of the next head, or line breaks before it
        if self._head is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(b"431 Request Header Fields Too Large", b"the request head is too large")

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect_head(self) -> None:
        self._head_bytes = 0
        self._head = self.loop.call_later(
            HEAD_SECONDS, self._refuse, b"408 Request Timeout", b"no whole request head came in time"
        )

    def _head_came(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def send_400_response(self, msg: str) -> None:
        if self._answering:  # of the request before: what is left of its response goes nowhere
            super().send_400_response(msg)
        else:
            self._refuse(b"400 Bad Request", msg.encode("ascii"))

    def _refuse(self, status: bytes, words: bytes) -> None:
        """Send a response, end the sending side, and close once the client has had time to read (RFC 9112 section 9.6)."""
        self._head_came()
        if self.transport.is_closing() or self._refused is not None:
            return
        length = str(len(words)).encode()
        self.transport.write(
            b"HTTP/1.1 "
            + status
            + b"\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: "
            + length
            + b"\r\nconnection: close\r\n\r\n"
            + words
        )
        self.transport.write_eof()
        self._refused = self.loop.call_later(LINGER_SECONDS, self.transport.close)


class _Supervisor(Multiprocess):
    """Starts the workers, and records the signal that ended them."""

    ended_by = 0

    def terminate_all(self) -> None:
        super().terminate_all()
        for listening in self.sockets:  # otherwise new connections would wait for workers that accept none
            listening.close()

    def handle_int(self) -> None:
        super().handle_int()
        self.ended_by = signal.SIGINT

    def handle_term(self) -> None:
        super().handle_term()
        self.ended_by = signal.SIGTERM


@contextlib.contextmanager
def _shared_metrics() -> Iterator[None]:
    """Create a folder for the metrics of all workers; it must be set before a worker imports the Prometheus client."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="railguard-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        try:
            yield
        finally:
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]


def _allow_many_connections() -> None:
    """Raise the limit of open files to the maximum for this user: idle connections must not keep others out."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < hard:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
