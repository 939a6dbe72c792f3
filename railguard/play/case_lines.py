"""Stored answers, and whether each passes: the cases of `railguard test`, and answers without an expected verdict."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from railguard import Guard, InputError, RailguardError
from railguard.spectest import Case, run_case

__all__ = ["read_case_lines", "verdicts"]

_MOST_MESSAGES = 20


def read_case_lines(text: str, name: str) -> list[dict[str, Any]]:
    """Read the cases of a file.

    Args:
        text: JSON Lines. An answer that is not a string represents its JSON text.
        name: The name of the file in messages.

    Returns:
        For each case the `answer` as text, `passes`, `paths` and `id` if they are given, and its original `line`: an
        unchanged case is written back exactly, including its numbers.

    Raises:
        InputError: If a line is not a case.
    """
    lines = enumerate(text.split("\n"), start=1)
    return [{**_case(line, f"{name}:{number}"), "line": line.strip()} for number, line in lines if line.strip()]


def verdicts(
    guard: Guard, cases: Sequence[Mapping[str, Any]], metadata: Mapping[str, Any], *, seconds: float
) -> Iterator[dict[str, Any]]:
    """Validate stored answers with a spec, one after the other.

    Args:
        guard: The guard of the spec.
        cases: The cases, each with its `answer` as text and its expected verdict.
        metadata: Metadata for validators.
        seconds: Seconds after which no further answer is validated.

    Yields:
        `passes`, failing `paths` and their `messages`, and whether the result `agrees` with the expected one; or an
        `error`.
    """
    deadline = time.monotonic() + seconds
    for case in cases:
        if time.monotonic() > deadline:
            return
        yield _verdict(guard, case, metadata)


def _case(line: str, place: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: not a line of JSON: {error}") from None
    if not isinstance(value, dict) or "answer" not in value:
        raise InputError(f'{place}: a case is a JSON object with an answer, as {{"answer": "…", "passes": true}}')
    answer, passes, paths = value["answer"], value.get("passes"), value.get("paths")
    case: dict[str, Any] = {"answer": answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)}
    if paths is not None:
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise InputError(f"{place}: paths is a list of texts")
        case["paths"] = paths
    if passes is not None or paths is not None:
        if not isinstance(value.get("passes", True), bool):
            raise InputError(f"{place}: passes is true or false")
        case["passes"] = not paths if passes is None else passes
    return case | ({"id": value["id"]} if "id" in value else {})


def _verdict(guard: Guard, case: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    paths = case.get("paths")
    expected = Case("", 0, case["answer"], case.get("passes", True), None if paths is None else tuple(paths))
    try:
        result = run_case(guard, expected, metadata)
    except RailguardError as error:
        return {"error": str(error)}
    if result.error is not None:
        return {"error": result.error}
    found = {"passes": result.passed, "paths": list(result.paths), "messages": list(result.messages[:_MOST_MESSAGES])}
    return {**found, "agrees": result.agrees} if "passes" in case else found
