"""Format RAIL documents: indentation, line breaks and spaces, and nothing else.

SPEC is a RAIL file, which is rewritten in place; - is standard input, formatted to stdout.
Comments, CDATA, character references and the texts of messages stay as they are. --check and
--diff write nothing; they fail (1) if a file would change.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from railguard.cli import exits
from railguard.cli.file_rewriting import show_difference, utf8_text, write_in_place
from railguard.cli.streams import STDIN, emit, emit_json, note, one_stdin, read_bytes, shown_name
from railguard.language import formatted

NAME = "fmt"
HELP = "format a RAIL document"
EXAMPLES = (
    "railguard fmt fees.rail",
    "railguard fmt --check fees.rail",
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard fmt`."""
    parser.add_argument("specs", metavar="SPEC", nargs="+", help="a RAIL file; - for standard input")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")


def command(args: Namespace) -> int:
    """Format every document. If a file is not XML, its error is reported with its place, and no later file is written."""
    one_stdin(args.specs)
    looking = args.check or args.diff
    changed = 0
    for name in args.specs:
        data = read_bytes(name)
        before = utf8_text(data, name)
        after = formatted(data, file=shown_name(name))
        changed += before != after
        if args.format == "json":
            emit_json({"file": shown_name(name), "changed": before != after})
        if args.diff:
            show_difference(before, after, shown_name(name))
        if looking:
            continue
        if name == STDIN:
            if args.format == "text":
                emit(after.removesuffix("\n"))
        elif before != after:
            write_in_place(name, after, byte_order_mark=data.startswith(b"\xef\xbb\xbf"))
    if args.format == "text":
        verb = "would change" if looking else "changed"
        note(f"{changed:,} of {len(args.specs):,} {verb}")
    return exits.FAILED if looking and changed else exits.GOOD
