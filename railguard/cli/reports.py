"""Reports problems of specs to other tools: SARIF for code scanning, JUnit for test reports, commands for GitHub's log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from railguard import InputError, Problem
from railguard.cli.streams import portable_json, visible
from railguard.language import explain

__all__ = ["REPORT_FORMATS", "CheckedSpec", "report"]

REPORT_FORMATS = ("sarif", "junit", "github")


class CheckedSpec(NamedTuple):
    """A spec with its errors and warnings. failed: whether they fail the check."""

    name: str
    problems: Sequence[Problem]
    failed: bool


def report(specs: Sequence[CheckedSpec], form: str) -> str:
    """Return one report of all specs. form: one of FORMATS. Raises InputError if a package is missing."""
    if form == "sarif":
        return portable_json(_sarif(specs), indent=2)
    return _junit(specs) if form == "junit" else "\n".join(_github(specs))


def _sarif(specs: Sequence[CheckedSpec]) -> dict[str, Any]:
    """Return SARIF 2.1.0 (OASIS): one run, a rule for each code, a result for each problem."""
    from importlib.metadata import version

    found = [(spec, problem) for spec in specs for problem in spec.problems]
    codes = list(dict.fromkeys(problem.code for _, problem in found))
    driver = {
        "name": "railguard",
        "version": version("railguard"),
        "rules": [{"id": code, "shortDescription": {"text": explain(code) or code}} for code in codes],
    }
    results = [_result(spec, problem, codes.index(problem.code)) for spec, problem in found]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _result(spec: CheckedSpec, problem: Problem, rule: int) -> dict[str, Any]:
    text = problem.message if problem.hint is None else f"{problem.message}\n{problem.hint}"
    place: dict[str, Any] = {"artifactLocation": {"uri": _uri(problem.file or spec.name)}}
    if problem.line is not None:
        region = {
            "startLine": problem.line,
            "startColumn": problem.column,
            "endLine": problem.end_line,
            "endColumn": problem.end_column,
        }
        place["region"] = {name: value for name, value in region.items() if value is not None}
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


def _uri(name: str) -> str:
    from urllib.parse import quote

    return quote(name.replace("\\", "/"), safe="/:")


def _junit(specs: Sequence[CheckedSpec]) -> str:
    """Return JUnit XML: a test suite with a case for each spec, which fails with all of the spec's errors."""
    try:
        from junitparser import Failure, JUnitXml, TestCase, TestSuite
    except ImportError as error:
        raise InputError("--format junit needs a package: pip install 'railguard[junit]'") from error
    suite = TestSuite("railguard check")
    for spec in specs:
        case = TestCase(spec.name, classname="railguard.check")
        told = "\n".join(visible(str(problem)) for problem in spec.problems)
        if spec.failed:
            worst = next((one for one in spec.problems if one.severity == "error"), spec.problems[0])
            case.result = [Failure(visible(worst.message), worst.code)]
            case.result[0].text = told
        elif told:
            case.system_out = told
        suite.add_testcase(case)
    xml = JUnitXml("railguard")
    xml.add_testsuite(suite)
    return str(xml.tostring().decode("utf-8"))  # type: ignore[no-untyped-call] # junitparser is only partly typed


def _github(specs: Sequence[CheckedSpec]) -> list[str]:
    """Return workflow commands of GitHub Actions, which annotate the lines of a pull request."""
    lines = []
    for spec in specs:
        for problem in spec.problems:
            places = {
                "file": problem.file or spec.name,
                "line": problem.line,
                "endLine": problem.end_line,
                "col": problem.column,
                "endColumn": problem.end_column,
                "title": problem.code,
            }
            given = ",".join(f"{key}={_property(str(value))}" for key, value in places.items() if value is not None)
            text = problem.message if problem.hint is None else f"{problem.message}\nhint: {problem.hint}"
            lines.append(f"::{problem.severity} {given}::{_data(visible(text))}")
    return lines


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
