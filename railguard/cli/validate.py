"""Validate existing outputs; no model is asked.

OUTPUT is a file with the model's text; - is standard input. A .jsonl file (or any, with
--jsonl) holds one output a line: a JSON string with the model's text, an object {"id": …,
"output": text or value}, or any other JSON value, which is then the output. The newline at the
end of a file is not part of its output.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from typing import Any

from railguard import Guard, ValidationFailed, ValidationOutcome, ValidatorError
from railguard.cli import exits
from railguard.cli.assignments import literals, stdin_uses
from railguard.cli.outcome_report import as_text, heading
from railguard.cli.outputs import Stored, is_jsonl, stored
from railguard.cli.progress import following
from railguard.cli.specs import add_options, load_guard
from railguard.cli.streams import emit, needs_ascii, one_stdin, paint, portable_json, shown_name, visible
from railguard.cli.wording import count

NAME = "validate"
HELP = "validate stored outputs against a spec"
EXAMPLES = (
    "railguard validate fees.rail answer.json",
    "railguard validate --format json schema.json answers.jsonl",
    "railguard validate models:Fees - < answer.json",
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard validate`."""
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
        help="the allowed local repairs; each level includes those before it (default: the spec's, else lossless)",
    )
    add_options(parser)


@dataclass(slots=True)
class _Tally:
    """The counts of one file."""

    outputs: int = 0
    failed: int = 0
    unread: int = 0
    changed: int = 0
    code: int = exits.GOOD


def command(args: Namespace) -> int:
    """Validate every output, and print a summary."""
    one_stdin([args.spec, *args.outputs, *stdin_uses(args.metadata)])
    guard, metadata = load_guard(args), literals(args.metadata, "--metadata")
    worst = exits.GOOD
    with following(args.outputs) as progress:
        for name in args.outputs:
            tally, jsonl = _Tally(), args.jsonl or is_jsonl(name)
            for one in progress.over(stored(name, jsonl=jsonl, most=guard.spec.limits.text)):
                line = _result(guard, one, metadata, tally, args.format)
                if line is not None:
                    with progress.paused():
                        emit(line)
            worst = max(worst, tally.code)
            if args.format == "text" and jsonl:
                with progress.paused():
                    emit(_summary(shown_name(name), tally))
    return worst


def _result(guard: Guard, one: Stored, metadata: dict[str, Any], tally: _Tally, form: str) -> str | None:
    """Count one output, and return the line to print; None if it is a valid one of many."""
    tally.outputs += 1
    outcome, error = _judged(guard, one, metadata)
    if outcome is None:
        tally.unread += 1
        tally.code = max(tally.code, exits.WRONG)
        if form == "json":
            return portable_json({**_place(one), "passed": False, "error": error}, ascii=needs_ascii())
        return f"{heading('ERROR', one, sys.stdout)}\n      {visible(error or '')}"
    code = exits.of_outcome(outcome)
    tally.failed += code != exits.GOOD
    tally.changed += bool(outcome.resolved or outcome.repairs)
    tally.code = max(tally.code, code)
    if form == "json":
        return portable_json({**_place(one), **outcome.to_dict()}, ascii=needs_ascii())
    if one.line is not None and code == exits.GOOD and not outcome.failures:
        return None
    return as_text(outcome, one, sys.stdout)


def _judged(guard: Guard, one: Stored, metadata: dict[str, Any]) -> tuple[ValidationOutcome | None, str | None]:
    """Return the outcome, or the reason why there is none: the file could not be read, or a validator is broken."""
    if one.text is None:
        return None, one.error
    try:
        return guard.parse(one.text, metadata=metadata), None
    except ValidationFailed as failed:  # a rule has on_fail="exception"; here that is a result like any other
        return failed.outcome, None
    except ValidatorError as error:
        return None, str(error)


def _place(one: Stored) -> dict[str, Any]:
    place: dict[str, Any] = {"file": one.file}
    if one.line is not None:
        place["line"] = one.line
    if one.id is not None:
        place["id"] = one.id
    return place


def _summary(name: str, tally: _Tally) -> str:
    good = tally.outputs - tally.failed - tally.unread
    parts = [f"{good:,} of {count(tally.outputs, 'output')} valid"]
    if tally.changed:
        parts.append(f"{tally.changed:,} after local fixes or repairs")
    if tally.failed:
        parts.append(f"{tally.failed:,} failed")
    if tally.unread:
        parts.append(f"{tally.unread:,} could not be judged")
    return paint(f"{visible(name)}: {', '.join(parts)}", "green" if good == tally.outputs else "red", sys.stdout)
