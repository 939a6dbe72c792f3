"""The exit codes. Of several results the worst one counts, and a higher code is worse."""

from __future__ import annotations

from railguard import ValidationFailed, ValidationOutcome

__all__ = ["BROKEN_PIPE", "BUG", "FAILED", "GOOD", "INTERRUPTED", "PROVIDER", "WRONG", "of_outcome"]

GOOD = 0
FAILED = 1  # something failed validation
WRONG = 2  # the spec, the command line, a file or a validator is wrong
PROVIDER = 3  # the model's provider failed
BUG = 70  # an error that railguard did not expect (EX_SOFTWARE of sysexits.h): never 1
INTERRUPTED = 130  # 128 + SIGINT, as a shell counts
BROKEN_PIPE = 141  # 128 + SIGPIPE: the reader of the results has gone


def of_outcome(outcome: ValidationOutcome) -> int:
    """Return GOOD or FAILED, by the same rule as `@guarded`: a failure that is only noted (noop) is good."""
    try:
        outcome.raise_for_failures()
    except ValidationFailed:
        return FAILED
    return GOOD
