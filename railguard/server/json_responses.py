"""JSON for clients: compact, and of any text that a request or a model may hold."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse

__all__ = ["AnyJSONResponse", "response_bytes", "response_text"]


def response_text(value: Any) -> str:
    """Return a value as JSON text."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def response_bytes(text: str) -> bytes:
    """Encode JSON text. Half of a surrogate pair, which UTF-8 does not have, becomes the escape that JSON has for it."""
    return text.encode("utf-8", "backslashreplace")


class AnyJSONResponse(JSONResponse):
    """A response whose texts may contain half of a surrogate pair."""

    def render(self, content: Any) -> bytes:
        """Return the body.

        Args:
            content: The value to write.

        Returns:
            Its JSON.
        """
        return response_bytes(response_text(content))
