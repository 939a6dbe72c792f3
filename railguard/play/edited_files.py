"""The files that the command line named; the page can read and write only these.

A file is saved only if its version on disk is the one that was read: a change by another program is never lost.
"""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from railguard import InputError

__all__ = ["MOST", "Conflict", "OpenFile", "Version"]

MOST = 8 * 1024 * 1024
"""Largest size in bytes of a file that is read."""

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a file's content.

    Attributes:
        text: The text, with its own line ends, without a byte order mark.
        id: A digest of the bytes, which the page sends back when it saves. Empty for a file that does not exist yet.
    """

    text: str
    id: str


class Conflict(Exception):
    """Raised if the file has changed since the page read it. `now` is the current version."""

    def __init__(self, now: Version) -> None:
        super().__init__("the file was changed by another program, or in another tab")
        self.now = now


class OpenFile:
    """A UTF-8 file that can be read and saved."""

    def __init__(self, path: str) -> None:
        """Open a file.

        Args:
            path: Its path. The file need not exist yet.

        Raises:
            InputError: If it is not a file, is too large or is not UTF-8.
        """
        self.path = os.path.realpath(path)
        self.name = os.path.basename(path)
        self._lock = threading.Lock()
        self.read()

    def read(self) -> Version:
        """Read the current version. Raises InputError if it cannot be read."""
        data = self._bytes()
        if data is None:
            return Version("", "")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self.path}: byte 0x{data[error.start]:02X} at offset {error.start} is not UTF-8; save the file as UTF-8"
            ) from error
        return Version(text.removeprefix(_MARK), sha256(data).hexdigest())

    def save(self, text: str, version: str) -> Version:
        """Replace the content in one step: a reader sees either the old text or the new one.

        Args:
            text: The new text.
            version: The `id` of the version that it replaces.

        Returns:
            The version that was written.

        Raises:
            Conflict: If the file holds another version.
            InputError: If the text cannot be written.
        """
        try:
            encoded = text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise InputError(f"character {error.start} of the text is half of a pair and cannot be written") from error
        if len(encoded) > MOST:
            raise InputError(f"the text is larger than {MOST:,} bytes")
        with self._lock:
            data = self._bytes()
            now = self.read()
            if now.id != version:
                raise Conflict(now)
            if data is not None and data.startswith(_MARK.encode()):
                encoded = _MARK.encode() + encoded
            try:
                self._replace(encoded)
            except OSError as error:
                raise InputError(f"{self.path} cannot be written: {error.strerror}") from error
            return Version(text, sha256(encoded).hexdigest())

    def _bytes(self) -> bytes | None:
        try:
            with open(self.path, "rb") as file:
                data = file.read(MOST + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise InputError(f"{self.path} cannot be read: {error.strerror}") from error
        if len(data) > MOST:
            raise InputError(f"{self.path} is larger than {MOST:,} bytes")
        return data

    def _replace(self, data: bytes) -> None:
        handle, beside = tempfile.mkstemp(prefix=".railguard-", suffix=".part", dir=os.path.dirname(self.path))
        try:
            with open(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileNotFoundError):
                os.chmod(beside, stat.S_IMODE(os.stat(self.path).st_mode))
            os.replace(beside, self.path)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside)
            raise
