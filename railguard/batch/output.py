"""Output files: a temporary file grows next to the output, and replaces it once the job is complete."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from railguard import InputError

__all__ = ["Spool", "completing", "refuse_inputs"]


class Spool:
    """Result lines that are written in order; `sync` makes them durable."""

    def __init__(self, path: str, size: int) -> None:
        """Open the file at `size` bytes, the valid part according to the journal; the rest is cut off.

        Raises InputError if the file is shorter than that.
        """
        self.path = path
        self.size = size
        self._file: IO[bytes] = open(path, "r+b" if size else "wb")  # noqa: SIM115  # its owner calls close()
        if os.fstat(self._file.fileno()).st_size < size:
            self._file.close()
            raise InputError(f"{path} is shorter than its journal says; start again with --restart (restart=True)")
        self._file.truncate(size)
        self._file.seek(size)

    def write(self, lines: bytes) -> None:
        """Append lines."""
        self._file.write(lines)
        self.size += len(lines)

    def sync(self) -> None:
        """Make sure that everything written is on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file. Bytes that cannot be written any more are lost: no mark counts them."""
        with suppress(OSError):
            self._file.close()


@contextmanager
def completing(path: str) -> Iterator[IO[bytes]]:
    """Open a temporary file next to `path`. It replaces `path` if no error occurs; otherwise it is removed."""
    beside = f"{path}.part"
    try:
        with open(beside, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.unlink(beside)
        raise


def refuse_inputs(out: str, inputs: Iterable[Any]) -> None:
    """Raise InputError if the output would replace an input, or is a folder."""
    if os.path.isdir(out):
        raise InputError(f"{out} is a folder; name a file for the output")
    for name in inputs:
        if isinstance(name, str) and os.path.exists(name) and os.path.exists(out) and os.path.samefile(name, out):
            raise InputError(f"{out} is read by this job; name another file for the output")
