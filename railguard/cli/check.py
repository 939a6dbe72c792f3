"""Report every error and warning in specs, with its place and how to correct it.

SPEC is a RAIL file, a JSON Schema (.json) or module:Model; - is standard input.
A warning does not fail without --strict. --format sarif, junit and github are for
other tools. --rules also tells where each rule is
enforced: by keywords of the JSON Schema that a model is given, by pydantic-core, or by the
validator alone.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from railguard import Enforcement, InputError, Problem
from railguard.cli import exits
from railguard.cli.problems import problem_text
from railguard.cli.reports import REPORT_FORMATS as REPORTS
from railguard.cli.reports import CheckedSpec, report
from railguard.cli.rule_table import print_rules
from railguard.cli.specs import add_options, guard, import_named, spec_problems
from railguard.cli.streams import (
    STDIN,
    emit,
    emit_json,
    note,
    one_stdin,
    paint,
    read_bytes,
    shown_name,
    visible,
)
from railguard.language import codes, explain, xsd_faults

NAME = "check"
HELP = "say what is wrong in a spec, and where"
FORMATS = ("text", "json", *REPORTS)
EXAMPLES = (
    "railguard check --strict fees.rail schema.json",
    "railguard check --explain bad-range",
    "railguard check --rules --to openai-strict fees.rail",
)


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard check`."""
    parser.add_argument("specs", metavar="SPEC", nargs="*", help="a spec; - for standard input")
    parser.add_argument("--explain", metavar="CODE", help="say what the code of a problem means, and stop")
    parser.add_argument("--strict", action="store_true", help="a warning fails too")
    parser.add_argument(
        "--xsd", action="store_true", help="check RAIL files against the XML Schema of RAIL 1.0 as well"
    )
    parser.add_argument("--rules", action="store_true", help="show where each rule of a valid spec is enforced")
    parser.add_argument(
        "--to",
        choices=(
            "json-schema",
            "openai-strict",
            "anthropic",
            "gemini",
            "mistral",
            "groq",
            "llamacpp",
            "llguidance",
            "portable",
        ),
        default="json-schema",
        help="with --rules: the dialect of JSON Schema; default: draft 2020-12",
    )
    add_options(parser, loading=False)


def command(args: Namespace) -> int:
    """Check every spec, and print a summary."""
    if args.explain is not None:
        return _explain(args.explain, args.format)
    if not args.specs:
        raise InputError("name at least one SPEC, or a code with --explain")
    one_stdin(args.specs)
    import_named(args.imports)
    errors = warnings = 0
    checked: list[CheckedSpec] = []
    for name in args.specs:
        piped = read_bytes(name) if name == STDIN else None
        found = spec_problems(name, piped=piped)
        if args.xsd and not name.endswith(".json"):
            found += _against_xsd(name, piped)
        wrong = sum(problem.severity == "error" for problem in found)
        errors += wrong
        warnings += len(found) - wrong
        checked.append(CheckedSpec(shown_name(name), found, bool(wrong or (args.strict and found))))
        if args.format in REPORTS:
            continue
        if args.format == "json":
            sound = not (found if args.strict else wrong)
            plain = {"file": shown_name(name), "passed": sound, "problems": [asdict(problem) for problem in found]}
            if args.rules:
                rules = [] if wrong else _enforcements(name, piped, args.to)
                plain["rules"] = [one.to_dict() for one in rules]
            emit_json(plain)
        else:
            for problem in found:
                emit(problem_text(problem, shown_name(name), sys.stdout))
            if args.rules and not wrong:
                _print_rules(name, _enforcements(name, piped, args.to), alone=len(args.specs) == 1)
    if args.format in REPORTS:
        emit(report(checked, args.format))
    failed = errors or (args.strict and warnings)
    if args.format == "text":
        note(paint(_summary(len(args.specs), errors, warnings), "red" if failed else "green", sys.stderr))
    return exits.WRONG if failed else exits.GOOD


def _against_xsd(name: str, piped: bytes | None) -> list[Problem]:
    """Return the errors of a file against the XML Schema of RAIL; an empty list for a module's model."""
    if piped is None and not os.path.exists(name):
        return []
    return xsd_faults(read_bytes(name) if piped is None else piped, file=shown_name(name))


def _explain(code: str, form: str) -> int:
    """Print the explanation of a code."""
    meaning = explain(code)
    if meaning is None:
        close = get_close_matches(code, codes(), n=1)
        raise InputError(f"no problem has the code {code!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    if form == "json":
        emit_json({"code": code, "meaning": meaning})
    else:
        emit(meaning)
    return exits.GOOD


def _enforcements(name: str, piped: bytes | None, to: str) -> list[Enforcement]:
    """Return how each rule of a valid spec is enforced. A rule with an unregistered validator is included, as one that
    cannot run.
    """
    target: Any = "draft2020-12" if to == "json-schema" else to
    return guard(name, unknown="ignore", piped=piped).enforcements(target=target)


def _print_rules(name: str, rules: list[Enforcement], *, alone: bool) -> None:
    if not alone:
        emit(paint(visible(shown_name(name)), "bold", sys.stdout))
    if rules:
        print_rules(rules)
    else:
        emit("no rules")


def _summary(specs: int, errors: int, warnings: int) -> str:
    checked = f"{_count(specs, 'spec')} checked: "
    if not errors and not warnings:
        return checked + "no problems"
    return checked + f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
