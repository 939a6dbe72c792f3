"""Test a spec: find out which mistakes of a model it would not detect.

Valid answers are generated from the spec, or taken from --answers, and changed to be wrong in
one place at a time; no model is asked. Rules that never refuse anything are listed, and fields
of which only the type is checked. Cases in SPEC's STEM.cases.jsonl, one {"answer", "passes",
"paths"} per line, must get the verdict that they state.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from railguard import InputError, Limits
from railguard.cli import exits
from railguard.cli.assignments import literals, stdin_uses
from railguard.cli.outputs import is_jsonl, stored
from railguard.cli.specs import add_options, load_guard
from railguard.cli.streams import emit, emit_json, note, one_stdin, paint, shown_name, visible
from railguard.cli.wording import count, short_json

if TYPE_CHECKING:
    from railguard.spectest import Case, RuleReport, SpecReport

NAME = "test"
HELP = "find out which mistakes a spec would let through"
EXAMPLES = (
    "railguard test fees.rail",
    "railguard test fees.rail --answers answers.jsonl --html report.html",
    "railguard test fees.rail --format json",
)
_SURVIVORS = 20
_WIDEST_NAME = 40
_COLOUR = {
    "ok": "green",
    "never": "red",
    "loose": "yellow",
    "kept": "yellow",
    "redundant": "yellow",
    "untried": "yellow",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Add the arguments of `railguard test`."""
    parser.add_argument("spec", metavar="SPEC", help="a RAIL file, a JSON Schema (.json), or module:Model")
    parser.add_argument(
        "--answers",
        metavar="FILE",
        action="append",
        default=[],
        help="stored answers of a model: a file with one, or .jsonl with one a line, as `validate` reads them",
    )
    parser.add_argument(
        "--cases",
        metavar="FILE",
        action="append",
        default=[],
        help="a file of cases, instead of the one next to the spec",
    )
    parser.add_argument("--cases-only", action="store_true", help="only run the cases, and generate no wrong answers")
    parser.add_argument(
        "--metadata",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="metadata for validators: JSON, else text; @FILE for a file's text",
    )
    parser.add_argument("--costly", action="store_true", help="run rules too that may ask a model or the network")
    parser.add_argument(
        "--min-score", metavar="PERCENT", type=_percent, help="exit with 1 if fewer of the mistakes are caught"
    )
    parser.add_argument("--html", metavar="FILE", help="write the report as a page")
    add_options(parser)


def _percent(text: str) -> float:
    try:
        number = float(text.removesuffix("%"))
    except ValueError:
        number = -1
    if not 0 <= number <= 100:
        raise ArgumentTypeError(f"a number from 0 to 100, not {text!r}")
    return number


def command(args: Namespace) -> int:
    """Test a spec, and print a summary."""
    from railguard.spectest import SpecReport, measure_spec, read_cases, run_case

    one_stdin([args.spec, *args.answers, *stdin_uses(args.metadata)])
    guard, metadata = load_guard(args), literals(args.metadata, "--metadata")
    cases = [case for name in _case_files(args) for case in read_cases(name)]
    if args.cases_only:
        if not cases:
            raise InputError(f"there are no cases; write them to {_cases_file(args.spec)}, or name a file with --cases")
        report = SpecReport(cases=tuple(run_case(guard, case, metadata) for case in cases))
    else:
        answers = list(_answers(args.answers, guard.spec.limits))
        report = measure_spec(guard, answers=answers, cases=cases, metadata=metadata, costly=args.costly)
    if args.html is not None:
        from railguard.spectest.page import page

        with open(args.html, "w", encoding="utf-8") as file:
            file.write(page(report, shown_name(args.spec)))
    below = report.score is not None and args.min_score is not None and report.score < args.min_score
    if args.format == "json":
        emit_json({"spec": shown_name(args.spec), **report.to_dict()})
    else:
        _print_report(report)
        if below:
            note(paint(f"the score is below {args.min_score:g} %", "red", sys.stderr))
    return exits.FAILED if below or report.cases_failed else exits.GOOD


def _case_files(args: Namespace) -> list[str]:
    from railguard.spectest import cases_beside

    beside = cases_beside(args.spec)
    return args.cases or ([] if beside is None else [os.fspath(beside)])


def _cases_file(spec: str) -> str:
    return os.path.splitext(spec)[0] + ".cases.jsonl"


def _answers(names: list[str], limits: Limits) -> Iterator[str]:
    for name in names:
        for one in stored(name, jsonl=is_jsonl(name), most=limits.text):
            if one.text is None:
                raise InputError(f"{one.place}: {one.error}")
            yield one.text


def _print_report(report: SpecReport) -> None:
    """Print a report as text."""
    if report.rules:
        _print_rules(report.rules)
        emit("")
    for finding in report.findings:
        emit(f"{paint(finding.code, 'yellow', sys.stdout)} {visible(finding.path)}: {visible(finding.message)}")
    if report.survivors:
        emit("")
        emit(paint("Mistakes that are let through", "bold", sys.stdout))
        for survivor in report.survivors[:_SURVIVORS]:
            emit(f"  {visible(survivor.path)}: {survivor.what}: {short_json(survivor.value)}")
        if (more := len(report.survivors) - _SURVIVORS) > 0:
            emit(f"  and {more} more; --format json and --html name all of them")
    for result in report.cases:
        if not result.agrees:
            _print_case(result.case, result.difference)
    for line, good in _sums(report):
        emit(paint(line, "green" if good else "red", sys.stdout))


def _print_rules(rules: Sequence[RuleReport]) -> None:
    """Print a table of the rules by place."""
    names = [one.name if one.side in (None, one.name) else f"{one.name} {one.side}" for one in rules]
    width = min(max(map(len, names)), _WIDEST_NAME)
    heads = ("broken by", "mistakes", "alone", "stored")
    emit(paint(f"{'':{width + 2}}  {'  '.join(heads)}  verdict", "dim", sys.stdout))
    at = None
    for one, name in zip(rules, names, strict=True):
        if one.path != at:
            at = one.path
            emit(paint(visible(at), "bold", sys.stdout))
        numbers = zip((one.broken, one.mistakes, one.alone, one.answers), heads, strict=True)
        counts = "  ".join(f"{number:>{len(head)},}" for number, head in numbers)
        verdict = paint(one.verdict, _COLOUR[one.verdict], sys.stdout)
        emit(f"  {visible(name):{width}}  {counts}  {verdict}")


def _print_case(case: Case, difference: str) -> None:
    emit(f"{paint('FAILED', 'red', sys.stdout)} {visible(case.file)}:{case.line} {visible(case.name)}")
    for line in difference.splitlines():
        emit(f"  {visible(line)}")


def _sums(report: SpecReport) -> Iterator[tuple[str, bool]]:
    if report.score is not None:
        read = f", {count(report.answers, 'stored answer')} read" if report.answers else ""
        tried = report.caught + report.missed
        yield (
            f"{report.score:.0f} % of {tried:,} ordinary mistakes are caught ({count(report.generated, 'answer')} made{read})",
            True,
        )
    if report.answers_failed:
        yield f"{report.answers_failed:,} of {count(report.answers, 'stored answer')} fail", False
    if report.cases:
        agreed = len(report.cases) - report.cases_failed
        yield f"{agreed:,} of {count(len(report.cases), 'case')} as expected", not report.cases_failed
