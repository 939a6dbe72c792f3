"""Parsers of event streams: bytes in pieces of any size become events. Pure, linear time, and independent of how the
bytes are cut.

The rules of server-sent events are those of the WHATWG HTML standard, section "Server-sent events", "Interpreting an
event stream". One rule differs: bytes that are not UTF-8 are an error here, because an answer with replacement
characters would be another answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from railguard.errors import ProviderError

__all__ = ["MAX_BYTES", "EventStream", "JsonLines", "ServerEvent"]

MAX_BYTES = 1024 * 1024
"""Largest number of bytes in one line, and in the data of one event."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: its data, with lines joined by "\\n", and its type, "message" if the server names none."""

    data: str
    type: str = "message"


class EventStream:
    """The parser of server-sent events. It belongs to the one response that is read.

    Fields that matter only for reconnecting (`id`, `retry`) and unknown ones are ignored, as the standard requires. An
    event without its final blank line is dropped at the end of the stream.
    """

    def __init__(self) -> None:
        self._line = bytearray()  # the beginning of a line that is not complete
        self._after_cr = False
        self._at_start = True
        self._data: list[str] = []
        self._size = 0
        self._type = ""

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        """The events that end in this piece. Raises ProviderError at bytes that are not UTF-8 or have no end.

        What came before is yielded first. The iterator is to be gone through to its end before the next piece.
        """
        if not piece:
            return
        if self._after_cr:
            piece = piece.removeprefix(b"\n")
        # A CR at the very end may be the first half of a CRLF; inside the piece, splitlines handles it.
        self._after_cr = piece.endswith(b"\r")
        for line in piece.splitlines(keepends=True):  # bytes.splitlines splits at CRLF, LF and CR only
            content = line.rstrip(b"\r\n")
            if len(self._line) + len(content) > MAX_BYTES:
                raise ProviderError(f"the event stream has a line of more than {MAX_BYTES:,} bytes")
            if self._line or len(content) == len(line):
                self._line += content
            if len(content) == len(line):
                return
            event = self._ended(bytes(self._line) or content)
            self._line.clear()
            if event is not None:
                yield event

    def end(self) -> Iterator[ServerEvent]:
        """Return nothing: an event ends with a blank line, so the end of the stream completes none."""
        return iter(())

    def _ended(self, line: bytes) -> ServerEvent | None:
        """Add a whole line; if it is blank, return the event that it ends."""
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatched()
        name, _, value = line.partition(b":")
        if name == b"data":
            self._size += len(value) + 1
            if self._size > MAX_BYTES:
                raise ProviderError(f"the event stream has an event of more than {MAX_BYTES:,} bytes")
            self._data.append(_decoded(value))
        elif name == b"event":
            self._type = _decoded(value)
        return None

    def _dispatched(self) -> ServerEvent | None:
        event = ServerEvent("\n".join(self._data), self._type or "message") if self._data else None
        self._data, self._size, self._type = [], 0, ""
        return event


class JsonLines:
    """The parser of a stream of JSON Lines, as Ollama sends it: each line that is not blank is an event."""

    def __init__(self) -> None:
        self._line = bytearray()

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        """The events that end in this piece. Raises ProviderError at bytes that are not UTF-8 or have no end."""
        *lines, rest = piece.split(b"\n")
        for line in lines:
            self._add(line)
            yield from self.end()
        self._add(rest)

    def end(self) -> Iterator[ServerEvent]:
        """Yield the event that the end of the stream completes: its last line."""
        line = bytes(self._line).strip()
        self._line.clear()
        if line:
            yield ServerEvent(_decoded(line))

    def _add(self, part: bytes) -> None:
        if len(self._line) + len(part) > MAX_BYTES:
            raise ProviderError(f"the event stream has a line of more than {MAX_BYTES:,} bytes")
        self._line += part


def _decoded(value: bytes) -> str:
    try:
        return value.removeprefix(b" ").decode()
    except UnicodeDecodeError as error:
        offset, reason = error.start, error.reason
    raise ProviderError(f"the event stream is not UTF-8: {reason} at byte {offset} of a value")
