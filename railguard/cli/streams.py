"""Input and output: files and standard input as text, results to stdout, messages to stderr.

Text from a model or a file cannot control the terminal: its control characters are written as escapes.
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
    "MAX_FILE_BYTES",
    "STDIN",
    "aligned",
    "console",
    "decoded",
    "emit",
    "emit_document",
    "emit_json",
    "is_coloured",
    "is_terminal",
    "needs_ascii",
    "note",
    "one_stdin",
    "paint",
    "portable_json",
    "read_bytes",
    "read_text_file",
    "show",
    "shown_name",
    "stdin",
    "visible",
]

STDIN = "-"
MAX_FILE_BYTES = 8 * 1024 * 1024
"""Bytes of a file that are read by default; the same number as characters of an answer."""
_WIDEST = 100
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SGR = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}

# C0 except newline and tab, DEL, C1, and characters that change the text direction: none is meant for a terminal.
_UNSEEN = [*range(9), *range(11, 32), *range(127, 160), 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_ESCAPES = {code: f"\\u{code:04x}" for code in _UNSEEN}
_ANY_UNSEEN = re.compile("[" + "".join(map(chr, _UNSEEN)) + "]")
_MASKS = dict.fromkeys(_UNSEEN, "\ufffd")


def visible(text: str) -> str:
    """Return text with its control characters escaped as in JSON (`\\u001b`); newlines and tabs stay."""
    return text.translate(_ESCAPES) if _ANY_UNSEEN.search(text) else text


def aligned(text: str) -> str:
    """Return text with every control character as one U+FFFD, so that a caret below it points at the right column."""
    return text.translate(_MASKS)


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal."""
    try:
        return stream.isatty()
    except ValueError:  # the stream is closed
        return False


def is_coloured(stream: TextIO) -> bool:
    """Whether colour may be used: on a terminal that supports it, unless NO_COLOR (no-color.org) is set."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def paint(text: str, style: str, stream: TextIO) -> str:
    """Return text in a style ("red", "bold" …); unchanged without colour."""
    return f"\x1b[{_SGR[style]}m{text}\x1b[0m" if is_coloured(stream) else text


def emit(text: str) -> None:
    """Write a result and a newline to stdout. Characters that its encoding lacks are written as escapes."""
    _write(sys.stdout, text + "\n")


def emit_document(text: str) -> None:
    """Write the text of a JSON document to stdout; unchanged, to the byte, unless stdout is a terminal. Characters that
    an encoding other than UTF-8 may lack become JSON escapes.
    """
    if is_terminal(sys.stdout):
        emit(visible(text.removeprefix("\ufeff")))
    else:
        _write(sys.stdout, _NOT_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text) if needs_ascii() else text)


def emit_json(value: Any, *, indent: int | None = None) -> None:
    """Write one JSON value to stdout, on one line unless indented."""
    emit(portable_json(value, indent=indent, ascii=needs_ascii()))


def needs_ascii() -> bool:
    """Whether stdout may support only ASCII; JSON has escapes for other characters."""
    return (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"


def portable_json(value: Any, *, indent: int | None = None, ascii: bool = False) -> str:
    """Return a value as JSON text that any parser accepts: a number without a JSON form becomes a string such as "NaN"."""
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
    """Write a message to stderr, which keeps stdout clean. If stderr is closed, the work goes on."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()  # a broken stderr is ignored; an error of stdout is reported when a result is written
    with suppress(OSError, ValueError):
        _write(sys.stderr, text + "\n")


def _write(stream: TextIO, text: str) -> None:
    if not text.isascii():
        # Not left to the stream: in the C locale it writes some halves of surrogate pairs as bytes that are not UTF-8.
        encoding = stream.encoding or "ascii"
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(text)


def console(stream: TextIO, *, into: TextIO | None = None) -> Console:
    """Create a rich console on a stream: no escape sequences without colour, and 80 columns if the width is unknown.
    into: another stream to write to, in the same style.
    """
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
    """Render with rich, and write the result like all other output."""
    rendered = StringIO()
    console(stream, into=rendered).print(renderable, soft_wrap=not wrap)
    text = rendered.getvalue()
    with suppress(OSError, ValueError) if stream is sys.stderr else nullcontext():
        _write(stream, text if is_coloured(stream) else "".join(line.rstrip() + "\n" for line in text.splitlines()))


def stdin() -> BinaryIO:
    """Return standard input as a binary stream. Raises InputError if it is closed."""
    if sys.stdin is None:
        raise InputError("standard input is closed; give it something to read, or name a file")
    return sys.stdin.buffer


def read_bytes(name: str, *, most: int = MAX_FILE_BYTES) -> bytes:
    """Read the bytes of a file, or of standard input for `-`. Raises InputError for more than `most` bytes."""
    if name == STDIN:
        data = stdin().read(most + 1) or b""
    else:
        with open(name, "rb") as file:
            data = file.read(most + 1)
    if len(data) > most:
        raise InputError(f"{shown_name(name)}: larger than {most:,} bytes")
    return data


def read_text_file(name: str, *, most: int = MAX_FILE_BYTES, bom: bool = False) -> str:
    """Read the text of a UTF-8 file, or of standard input for `-`. bom: keep a byte order mark. Raises InputError if it
    is not UTF-8, or too large.
    """
    return decoded(read_bytes(name, most=most), shown_name(name), bom=bom)


def decoded(data: bytes, name: str, *, bom: bool = False) -> str:
    """Decode UTF-8 bytes; bom: keep a byte order mark. Raises InputError with the offset of the first byte that is not
    UTF-8.
    """
    try:
        return data.decode("utf-8" if bom else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{name}: byte 0x{data[error.start]:02X} at offset {error.start} is not UTF-8; save the file as UTF-8"
        ) from error


def shown_name(name: str) -> str:
    """Return the name of a file for messages."""
    return "<stdin>" if name == STDIN else name


def one_stdin(names: Iterable[str]) -> None:
    """Raise InputError if standard input is named twice: it can be read only once."""
    if sum(name == STDIN for name in names) > 1:
        raise InputError("standard input (-) can be read once, and is named twice")
