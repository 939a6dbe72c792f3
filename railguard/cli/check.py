"""Say all that is wrong, or merely odd, in specs, with its place and the mend.

SPEC is a RAIL file, a JSON Schema (.json) or module:Model; - is standard input.
A warning does not fail, unless --strict says so.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import TextIO

from railguard import Problem
from railguard.cli import exits
from railguard.cli.specs import add_options, import_named, problems
from railguard.cli.streams import aligned, emit, emit_json, note, one_stdin, paint, shown_name, visible

NAME = "check"
HELP = "say what is wrong in a spec, and where"
EXAMPLES = (
    "railguard check fees.rail",
    "railguard check --strict fees.rail schema.json",
    "railguard check --format json - < fees.rail",
)


def add_arguments(parser: ArgumentParser) -> None:
    """The arguments of `railguard check`."""
    parser.add_argument("specs", metavar="SPEC", nargs="+", help="a spec; - for standard input")
    parser.add_argument("--strict", action="store_true", help="a warning fails too")
    add_options(parser, loading=False)


def command(args: Namespace) -> int:
    """Check every spec, and sum up."""
    one_stdin(args.specs)
    import_named(args.imports)
    errors = warnings = 0
    for name in args.specs:
        found = problems(name)
        wrong = sum(problem.severity == "error" for problem in found)
        errors += wrong
        warnings += len(found) - wrong
        if args.format == "json":
            sound = not (found if args.strict else wrong)
            emit_json({"file": shown_name(name), "passed": sound, "problems": [asdict(problem) for problem in found]})
        else:
            for problem in found:
                emit(as_text(problem, shown_name(name), sys.stdout))
    failed = errors or (args.strict and warnings)
    if args.format == "text":
        note(paint(_summary(len(args.specs), errors, warnings), "red" if failed else "green", sys.stderr))
    return exits.WRONG if failed else exits.GOOD


def as_text(problem: Problem, name: str | None, stream: TextIO) -> str:
    """A problem as a compiler writes it: file:line:column: severity[code]: message, the line with a caret, the mend."""
    place = ":".join(str(part) for part in (problem.file or name, problem.line, problem.column) if part is not None)
    kind = paint(f"{problem.severity}[{problem.code}]", "red" if problem.severity == "error" else "yellow", stream)
    head = f"{paint(visible(place), 'bold', stream)}: " if place else ""
    lines = [f"{head}{kind}: {visible(problem.message)}"]
    if problem.excerpt:
        source, _, caret = aligned(problem.excerpt).rpartition("\n")
        lines.append(f"{source}\n{paint(caret, 'red', stream)}" if source else caret)
    if problem.hint:
        lines.append(f"  {paint('hint:', 'cyan', stream)} {visible(problem.hint)}")
    return "\n".join(lines)


def _summary(specs: int, errors: int, warnings: int) -> str:
    checked = f"{_count(specs, 'spec')} checked: "
    if not errors and not warnings:
        return checked + "no problems"
    return checked + f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
