"""Access control of the playground: only the page from this program, on this machine, in the browser of the user who
started it.

There are three checks. The Host header must name this machine, which stops another site whose name points here (DNS
rebinding). Everything except the page itself requires a token from the printed address, which stops other users of the
machine. The token is sent in a header that no other site can set, which stops forms and images of other sites (CSRF).
"""

from __future__ import annotations

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from railguard.server import error_response

__all__ = ["TOKEN_HEADER", "Access", "policy"]

TOKEN_HEADER = "x-railguard-token"


def policy(nonce: str | None = None) -> str:
    """Return the content security policy: everything is loaded from and sent to this server only. The server sets the
    rule on framing.

    Args:
        nonce: The nonce of the page, for the style sheet that the editor creates.
    """
    styles = "'self'" + (f" 'nonce-{nonce}'" if nonce else "")
    return (
        f"default-src 'none'; script-src 'self'; style-src {styles}; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'"
    )


class Access:
    """ASGI middleware that refuses requests without permission."""

    def __init__(self, app: ASGIApp, *, hosts: frozenset[str], token: str) -> None:
        """Wrap an application.

        Args:
            app: The application.
            hosts: The allowed values of the Host header.
            token: The token that every request needs, except the one for the page.
        """
        self._app = app
        self._hosts = hosts
        self._origins = frozenset(f"http://{host}" for host in hosts)
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        refusal = self._refusal(scope["path"], Headers(scope=scope)) if scope["type"] == "http" else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        status, code, message = refusal
        await error_response(status, message, code)(scope, receive, send)

    def _refusal(self, path: str, headers: Headers) -> tuple[int, str, str] | None:
        if headers.get("host", "").lower() not in self._hosts:
            return (
                421,
                "wrong_host",
                "this playground answers at the address that railguard play printed, and at no other",
            )
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in self._origins:
            return 403, "other_site", "another site may not use this playground"
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and headers.get("sec-fetch-mode") != "navigate":
            return 403, "other_site", "another site may not use this playground"
        given = headers.get(TOKEN_HEADER, "").encode("latin-1")
        if path.startswith("/api/") and not hmac.compare_digest(given, self._token):
            return 401, "no_token", "open the address that railguard play printed: it holds the token of this run"
        return None
