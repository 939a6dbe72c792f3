"""Runs the server of a configuration, from opening its socket to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp

from railguard.server.app import create_app
from railguard.server.config import ServerConfig
from railguard.server.uvicorn_server import listen, run_app

__all__ = ["serve"]


@dataclass(frozen=True, slots=True)
class _App:
    """Creates the application in a worker."""

    config: ServerConfig

    def __call__(self) -> ASGIApp:
        return create_app(self.config)


def serve(config: ServerConfig, *, started: Callable[[str], object] = lambda url: None) -> int:
    """Serve guards until SIGTERM or SIGINT arrives and the running calls have ended.

    Args:
        config: The configuration.
        started: Called with the server's URL once it listens.

    Returns:
        The number of the signal that ended it.

    Raises:
        RailguardError: If a guard, a key, a setting or an address cannot be used. Nothing is served then.
    """
    create_app(config)  # errors are raised here, before a worker is started
    listening = listen(config.host, config.port)
    host, port = listening.getsockname()[:2]
    started(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    return run_app(_App(config), listening, workers=config.workers, drain_seconds=config.drain_seconds)
