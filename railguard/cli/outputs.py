"""Reads stored outputs: a file contains one, a JSON Lines file one per line. They are read one by one, in constant
memory.

An unreadable line gives an error of its own and does not affect other lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from railguard import InputError
from railguard.cli.streams import STDIN, decoded, read_bytes, shown_name, stdin

__all__ = ["Stored", "is_jsonl", "stored"]

_LINE = 64 * 1024 * 1024
"""The longest line that is read, in bytes: eight times the longest model text that a guard reads, because of JSON's
escapes.
"""
_ENDLESS = 4 * _LINE
"""A line longer than this may have no end, and is not read to its end."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored output. line: its line in a JSON Lines file, from 1. id: the id in the line. text: the model's text,
    or None if it could not be read; error: the reason. size: bytes in its file.
    """

    file: str
    line: int | None = None
    id: Any = None
    text: str | None = None
    error: str | None = None
    size: int = 0

    @property
    def place(self) -> str:
        """file:line, the form that editors recognize."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


def is_jsonl(name: str) -> bool:
    """Whether a file's name has the extension of JSON Lines."""
    return name.endswith((".jsonl", ".ndjson"))


def stored(name: str, *, jsonl: bool, most: int) -> Iterator[Stored]:
    """Yield the outputs in a file, or on standard input for `-`. most: the most characters of text that a guard reads."""
    if jsonl:
        yield from _lines(name)
    else:
        yield _whole(name, most)


def _whole(name: str, most: int) -> Stored:
    file = shown_name(name)
    try:
        data = read_bytes(name, most=4 * most)
        text = decoded(data, file)
    except InputError as error:
        return Stored(file, error=str(error).removeprefix(f"{file}: "))
    except OSError as error:
        return Stored(file, error=error.strerror or str(error))
    # The newline at the end of a text file belongs to the file (POSIX, 3.403 and 3.206), not to the model's text.
    return Stored(file, text=text.removesuffix("\n").removesuffix("\r"), size=len(data))


def _lines(name: str) -> Iterator[Stored]:
    file = shown_name(name)
    try:
        opened = nullcontext(stdin()) if name == STDIN else open(name, "rb")  # noqa: SIM115  # with, below
    except OSError as error:
        yield Stored(file, error=error.strerror or str(error))
        return
    with opened as stream:
        number = 0
        while data := stream.readline(_LINE + 1):
            number += 1
            size = len(data)
            if size > _LINE:
                while data and not data.endswith(b"\n") and size <= _ENDLESS:
                    data = stream.readline(_LINE)
                    size += len(data)
                rest = "; what follows it is not read" if size > _ENDLESS else ""
                yield Stored(file, number, error=f"the line is longer than {_LINE:,} bytes{rest}", size=size)
                if rest:
                    return
            elif data.strip():
                yield _line(file, number, data)


def _line(file: str, number: int, data: bytes) -> Stored:
    size = len(data)
    try:
        text = decoded(data, "the line").strip()
        value = json.loads(text)
    except (InputError, json.JSONDecodeError) as error:
        return Stored(file, number, error=f"not a line of JSON: {error}", size=size)
    except (ValueError, RecursionError):  # too long or too deep, but JSON: for the guard
        return Stored(file, number, text=text, size=size)
    if isinstance(value, str):
        return Stored(file, number, text=value, size=size)
    if isinstance(value, dict) and "output" in value and value.keys() <= {"id", "output"}:
        output = value["output"]
        told = output if isinstance(output, str) else json.dumps(output, ensure_ascii=False)
        return Stored(file, number, value.get("id"), told, size=size)
    return Stored(file, number, text=text, size=size)
