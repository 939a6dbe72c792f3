"""Serves the playground on loopback."""

from __future__ import annotations

import socket

from railguard import InputError
from railguard.play.play_settings import HOST, Settings

__all__ = ["PORT", "address", "listen_on_loopback", "serve_playground"]

PORT = 8765
_TRIES = 20


def listen_on_loopback(port: int | None) -> socket.socket:
    """Open a listening socket on loopback.

    Args:
        port: The port; 0 for any free one; None for the first free one from 8765 on.

    Raises:
        InputError: If the port is in use or none is free, or if the extra `server` is not installed.
    """
    try:
        from railguard.server import listen as listen_on
    except ImportError as error:
        raise InputError(str(error)) from error
    if port is not None:
        return listen_on(HOST, port)
    for tried in range(PORT, PORT + _TRIES):
        try:
            return listen_on(HOST, tried)
        except InputError:
            continue
    raise InputError(f"the ports {PORT} to {PORT + _TRIES - 1} cannot be used; name a free one with --port")


def address(listening: socket.socket, settings: Settings) -> str:
    """Return the address to open. The token is in its fragment, which a browser never sends."""
    return f"http://{HOST}:{listening.getsockname()[1]}/#token={settings.token}"


def serve_playground(listening: socket.socket, settings: Settings) -> int:
    """Serve the playground until SIGINT (Ctrl-C) or SIGTERM.

    Args:
        listening: The socket from `listen_on_loopback`.
        settings: The settings of the playground.

    Returns:
        The number of the signal that ended it.
    """
    from railguard.play.playground_app import application
    from railguard.server import run_app

    port: int = listening.getsockname()[1]
    return run_app(lambda: application(settings, port), listening, drain_seconds=1)
