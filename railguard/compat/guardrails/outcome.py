"""The outcome of a call under guardrails-ai's names. It unpacks like a tuple."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import railguard
from railguard.compat.guardrails.validator_base import FailResult

__all__ = ["ValidationOutcome", "plain"]


class ValidationOutcome:
    """The outcome of a call. It unpacks as `raw_llm_output, validated_output, *rest = guard(…)`.

    Attributes:
        outcome: railguard's own outcome, with every round and repair.
        call_id: The number of the call in this process, as text.
        raw_llm_output: The model's last answer; None if there was none.
        validated_output: The validated value as plain data; None if there is none.
        validation_passed: Whether everything passed.
        reask: The value that failed and the results of its rules; None if nothing failed.
        error: The failures as text; None if everything passed.
    """

    def __init__(self, outcome: railguard.ValidationOutcome, *, call_id: str = "") -> None:
        """Wrap an outcome of railguard.

        Args:
            outcome: railguard's outcome.
            call_id: The number of the call.
        """
        self.outcome = outcome
        self.call_id = call_id
        self.raw_llm_output: str | None = outcome.raw_output
        self.validated_output: Any = plain(outcome.output)
        self.validation_passed: bool = outcome.passed
        self.reask: dict[str, Any] | None = _reask(outcome)
        self.error: str | None = None if outcome.passed else "\n".join(map(str, outcome.failures)) or outcome.stopped

    @property
    def validation_summaries(self) -> list[dict[str, Any]]:
        """The failures, each with its validator, path and message."""
        return [
            {
                "validator_name": failure.validator,
                "validator_status": "fail",
                "property_path": str(failure.path),
                "failure_reason": failure.message,
            }
            for failure in self.outcome.failures
        ]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.raw_llm_output, self.validated_output, self.reask, self.validation_passed, self.error))

    def __getitem__(self, key: Any) -> Any:
        return getattr(self, key) if isinstance(key, str) else tuple(self)[key]

    def __repr__(self) -> str:
        return (
            f"ValidationOutcome(validation_passed={self.validation_passed}, "
            f"validated_output={self.validated_output!r}, error={self.error!r})"
        )


def plain(value: Any) -> Any:
    """Turn an output into plain data: guardrails-ai returns dicts, even for a pydantic model.

    Args:
        value: The output.

    Returns:
        The same value without pydantic models at the top, or in a list.
    """
    if isinstance(value, list):
        return [plain(item) for item in value]
    dump = getattr(value, "model_dump", None)
    return dump() if callable(dump) else value


def _reask(outcome: railguard.ValidationOutcome) -> dict[str, Any] | None:
    if not outcome.failures:
        return None
    return {
        "incorrect_value": outcome.partial,
        "fail_results": [FailResult(failure.message) for failure in outcome.failures],
    }
