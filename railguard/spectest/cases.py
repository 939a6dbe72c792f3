"""Cases: stored answers with the expected verdict of a spec, one per line of a JSON Lines file next to the spec.

    {"answer": {"name": "annual fee"}, "passes": true}
    {"answer": "{\\"name\\": \\"\\"}", "passes": false, "paths": ["$.name"]}

answer: the model's text, or any other JSON value, which represents its JSON text. passes: whether no failure is
unresolved. paths: all paths that fail; if omitted, any may fail. id: the name of the case.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from railguard import Guard, InputError, Path, ValidationFailed, ValidatorError

__all__ = ["SUFFIX", "Case", "CaseResult", "cases_beside", "read_cases", "run_case", "spec_beside"]

SUFFIX = ".cases.jsonl"
_MOST = 64 * 1024 * 1024
_SPECS = (".rail", ".xml", ".json")
_MEMBERS = ("answer", "passes", "paths", "id")


@dataclass(frozen=True, slots=True)
class Case:
    """One case. file, line: its place. paths: the paths that must fail; None for any."""

    file: str
    line: int
    answer: str
    passes: bool
    paths: tuple[str, ...] | None = None
    id: str | None = None

    @property
    def name(self) -> str:
        """The name of the case: its id, otherwise its line."""
        return self.id if self.id is not None else f"line {self.line}"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The result of a case. error: why the spec could not judge it."""

    case: Case
    passed: bool
    paths: tuple[str, ...]
    messages: tuple[str, ...] = ()
    error: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether the verdict is the expected one."""
        case = self.case
        if self.error is not None or self.passed is not case.passes:
            return False
        return case.paths is None or set(case.paths) == set(self.paths)

    @property
    def difference(self) -> str:
        """The differences from the expected verdict, one per line; empty if there are none."""
        case = self.case
        if self.error is not None:
            return self.error
        lines = []
        if self.passed is not case.passes:
            lines.append(
                f"it should {'pass' if case.passes else 'fail'}, and it {'passes' if self.passed else 'fails'}"
            )
        if case.paths is not None:
            lines += [f"it should fail at {path}" for path in case.paths if path not in self.paths]
            lines += [f"it should not fail at {path}" for path in self.paths if path not in case.paths]
        return "\n".join([*lines, *(self.messages if lines else ())])

    def to_dict(self) -> dict[str, Any]:
        """Return plain data with stable names."""
        case = self.case
        plain: dict[str, Any] = {"file": case.file, "line": case.line, "id": case.id, "agrees": self.agrees}
        plain |= {"passes": self.passed, "paths": list(self.paths)}
        plain["expected"] = {"passes": case.passes, "paths": None if case.paths is None else list(case.paths)}
        return plain if self.error is None else {**plain, "error": self.error}


def cases_beside(spec: str) -> File | None:
    """Return the file of cases next to a spec: `fees.cases.jsonl` for `fees.rail`; None if there is none."""
    file = File(spec)
    beside = file.with_name(file.stem + SUFFIX)
    return beside if file.suffix in _SPECS and beside.is_file() else None


def spec_beside(cases: File) -> File | None:
    """Return the spec next to a file of cases, or None."""
    stem = cases.name.removesuffix(SUFFIX)
    return next((spec for suffix in _SPECS if (spec := cases.with_name(stem + suffix)).is_file()), None)


def read_cases(file: str | File) -> list[Case]:
    """Read the cases of a file.

    Raises:
        InputError: If a line is not a case (with its place and the form of a case), or the file is too large.
        OSError: If the file cannot be read.
    """
    return list(_read(str(file)))


def _read(name: str) -> Iterator[Case]:
    with open(name, "rb") as stream:
        data = stream.read(_MOST + 1)
    if len(data) > _MOST:
        raise InputError(f"{name}: larger than {_MOST:,} bytes")
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            written = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{name}:{number}: not a line of JSON: {error}") from error
        yield _case(name, number, written)


def _case(name: str, number: int, written: Any) -> Case:
    wrong = _wrong(written)
    if wrong is not None:
        hint = 'a case is {"answer": text or value, "passes": true or false, "paths": ["$.name", …]}'
        raise InputError(f"{name}:{number}: {wrong}; {hint}")
    answer, paths = written["answer"], written.get("paths")
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    passes = written.get("passes", not paths)
    return Case(name, number, text, passes, None if paths is None else tuple(paths), written.get("id"))


def _wrong(written: Any) -> str | None:
    if not isinstance(written, Mapping):
        return "a case is an object"
    if "answer" not in written:
        return 'the case has no "answer"'
    if unknown := [key for key in written if key not in _MEMBERS]:
        return f"a case has no member {unknown[0]!r}"
    if "passes" not in written and "paths" not in written:
        return 'the case says neither "passes" nor "paths"'
    passes, paths = written.get("passes", not written.get("paths")), written.get("paths")
    if not isinstance(passes, bool):
        return '"passes" is true or false'
    if not isinstance(written.get("id", ""), str):
        return '"id" is a text'
    if paths is None:
        return None
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        return '"paths" is a list of paths'
    for path in paths:
        try:
            Path.parse(path)
        except ValueError as error:
            return str(error)
    return "what passes has no failing paths" if passes and paths else None


def run_case(guard: Guard[Any], case: Case, metadata: Mapping[str, Any] | None = None) -> CaseResult:
    """Validate a case's answer; no model is asked."""
    try:
        outcome = guard.parse(case.answer, metadata=metadata or {})
    except ValidationFailed as failed:
        outcome = failed.outcome
    except ValidatorError as error:
        return CaseResult(case, False, (), error=str(error))
    paths = tuple(dict.fromkeys(str(failure.path) for failure in outcome.failures))
    return CaseResult(case, outcome.passed, paths, tuple(map(str, outcome.failures)))
