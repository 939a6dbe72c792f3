"""Shared by fmt and migrate: reads a document, shows the differences of a change, and writes it in one step."""

from __future__ import annotations

import os
import sys

from railguard import InputError
from railguard.cli.streams import emit, paint, shown_name, visible

__all__ = ["show_difference", "utf8_text", "write_in_place"]


def utf8_text(data: bytes, name: str) -> str:
    """Decode the text of a UTF-8 file. Raises InputError for another encoding."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{shown_name(name)}: only UTF-8 is written; save the file as UTF-8 first") from error


def show_difference(before: str, after: str, name: str) -> None:
    """Write a unified diff to stdout."""
    from difflib import unified_diff

    for line in unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm=""):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        emit(paint(visible(line), style, sys.stdout) if style else visible(line))


def write_in_place(name: str, text: str, *, byte_order_mark: bool) -> None:
    """Replace a file in one step, so that no reader sees half of it. A symbolic link is kept."""
    import shutil
    import tempfile

    path = os.path.realpath(name)
    handle, beside = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".", suffix=".rail")
    try:
        with os.fdopen(handle, "w", encoding="utf-8-sig" if byte_order_mark else "utf-8", newline="") as file:
            file.write(text)
        shutil.copymode(path, beside)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
