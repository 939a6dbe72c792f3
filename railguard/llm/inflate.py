"""Decompresses a body as it arrives, with a bound on what comes out, not only on what goes in."""

from __future__ import annotations

from typing import Any

from railguard.errors import ProviderError
from railguard.llm.redaction import quoted

__all__ = ["Inflate"]


class Inflate:
    """The decompression of one body. encoding: its Content-Encoding; "" and "identity" pass bytes on as they are."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        self._gzip: Any = None

    def feed(self, piece: bytes, room: int) -> bytes:
        """What a piece of the body holds; where that is more than `room` bytes, only the first room + 1 of them.

        Raises ProviderError for an encoding that is not known, and for broken compression.
        """
        if self._encoding in ("", "identity"):
            return piece[: room + 1]
        if self._encoding not in ("gzip", "x-gzip"):
            raise ProviderError(f"the answer is encoded as {quoted(self._encoding)!r}, which was not asked for")
        import zlib

        if self._gzip is None:
            # RFC 1952, by zlib's own notation: 16 is the gzip header, the rest the window.
            self._gzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            content: bytes = self._gzip.decompress(piece, room + 1)
        except zlib.error as error:
            fault = str(error)
        else:
            return content
        raise ProviderError(f"the answer's compression is broken: {fault}", retryable=True)

    @property
    def cut_off(self) -> bool:
        """Whether a compressed body that has begun lacks its end."""
        return self._gzip is not None and not self._gzip.eof
