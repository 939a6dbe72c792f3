"""What checking asks its driver to do: run validators that are async or blocking. Checking itself runs none of them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, cast

from railguard.validation import Context, Rule

__all__ = ["Checking", "Job", "RunChecks", "run_checks"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a validator that is async or blocking."""

    rule: Rule
    value: Any
    context: Context


@dataclass(frozen=True, slots=True)
class RunChecks:
    """Run these side by side. The answer is a list of what the validators returned, in the order of the jobs."""

    jobs: tuple[Job, ...]


Checking: TypeAlias = Generator[RunChecks, Any, T]
"""A check that may ask for validators to be run, and returns T."""


def run_checks(jobs: tuple[Job, ...]) -> Checking[list[Any]]:
    """Yield a RunChecks, typed."""
    return cast("list[Any]", (yield RunChecks(jobs)))
