"""Convert RAIL documents of older dialects to version 1.0, with the same schema and messages.

SPEC is a RAIL file, which is rewritten in place; - is standard input, migrated to stdout.
Comments, CDATA and everything else that need not change stay as they are. --diff writes
nothing. Everything that version 1.0 cannot express is listed with its place; problems that
only you can correct, such as an unregistered validator, fail (1).
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from railguard import Problem
from railguard.cli import exits
from railguard.cli.file_rewriting import show_difference, utf8_text, write_in_place
from railguard.cli.problems import problem_text
from railguard.cli.specs import add_options, import_named
from railguard.cli.streams import STDIN, emit, emit_json, note, one_stdin, paint, read_bytes, shown_name
from railguard.language import migrated

NAME = "migrate"
HELP = "turn an older RAIL document into version 1.0"
EXAMPLES = (
    "railguard migrate --diff invoice-0.1.rail",
    "railguard migrate invoice-0.1.rail",
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard migrate`."""
    parser.add_argument("specs", metavar="SPEC", nargs="+", help="a RAIL file; - for standard input")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    add_options(parser, loading=False)


def command(args: Namespace) -> int:
    """Migrate every document. If one cannot be read, its error is reported with its place, and no later file is
    written.
    """
    one_stdin(args.specs)
    import_named(args.imports)
    changed = 0
    left = False
    for name in args.specs:
        data = read_bytes(name)
        before = utf8_text(data, name)
        done = migrated(data, file=shown_name(name))
        changed += done.changed
        left = left or bool(done.left)
        if args.format == "json":
            told = {"dropped": [asdict(one) for one in done.dropped], "left": [asdict(one) for one in done.left]}
            emit_json({"file": shown_name(name), "changed": done.changed, **told})
        else:
            _print_problems(name, done.dropped, "is not said any more")
            _print_problems(name, done.left, "has to be corrected by hand")
        if args.diff:
            show_difference(before, done.text, shown_name(name))
        elif name == STDIN:
            if args.format == "text":
                emit(done.text.removesuffix("\n"))
        elif done.changed:
            write_in_place(name, done.text, byte_order_mark=data.startswith(b"\xef\xbb\xbf"))
    if args.format == "text":
        note(f"{changed:,} of {len(args.specs):,} {'would change' if args.diff else 'changed'}")
    return exits.FAILED if left else exits.GOOD


def _print_problems(name: str, problems: tuple[Problem, ...], what: str) -> None:
    if problems:
        note(paint(f"{shown_name(name)}: this {what}:", "bold", sys.stderr))
    for problem in problems:
        note(problem_text(problem, shown_name(name), sys.stderr))
