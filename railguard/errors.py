"""Every exception that railguard raises on purpose, split by whose fault it is. The classes only carry data: the place
of an error, the problem, and how to correct it.

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
from typing import TYPE_CHECKING

from railguard.values.outcome import RailguardError, ValidationFailed

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


@dataclass(frozen=True, slots=True)
class Problem:
    """One error or warning about a spec.

    Attributes:
        message: What is wrong.
        code: A stable name of the kind of problem; `railguard.language.explain` explains it.
        severity: "error" or "warning".
        file: The name of its file, if there is one.
        line: The line of the first wrong character, counting from 1; None for a source without positions, such as a
            pydantic model or a JSON Schema.
        column: Its column, counting from 1.
        hint: How to correct it.
        excerpt: The source line with a caret below it.
        end_line: The line of the first character after the wrong part.
        end_column: The column of that character.
    """

    message: str
    code: str
    severity: str = "error"
    file: str | None = None
    line: int | None = None
    column: int | None = None
    hint: str | None = None
    excerpt: str | None = None
    end_line: int | None = None
    end_column: int | None = None

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
    """Raised if a spec cannot be used.

    Attributes:
        problems: Every problem found, in document order.

    Examples:
        >>> SpecError.of("there is no <output>", code="no-output").problems[0].code
        'no-output'
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    @classmethod
    def of(cls, message: str, *, code: str, hint: str | None = None) -> SpecError:
        """Create a SpecError with one problem that has no position.

        Args:
            message: What is wrong.
            code: The code of the problem.
            hint: How to correct it.

        Returns:
            The error.
        """
        return cls([Problem(message, code, hint=hint)])

    @property
    def line(self) -> int | None:
        """The line of the first problem that is an error, counting from 1; None without positions."""
        first = next((p for p in self.problems if p.severity == "error"), None)
        return first.line if first else None


class InputError(RailguardError):
    """Raised if the caller passed something wrong: a missing variable, a value of the wrong type, an unknown model
    name.

    Attributes:
        failures: Each Failure of an input rule that blocked the call; empty for other mistakes.
    """

    def __init__(self, message: str, *, failures: Sequence[Failure] = ()) -> None:
        super().__init__(message)
        self.failures: tuple[Failure, ...] = tuple(failures)


class ValidatorError(RailguardError):
    """Raised if a validator raises, times out, returns an invalid result or cannot run. It never counts as passed.

    Attributes:
        validator: Its registered name, or the name of the user's pydantic model whose code raised.
        path: The path of the value; None if the validator did not run.
        outcome: The results of the call so far, or None.
    """

    def __init__(self, message: str, *, validator: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.validator = validator
        self.path = path
        self.outcome: ValidationOutcome | None = None


class ProviderError(RailguardError):
    """Raised if the model could not be asked, or did not answer in its protocol.

    Attributes:
        status: The HTTP status code, if there was one.
        retry_after: The seconds that the provider asked to wait.
        retryable: Whether asking again later may help.
        outcome: The results of the earlier rounds; None in the first round.
    """

    def __init__(
        self, message: str, *, status: int | None = None, retry_after: float | None = None, retryable: bool = False
    ) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after = retry_after
        self.retryable = retryable
        self.outcome: ValidationOutcome | None = None
