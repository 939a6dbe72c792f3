"""is-reachable: a URL where a server answers."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from railguard import FailResult, validator
from railguard_validators._wording import shown

_PORTS = {"http": 80, "https": 443}


class IsReachable:
    """A server answers a GET of the URL with success or a redirect (status 200 to 399); redirects are not followed and
    no body is read. Only http and https are supported. There is no fix.

    The URL comes from the model, so the request is sent only to public addresses: a host that resolves to any private,
    loopback or link-local address is refused before a connection is made, and the connection goes to exactly the
    checked address. Proxies of the environment are not used. The request may have side effects if the server acts on a
    GET. The result can change at any time.

    timeout: seconds for the whole check.
    allow_private: whether addresses of the local network and of this machine are also allowed.

    >>> import asyncio
    >>> asyncio.run(is_reachable().run("ftp://example.org")).message
    '"ftp://example.org" cannot be asked: it must be a URL with http:// or https:// and a host.'
    >>> asyncio.run(is_reachable().run("http://127.0.0.1/admin")).message
    'Nothing is asked at "http://127.0.0.1/admin": 127.0.0.1 is no public address. Give a public URL.'
    >>> from http.server import BaseHTTPRequestHandler, HTTPServer
    >>> class Server(BaseHTTPRequestHandler):
    ...     def do_GET(self):
    ...         self.send_response(204), self.end_headers()
    ...
    ...     def log_message(self, *args):
    ...         pass
    >>> import threading
    >>> server = HTTPServer(("127.0.0.1", 0), Server)
    >>> thread = threading.Thread(target=server.handle_request)
    >>> thread.start()
    >>> asyncio.run(is_reachable(allow_private=True).run(f"http://127.0.0.1:{server.server_port}/"))
    >>> thread.join(), server.server_close()
    (None, None)
    """

    __slots__ = ("_allow_private", "_timeout")

    def __init__(self, timeout: float = 5.0, allow_private: bool = False) -> None:
        if not 0 < timeout <= 60:
            raise ValueError(f"timeout is {timeout}; it must be above 0 and at most 60 seconds")
        self._timeout = timeout
        self._allow_private = allow_private

    async def __call__(self, value: str) -> FailResult | None:
        parts = _split(value)
        if parts is None:
            return FailResult(f"{shown(value)} cannot be asked: it must be a URL with http:// or https:// and a host.")
        try:
            async with asyncio.timeout(self._timeout):
                return await self._asked(value, parts)
        except TimeoutError:
            return FailResult(
                f"{shown(value)} did not answer within {self._timeout:g} s. Give a URL that can be reached."
            )

    async def _asked(self, value: str, parts: SplitResult) -> FailResult | None:
        host = str(parts.hostname)
        port = parts.port or _PORTS[parts.scheme]
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return FailResult(f"The host of {shown(value)} is not found. Give a URL that can be reached.")
        addresses = [str(address[4][0]) for address in found]
        private = next((one for one in addresses if not ipaddress.ip_address(one.split("%")[0]).is_global), None)
        if private is not None and not self._allow_private:
            return FailResult(f"Nothing is asked at {shown(value)}: {private} is no public address. Give a public URL.")
        status = await _status(parts, host, port, addresses[0])
        if status is None:
            return FailResult(f"Nobody answers at {shown(value)}. Give a URL that can be reached.")
        if 200 <= status < 400:
            return None
        return FailResult(f"{shown(value)} answers with status {status}. Give a URL that can be reached.")


def _split(url: str) -> SplitResult | None:
    """Return the parts of a URL with a supported scheme and host; None for any other text."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _PORTS and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return None
    plain = url.isascii() and url.isprintable() and not any(char.isspace() for char in url)
    return parts if usable and plain else None


async def _status(parts: SplitResult, host: str, port: int, address: str) -> int | None:
    """Return the status of a GET that is sent to one address, whatever the name resolves to meanwhile; None for no
    answer.
    """
    import httpx

    place = f"[{address}]" if ":" in address else address
    target = urlunsplit((parts.scheme, f"{place}:{port}", parts.path or "/", parts.query, ""))
    name = f"[{host}]" if ":" in host else host
    named = name if parts.port is None else f"{name}:{port}"
    headers = {"host": named, "accept": "*/*", "user-agent": "railguard"}
    extensions: dict[str, Any] = {"sni_hostname": host} if parts.scheme == "https" else {}
    try:
        async with (
            httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=None) as client,
            client.stream("GET", target, headers=headers, extensions=extensions) as response,
        ):
            return response.status_code
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError):
        return None


is_reachable = validator(
    "is-reachable",
    subject="Formats",
    aliases=("endpoint-is-reachable",),
    pure=False,
    seconds=70,
    prompt="a URL where a server answers",
)(IsReachable)
