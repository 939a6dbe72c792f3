"""Validate outputs that are there already; no model is asked.

OUTPUT is a file with the model's text; - is standard input. A .jsonl file (or any,
with --jsonl) holds an output a line: a JSON string with the model's text, an object
{"id": …, "output": text or value}, or any other JSON value, which then is the output.
The newline at the end of a file is not part of its output.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from railguard import Guard, ValidationFailed, ValidationOutcome, ValidatorError
from railguard.cli import exits
from railguard.cli.assignments import literals
from railguard.cli.outputs import Stored, is_jsonl, stored
from railguard.cli.progress import following
from railguard.cli.report import told
from railguard.cli.specs import add_options, load
from railguard.cli.streams import STDIN, emit, emit_json, note, one_stdin, paint, shown_name, visible

NAME = "validate"
HELP = "validate stored outputs against a spec"
EXAMPLES = (
    "railguard validate fees.rail answer.json",
    "railguard validate --format json schema.json answers.jsonl",
    "railguard validate models:Fees - < answer.json",
)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `railguard validate`."""
    parser.add_argument("spec", metavar="SPEC", help="a RAIL file, a JSON Schema (.json), or module:Model")
    parser.add_argument("outputs", metavar="OUTPUT", nargs="+", help="a file with an output; - for standard input")
    parser.add_argument("--jsonl", action="store_true", help="every OUTPUT holds one output a line")
    parser.add_argument(
        "--metadata",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="metadata for validators: JSON, else text; @FILE for a file's text",
    )
    parser.add_argument(
        "--repair",
        choices=("none", "syntax", "lossless", "judgement"),
        help="local repairs that are allowed, each with those before it (default: the spec's, else lossless)",
    )
    add_options(parser)


@dataclass
class _Tally:
    """What one file came to."""

    outputs: int = 0
    failed: int = 0
    unread: int = 0
    mended: int = 0
    code: int = exits.GOOD
    shown: set[str] = field(default_factory=set)


def command(args: Namespace) -> int:
    """Validate every output, and sum up."""
    one_stdin([args.spec, *args.outputs])
    guard, metadata = load(args), literals(args.metadata, "--metadata")
    worst = exits.GOOD
    with following(args.outputs) as progress:
        for name in args.outputs:
            tally = _Tally()
            jsonl = args.jsonl or is_jsonl(name)
            for one in progress.over(stored(name, jsonl=jsonl, most=guard.spec.limits.text)):
                _one(guard, one, metadata, tally, progress, as_json=args.format == "json")
            worst = max(worst, tally.code)
            if args.format == "text" and jsonl:
                with progress.paused():
                    emit(_summary(shown_name(name), tally))
    return worst
