"""Event streams: bytes in pieces of any size become events. Pure, linear, and the same events however they are cut.

The rules of server-sent events are those of the WHATWG HTML standard, section "Server-sent events", "Interpreting an
event stream", but for bytes that are not UTF-8, which are an error here: an answer with replacement characters in it would
be another answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from railguard.errors import ProviderError

__all__ = ["MAX_BYTES", "EventStream", "JsonLines", "ServerEvent"]

MAX_BYTES = 1024 * 1024
"""Bytes of one line, and of the data of one event, at most."""

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: its data, lines joined by "\\n", and its type, "message" where the server names none."""

    data: str
    type: str = "message"


class EventStream:
    """The parser. Not shared: it belongs to the one response that is read.

    Fields that only matter for connecting again (`id`, `retry`) and unknown ones are passed over, as the standard has
    it. An event that the stream's end cuts off, its blank line missing, is none.
    """

    def __init__(self) -> None:
        self._line = bytearray()  # the beginning of a line whose end has not come
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
        # A CR at the very end may be the first half of a CRLF; in the middle splitlines sees to it.
        self._after_cr = piece.endswith(b"\r")
        for line in piece.splitlines(keepends=True):  # of bytes: at CRLF, LF and CR, and nowhere else
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
        """What the end of the stream completes: nothing, since an event ends with a blank line."""
        return iter(())

    def _ended(self, line: bytes) -> ServerEvent | None:
        """Take a whole line; the event that it ends, if it is blank."""
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
        """The event that the end of the stream completes: its last line."""
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
