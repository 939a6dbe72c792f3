"""Assertions about an outcome. If one fails, the AssertionError shows each failure: path, rule, before, after."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from railguard import UNSET, Failure, ValidationOutcome

__all__ = ["assert_outcome", "assert_passed"]

_LONGEST = 200


def assert_passed(outcome: ValidationOutcome) -> None:
    """Assert that an outcome has no unresolved failure.

    Args:
        outcome: the outcome of a guard.

    Raises:
        AssertionError: with every failure, and the resolved ones.
    """
    __tracebackhide__ = True
    assert_outcome(outcome, passed=True)


def assert_outcome(
    outcome: ValidationOutcome,
    *,
    passed: bool | None = None,
    output: Any = UNSET,
    failing: Iterable[str] | Mapping[str, str | Sequence[str]] | None = None,
) -> None:
    """Assert properties of an outcome. Arguments that are not given are not checked.

    Args:
        outcome: the outcome of a guard.
        passed: whether it passed.
        output: its output. Types count as well: 1, 1.0 and True are three values.
        failing: the paths that fail, such as `["$.age"]`, or the failing rules by path, such as `{"$.age":
            "valid-range"}`; no other path may fail.

    Raises:
        AssertionError: with the differences, and every failure.
    """
    __tracebackhide__ = True
    if not isinstance(outcome, ValidationOutcome):
        raise TypeError(f"an outcome is what guard(…), guard.parse(…) or function.outcome(…) gives, not {outcome!r}")
    wrong: list[str] = []
    if passed is not None and outcome.passed is not passed:
        wrong.append(f"passed: expected {passed}, it is {outcome.passed} ({outcome.stopped})")
    if output is not UNSET:
        wrong += [f"output {line}" for line in _differences(output, outcome.output, "$")]
    if failing is not None:
        wrong += _failing(failing, outcome)
    if wrong:
        raise AssertionError(
            "\n".join(["the outcome is another one:", *_indented(wrong), *_indented(_failure_lines(outcome))])
        )


def _failing(expected: Iterable[str] | Mapping[str, str | Sequence[str]], outcome: ValidationOutcome) -> list[str]:
    found: dict[str, set[str]] = {}
    for failure in outcome.failures:
        found.setdefault(str(failure.path), set()).add(failure.validator)
    rules: Mapping[str, Any] = expected if isinstance(expected, Mapping) else dict.fromkeys(expected)
    wrong = [f"failing: {path} was expected to fail, and does not" for path in rules if path not in found]
    wrong += [f"failing: {path} was not expected to fail" for path in found if path not in rules]
    for path, names in rules.items():
        if names is None or path not in found:
            continue
        wanted = {names} if isinstance(names, str) else set(names)
        if found[path] != wanted:
            wrong.append(f"failing: {path} was expected to fail {_names(wanted)}, it fails {_names(found[path])}")
    return wrong


def _names(rules: set[str]) -> str:
    return ", ".join(sorted(rules))


def _differences(expected: Any, found: Any, path: str) -> Iterator[str]:
    """Yield the differences of two values, deepest places first."""
    if type(expected) is type(found) and isinstance(expected, dict):
        for key in {**expected, **found}:
            at = f"{path}.{key}"
            if key not in found:
                yield f"{at}: expected {_shown(expected[key])}, it is not there"
            elif key not in expected:
                yield f"{at}: it is {_shown(found[key])}, nothing was expected"
            else:
                yield from _differences(expected[key], found[key], at)
    elif type(expected) is type(found) and isinstance(expected, list):
        for index in range(max(len(expected), len(found))):
            if index >= len(found):
                yield f"{path}[{index}]: expected {_shown(expected[index])}, it is not there"
            elif index >= len(expected):
                yield f"{path}[{index}]: it is {_shown(found[index])}, nothing was expected"
            else:
                yield from _differences(expected[index], found[index], f"{path}[{index}]")
    elif not _same(expected, found):
        yield f"{path}: expected {_shown(expected)}, it is {_shown(found)}"


def _same(expected: Any, found: Any) -> bool:
    if isinstance(expected, float) and isinstance(found, float) and math.isnan(expected):
        return math.isnan(found)
    return type(expected) is type(found) and bool(expected == found)


def _failure_lines(outcome: ValidationOutcome) -> list[str]:
    lines: list[str] = []
    for title, failures in (("unresolved", outcome.failures), ("resolved", outcome.resolved)):
        if failures:
            lines.append(f"{title}:")
            lines += [f"  {line}" for failure in failures for line in _of(failure)]
    if outcome.repairs:
        lines.append("repairs:")
        for repair in outcome.repairs:
            lines.append(f"  {repair.path} [{repair.rule}] {_change(repair.before, repair.after)}")
    if outcome.refusal is not None:
        lines.append(f"refusal: {outcome.refusal}")
    lines.append(f"answers: {len(outcome.iterations)}, the last: {_shown(outcome.raw_output)}")
    return lines


def _of(failure: Failure) -> Iterator[str]:
    yield f"{failure.path} [{failure.validator}] {failure.message}"
    yield f"  {_change(failure.before, failure.after)}"


def _change(before: Any, after: Any) -> str:
    parts = [] if before is UNSET else [f"before: {_shown(before)}"]
    parts += [] if after is UNSET else [f"after: {_shown(after)}"]
    return ", ".join(parts) or "nothing was there"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"  {line}" for line in lines]
