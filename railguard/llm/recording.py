"""Records conversations to a file in the format of records.py; replay.py answers from such a file."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from os import PathLike
from typing import Any

from railguard.llm.models import model as provider_of
from railguard.llm.records import request_of, written
from railguard.llm.request import Request, Wrapping, astream_completion, stream_completion
from railguard.values import Completion

__all__ = ["RecordingModel"]


class RecordingModel(Wrapping):
    """A Provider that asks another one and writes each request and answer to a file ReplayModel can read.

    Several threads and tasks may use it; entries are in the order of the answers. Failed requests are not written. A
    streamed answer that is closed early is written as a truncated one ("length").
    """

    def __init__(self, model: Any, path: str | PathLike[str], *, messages: bool = True) -> None:
        """Create the file, or empty an existing one.

        Args:
            model: A model, as a guard accepts it.
            path: The file.
            messages: Whether to write the messages; otherwise only their digest is written, for messages that must not
                be stored on disk.

        Raises:
            OSError: If the file cannot be written.
        """
        super().__init__(provider_of(model))
        self._path = str(path)
        self._messages = messages
        self._lock = threading.Lock()
        with open(self._path, "w", encoding="utf-8"):
            pass

    def __repr__(self) -> str:
        return f"<RecordingModel {self.name} to {self._path}>"

    def complete(self, request: Request) -> Completion:
        """Ask, record the answer and return it."""
        asked = self._request(request)
        return self._write(asked, self.provider.complete(request))

    async def acomplete(self, request: Request) -> Completion:
        """Ask, record the answer and return it."""
        asked = self._request(request)
        return self._write(asked, await self.provider.acomplete(request))

    def stream(self, request: Request) -> Iterator[str | Completion]:
        """Ask, yield the pieces and record the whole answer."""
        note = _Note(self, request)
        try:
            with closing(stream_completion(self.provider, request)) as pieces:
                for piece in pieces:
                    note.take(piece)
                    yield piece
        except GeneratorExit:
            note.cut_off()
            raise

    async def astream(self, request: Request) -> AsyncIterator[str | Completion]:
        """Ask, yield the pieces and record the whole answer."""
        note = _Note(self, request)
        pieces = astream_completion(self.provider, request)
        try:
            async for piece in pieces:
                note.take(piece)
                yield piece
        except GeneratorExit:
            note.cut_off()
            raise
        finally:
            await pieces.aclose()

    def _request(self, request: Request) -> str:
        return request_of(request, messages=self._messages)

    def _write(
        self, asked: str, completion: Completion, pieces: Sequence[tuple[float, int]] | None = None
    ) -> Completion:
        # One write: a process that is killed leaves complete lines.
        with self._lock, open(self._path, "ab", buffering=0) as file:
            file.write(written(asked, completion, pieces).encode())
        return completion


class _Note:
    """The record of a streamed answer, written once."""

    def __init__(self, recording: RecordingModel, request: Request) -> None:
        self._recording = recording
        self._asked = recording._request(request)
        self._texts: list[str] = []
        self._began = time.monotonic()
        self._pieces: list[tuple[float, int]] = []
        self._written = False

    def take(self, piece: str | Completion) -> None:
        if isinstance(piece, str):
            self._texts.append(piece)
            self._pieces.append((round(time.monotonic() - self._began, 4), len(piece)))
        else:
            self._written = True
            self._recording._write(self._asked, piece, self._pieces)

    def cut_off(self) -> None:
        if self._texts and not self._written:
            self._written = True
            self._recording._write(self._asked, Completion("".join(self._texts), "length"), self._pieces)
