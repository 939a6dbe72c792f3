"""API keys from a file and from the environment; only their digests are kept.

A request's key is compared with every digest, each in constant time.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from railguard import InputError
from railguard.server.error_responses import error_response, refuse_unread

__all__ = ["VARIABLE", "KeyCheck", "Keys", "is_loopback"]

VARIABLE = "RAILGUARD_KEYS"
_LEAST = 16
_SHORT = f"a key has at least {_LEAST} characters, without spaces, of ASCII"


class Keys:
    """The keys of a server. The object is false if there are none."""

    def __init__(self, keys: tuple[str, ...] = ()) -> None:
        """Store the digests of keys.

        Args:
            keys: The keys.

        Raises:
            InputError: If a key is too short or cannot be sent in a header. The message does not contain the key.
        """
        for at, key in enumerate(keys, 1):
            if len(key) < _LEAST or not all(33 <= ord(letter) <= 126 for letter in key):
                raise InputError(f"key {at} of {len(keys)} cannot be used: {_SHORT}")
        self._digests = tuple(sha256(key.encode()).digest() for key in keys)

    @classmethod
    def read(cls, file: Path | None) -> Keys:
        """Read keys from a file, one per line, and from RAILGUARD_KEYS, separated by spaces, commas or line breaks.

        Empty lines and lines that begin with # are ignored.

        Raises:
            InputError: If the file cannot be read or holds no key, or a key cannot be used.
        """
        keys = os.environ.get(VARIABLE, "").replace(",", " ").split()
        if file is not None:
            try:
                lines = [line.strip() for line in file.read_text(encoding="utf-8").splitlines()]
            except (OSError, UnicodeError) as error:
                raise InputError(
                    f"the file of keys {file} cannot be read: {getattr(error, 'strerror', error)}"
                ) from None
            found = [line for line in lines if line and not line.startswith("#")]
            if not found:
                raise InputError(f"the file of keys {file} holds no key")
            keys += found
        return cls(tuple(keys))

    def __bool__(self) -> bool:
        return bool(self._digests)

    def __repr__(self) -> str:
        return f"<Keys: {len(self._digests)}>"

    def accept(self, key: str) -> bool:
        """Whether a key is one of the accepted keys."""
        digest = sha256(key.encode("utf-8", "surrogateescape")).digest()
        matches = [compare_digest(digest, known) for known in self._digests]  # all: constant time
        return any(matches)


class KeyCheck:
    """An ASGI middleware that accepts only requests with a key, sent as `Authorization: Bearer KEY`."""

    def __init__(
        self, app: ASGIApp, *, keys: Callable[[], Keys], open_paths: tuple[str, ...], refused: Callable[[str], object]
    ) -> None:
        """Wrap an application.

        Args:
            app: The application.
            keys: Returns the current keys; while there are none, every request passes.
            open_paths: Paths that need no key.
            refused: Called with the code of each refusal.
        """
        self._app, self._keys, self._open, self._refused = app, keys, open_paths, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 401."""
        keys = self._keys()
        if scope["type"] != "http" or not keys or scope["path"] in self._open or keys.accept(_bearer(scope)):
            await self._app(scope, receive, send)
            return
        self._refused("invalid_api_key")
        words = "a key is needed, as the header Authorization: Bearer KEY"
        response = error_response(401, words, "invalid_api_key", headers={"www-authenticate": "Bearer"})
        await refuse_unread(response, receive, send)


def is_loopback(host: str) -> bool:
    """Whether an address is a loopback address, which only this machine can reach."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bearer(scope: Scope) -> str:
    kind, _, key = Headers(scope=scope).get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else ""
