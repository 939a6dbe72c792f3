"""Decompresses a body as it arrives, with a limit on the decompressed size."""

from __future__ import annotations

from typing import Any

from railguard.errors import ProviderError
from railguard.llm.redaction import foreign_text

__all__ = ["Inflate"]


class Inflate:
    """Decompresses one body. encoding: its Content-Encoding; "" and "identity" pass bytes on unchanged."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding.strip().lower()
        self._gzip: Any = None

    def feed(self, piece: bytes, room: int) -> bytes:
        """Decompress a piece of the body; of a result longer than `room` bytes, only the first room + 1 are returned.

        Raises ProviderError for an unknown encoding and for broken compression.
        """
        if self._encoding in ("", "identity"):
            return piece[: room + 1]
        if self._encoding not in ("gzip", "x-gzip"):
            raise ProviderError(f"the answer is encoded as {foreign_text(self._encoding)!r}, which was not asked for")
        import zlib

        if self._gzip is None:
            # RFC 1952, in zlib's own notation: 16 is the gzip header, the rest the window size.
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
        """Whether a compressed body has begun and lacks its end."""
        return self._gzip is not None and not self._gzip.eof
