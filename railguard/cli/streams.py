"""The way in and out: files and standard input as text, results to stdout, talk to stderr.

What a model or a file says is shown, never obeyed: control characters reach a terminal only as escapes.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from io import StringIO
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

from railguard import InputError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = [
    "MOST",
    "STDIN",
    "aligned",
    "as_json",
    "console",
    "decoded",
    "emit",
    "emit_json",
    "is_coloured",
    "is_terminal",
    "needs_ascii",
    "note",
    "one_stdin",
    "paint",
    "read_bytes",
    "read_text",
    "show",
    "shown_name",
    "stdin",
    "visible",
]

STDIN = "-"
MOST = 8 * 1024 * 1024
"""Bytes of a file that are read where nothing else is said: as many as characters of an answer."""
_WIDEST = 100
_SGR = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}

# C0 except newline and tab, DEL, C1, and what turns the direction of text: none of them is ever meant for a terminal.
_UNSEEN = [*range(9), *range(11, 32), *range(127, 160), 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_ESCAPES = {code: f"\\u{code:04x}" for code in _UNSEEN}
_ANY_UNSEEN = re.compile("[" + "".join(map(chr, _UNSEEN)) + "]")
_MASKS = dict.fromkeys(_UNSEEN, "\ufffd")


def visible(text: str) -> str:
    """Text with its control characters written as JSON writes them (`\\u001b`), newlines and tabs as they are."""
    return text.translate(_ESCAPES) if _ANY_UNSEEN.search(text) else text


def aligned(text: str) -> str:
    """Text with every control character as one U+FFFD, so that a caret below it still points at the right place."""
    return text.translate(_MASKS)


def is_terminal(stream: TextIO) -> bool:
    """Whether somebody looks at a stream."""
    try:
        return stream.isatty()
    except ValueError:  # it is closed
        return False


def is_coloured(stream: TextIO) -> bool:
    """Whether colour may be used: on a terminal that can, and unless NO_COLOR (no-color.org) says otherwise."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: TextIO) -> str:
    """Text in a style ("red", "bold" …), as it is where there is no colour."""
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if is_coloured(stream) else text


def emit(text: str) -> None:
    """Write a result and a newline to stdout. What its encoding cannot say is written as escapes."""
    _write(sys.stdout, text + "\n")


def emit_json(value: Any, *, indent: int | None = None) -> None:
    """Write one JSON value to stdout: on one line, unless indented."""
    emit(as_json(value, indent=indent, ascii=needs_ascii()))


def needs_ascii() -> bool:
    """Whether stdout can hold ASCII alone for certain: JSON has escapes of its own for the rest."""
    return (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"


def as_json(value: Any, *, indent: int | None = None, ascii: bool = False) -> str:
    """A value as JSON text that any reader takes: a number that JSON does not have becomes the text of its name."""
    try:
        text = json.dumps(value, ensure_ascii=ascii, allow_nan=False, indent=indent, default=str)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=ascii, allow_nan=False, indent=indent, default=str)
    return visible(text)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if isinstance(value, dict):
        return {key: _finite(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def note(text: str = "") -> None:
    """Say something on stderr, where it is in nobody's way. Where nobody can hear it, the work goes on."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()  # what cannot be written there is told when a result is
    with suppress(OSError, ValueError):
        _write(sys.stderr, text + "\n")


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def console(stream: TextIO, *, into: TextIO | None = None) -> Console:
    """A rich console on a stream: no escape sequences without colour, 80 columns where nobody says how wide. into: what
    is written to instead, as for that stream."""
    from rich.console import Console

    coloured = is_coloured(stream)
    plain = Console(
        file=stream if into is None else into,
        force_terminal=is_terminal(stream),
        color_system="auto" if coloured else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    plain.width = min(plain.width, _WIDEST) if is_terminal(stream) else 80
    return plain


def show(renderable: RenderableType, stream: TextIO, *, wrap: bool = True) -> None:
    """Render with rich, and write it as everything else is written."""
    rendered = StringIO()
    console(stream, into=rendered).print(renderable, soft_wrap=not wrap)
    text = rendered.getvalue()
    with suppress(OSError, ValueError) if stream is sys.stderr else nullcontext():
        _write(stream, text if is_coloured(stream) else "".join(line.rstrip() + "\n" for line in text.splitlines()))


def stdin() -> BinaryIO:
    """Standard input as bytes. Raises InputError where it is closed."""
    if sys.stdin is None:
        raise InputError("standard input is closed; give it something to read, or name a file")
    return sys.stdin.buffer


def read_bytes(name: str, *, most: int = MOST) -> bytes:
    """The bytes of a file, or of standard input for `-`. Raises InputError for more than `most` bytes."""
    if name == STDIN:
        data = stdin().read(most + 1) or b""
    else:
        with open(name, "rb") as file:
            data = file.read(most + 1)
    if len(data) > most:
        raise InputError(f"{shown_name(name)}: larger than {most:,} bytes")
    return data


def read_text(name: str, *, most: int = MOST) -> str:
    """The text of a UTF-8 file, or of standard input for `-`. Raises InputError where it is not UTF-8, or too large."""
    return decoded(read_bytes(name, most=most), shown_name(name))


def decoded(data: bytes, name: str) -> str:
    """UTF-8 bytes as text, without a byte order mark. Raises InputError that says where it stops being UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: byte 0x{data[error.start]:02X} at offset {error.start} is not UTF-8; save the file as UTF-8"
        ) from error


def shown_name(name: str) -> str:
    """What to call a file in a message."""
    return "<stdin>" if name == STDIN else name


def one_stdin(names: Iterable[str]) -> None:
    """Raise InputError where standard input is named twice: it can be read once."""
    if sum(name == STDIN for name in names) > 1:
        raise InputError("standard input (-) can be read once, and is named twice")
