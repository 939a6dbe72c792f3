"""Lay RAIL documents out: indentation, line breaks and spaces, and nothing else.

SPEC is a RAIL file, which is rewritten in place; - is standard input, laid out on stdout.
Comments, CDATA, character references and the texts of messages stay as they are. --check
and --diff write nothing; they fail (1) where a file would change.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace

from railguard import InputError
from railguard.cli import exits
from railguard.cli.streams import STDIN, emit, emit_json, note, one_stdin, paint, read_bytes, shown_name, visible
from railguard.language import formatted

NAME = "fmt"
HELP = "lay a RAIL document out"
EXAMPLES = (
    "railguard fmt fees.rail",
    "railguard fmt --check fees.rail",
)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `railguard fmt`."""
    parser.add_argument("specs", metavar="SPEC", nargs="+", help="a RAIL file; - for standard input")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")


def command(args: Namespace) -> int:
    """Lay every document out. A file that is not XML is refused with its place, and none after it is written."""
    one_stdin(args.specs)
    looking = args.check or args.diff
    changed = 0
    for name in args.specs:
        data = read_bytes(name)
        before = _text(data, name)
        after = formatted(data, file=shown_name(name))
        changed += before != after
        if args.format == "json":
            emit_json({"file": shown_name(name), "changed": before != after})
        if args.diff:
            _show(before, after, shown_name(name))
        if looking:
            continue
        if name == STDIN:
            if args.format == "text":
                emit(after.removesuffix("\n"))
        elif before != after:
            _write(name, after, byte_order_mark=data.startswith(b"\xef\xbb\xbf"))
    if args.format == "text":
        verb = "would change" if looking else "changed"
        note(f"{changed:,} of {len(args.specs):,} {verb}")
    return exits.FAILED if looking and changed else exits.GOOD


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{shown_name(name)}: only UTF-8 is written; save the file as UTF-8 first") from error


def _show(before: str, after: str, name: str) -> None:
    from difflib import unified_diff

    for line in unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm=""):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1])
        emit(paint(visible(line), style, sys.stdout) if style else visible(line))


def _write(name: str, text: str, *, byte_order_mark: bool) -> None:
    """Replace a file in one step, so that it is whole whenever somebody reads it. A link stays a link."""
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
