"""The effects of checking: running async or blocking validators. Checking itself runs none of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

from railguard.validation import Context, Rule

__all__ = ["Checking", "RunChecks", "ValidatorRun", "run_checks"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ValidatorRun:
    """One run of a validator that is async or blocking."""

    rule: Rule
    value: Any
    context: Context


@dataclass(frozen=True, slots=True)
class RunChecks:
    """Run these concurrently. The result is the list of the validators' results, in the order of the jobs."""

    jobs: tuple[ValidatorRun, ...]


Checking: TypeAlias = Generator[RunChecks, Any, T]
"""A check that may request validators to be run, and returns T."""


def run_checks(jobs: tuple[ValidatorRun, ...]) -> Checking[list[Any]]:
    """Yield a RunChecks, typed."""
    return cast("list[Any]", (yield RunChecks(jobs)))
