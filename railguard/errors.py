"""Every exception railguard raises on purpose, split by whose fault it is.

Nothing here knows how an error is found or worded; an error only carries where, what and what now.

    RailguardError
    ├── SpecError          the spec's author: a RAIL document, a schema or a validator declaration is wrong
    ├── InputError         the caller: a variable is missing or has the wrong type, a model name is unknown
    ├── ValidationFailed   the model: its answer stayed invalid and a rule (or the caller) asked to raise
    ├── ValidatorError     the validator's author: it raised, timed out or returned nonsense
    └── ProviderError      the provider: no connection, no key, a refused or broken response
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from railguard.values import Failure, Path, ValidationOutcome

__all__ = [
    "InputError",
    "Problem",
    "ProviderError",
    "RailguardError",
    "SpecError",
    "ValidationFailed",
    "ValidatorError",
]


class RailguardError(Exception):
    """The base of every exception railguard raises on purpose.

    It can be pickled and copied, with its attributes and notes, so that it can leave a worker process. Its cause, context
    and traceback stay behind, as those of any exception do.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args), self.__dict__


def _rebuilt(kind: type[RailguardError], args: tuple[Any, ...]) -> RailguardError:
    """An exception without a call of its `__init__`, whose parameters are not its `args`."""
    error = kind.__new__(kind, *args)
    error.args = args
    return error


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or merely odd, in a spec.

    `message` says what is wrong; `severity` is "error" or "warning"; `file` is where it stands, if it has a name.
    `line` and `column` count from 1 and point at the first character of what is wrong; they are None for a
    source without positions (a pydantic model, a JSON Schema). `code` is stable and searchable, `hint` says
    the mend, `excerpt` is the source line with a caret below it.
    """

    message: str
    code: str
    severity: str = "error"
    file: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None
    excerpt: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        head = f"{place}: " if place else ""
        text = f"{head}{self.severity}[{self.code}]: {self.message}"
        if self.excerpt:
            text += "\n" + self.excerpt
        if self.hint:
            text += f"\n  hint: {self.hint}"
        return text


class SpecError(RailguardError):
    """A spec cannot be used as it is. `problems` holds every problem found, in document order.

    >>> SpecError.of("there is no <output>", code="no-output").problems[0].code
    'no-output'
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def of(cls, message: str, *, code: str, hint: str | None = None) -> SpecError:
        """A SpecError with one problem that has no position: its message, its code, and a hint at the mend."""
        return cls([Problem(message, code, hint=hint)])

    @property
    def line(self) -> int | None:
        """The line of the first problem that is an error, counting from 1; None without positions."""
        first = next((p for p in self.problems if p.severity == "error"), None)
        return first.line if first else None


class InputError(RailguardError):
    """The caller gave something wrong: a missing variable, a value of the wrong type, an unknown model name.

    `failures` holds each Failure of a rule on the input that blocked the call, none for other mistakes.
    """

    def __init__(self, message: str, *, failures: Sequence[Failure] = ()) -> None:
        super().__init__(message)
        self.failures: tuple[Failure, ...] = tuple(failures)


class ValidationFailed(RailguardError):
    """The answer is invalid and somebody asked for an exception: a rule, `@guarded`, `raise_for_failures()`.

    `outcome` is the whole ValidationOutcome: nothing that was found or paid for is lost.
    """

    def __init__(self, message: str, outcome: ValidationOutcome) -> None:
        super().__init__(message)
        self.outcome = outcome


class ValidatorError(RailguardError):
    """A validator raised, timed out, returned nonsense or cannot run. It never counts as passed.

    `validator` is its registered name, `path` where it ran (None if it did not get that far).
    """

    def __init__(self, message: str, *, validator: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.validator = validator
        self.path = path


class ProviderError(RailguardError):
    """The model could not be asked, or did not answer in its protocol.

    `status` is the HTTP status code if there was one, `retry_after` the seconds the provider asked to wait.
    `outcome` is what the rounds before this one had reached (None in the first round).
    """

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: float | None = None, retryable: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.retryable = retryable
        self.outcome: ValidationOutcome | None = None
