"""Converts the result of a guarded call for the client: a summary of its outcome, and errors by whose fault they are.

The summary contains paths, rules and counts; messages, answers and values only if the server is configured so.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from railguard import (
    Failure,
    InputError,
    ProviderError,
    SpecError,
    Usage,
    ValidationFailed,
    ValidationOutcome,
    ValidatorError,
)
from railguard.server.error_responses import error_body, log_bug
from railguard.server.json_responses import AnyJSONResponse
from railguard.server.requests import Refused

__all__ = ["account", "error_of", "failure_of", "total_usage"]

_log = logging.getLogger("railguard.server")
_MOST = 100
"""Largest number of failures and repairs in a summary; others are only counted."""


def account(outcome: ValidationOutcome[Any], guard: str, *, content: bool, **more: Any) -> dict[str, Any]:
    """Return the content of `x_railguard`.

    Args:
        outcome: The outcome.
        guard: The guard's name.
        content: Whether to include messages, answers and values.
        **more: Further members.
    """
    summary = {"guard": guard, "rounds": len(outcome.iterations), **more}
    if content:
        return {**outcome.to_dict(), **summary}
    repairs = [{"path": str(one.path), "rule": one.rule, "class": one.kind} for one in outcome.repairs[:_MOST]]
    return {
        "passed": outcome.passed,
        "stopped": outcome.stopped,
        **summary,
        "failures": [_named(one) for one in outcome.failures[:_MOST]],
        "resolved": [_named(one) for one in outcome.resolved[:_MOST]],
        "repairs": repairs,
        "inputs": [_named(one) for one in outcome.inputs[:_MOST]],
        "counts": {name: len(getattr(outcome, name)) for name in ("failures", "resolved", "repairs")},
        "usage": outcome.to_dict()["usage"],
    }


def total_usage(usage: Usage) -> dict[str, Any] | None:
    """Return the tokens of all rounds in OpenAI's form, or None if a model did not report them."""
    if not usage.known:
        return None
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
    }


def failure_of(outcome: ValidationOutcome[Any], account: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of the error for an output that is not valid."""
    failures = [
        {"path": str(one.path), "validator": one.validator, "message": one.message, "action": str(one.action)}
        for one in outcome.failures[:_MOST]
    ]
    first = f"; {failures[0]['path']}: {failures[0]['message']}" if failures else ""
    words = f"the output is not valid ({outcome.stopped}), {len(outcome.failures):,} failures{first}"
    return {**error_body(422, words, "validation_failed", failures=failures), "x_railguard": dict(account)}


def error_of(error: Exception, guard: str, *, content: bool) -> AnyJSONResponse:
    """Return the response for an exception of a call. Faults other than the client's are logged, without content."""
    headers: dict[str, str] = {}
    match error:
        case Refused():
            status, body = error.status, error_body(error.status, error.message, error.code, param=error.param)
        case ValidationFailed():
            status, body = 422, failure_of(error.outcome, account(error.outcome, guard, content=content))
        case InputError():
            failures = [
                {"path": str(one.path), "validator": one.validator, "message": one.message} for one in error.failures
            ]
            code = "input_rejected" if failures else "invalid_input"
            status, body = 400, error_body(400, str(error), code, failures=failures)
        case ProviderError():
            status, body = _provider(error, guard)
            if status in (429, 503):
                headers["retry-after"] = str(max(1, round(error.retry_after or 1)))
            if error.outcome is not None:
                body["x_railguard"] = account(error.outcome, guard, content=content)
        case ValidatorError():
            _log.error("guard %s: the validator %s failed at %s", guard, error.validator, error.path)
            words = f"the validator {error.validator} of the guard {guard} failed"
            status, body = 500, error_body(500, words, "validator_failed")
        case SpecError():
            codes = ", ".join(sorted({problem.code for problem in error.problems}))
            _log.error("guard %s cannot run: %s", guard, error)
            status, body = 500, error_body(500, f"the guard {guard} cannot run ({codes})", "guard_cannot_run")
        case _:
            status, body = 500, log_bug(error)
    return AnyJSONResponse(body, status, headers=headers)


def _provider(error: ProviderError, guard: str) -> tuple[int, dict[str, Any]]:
    """Return status and body for a ProviderError. The model's address and message go only to the log, unless the model
    refuses an option that the client has set.
    """
    if error.status in (400, 413, 422):
        return 400, error_body(400, f"the model refused the request: {error}", "model_refused")
    _log.warning("guard %s: %s", guard, error)
    if error.status == 429:
        return 429, error_body(429, "the model is asked too often; try again later", "model_busy")
    if error.status in (503, 529):
        return 503, error_body(503, "the model is busy; try again later", "model_busy")
    answered = "" if error.status is None else f" (it answered {error.status})"
    return 502, error_body(502, f"the model could not be asked{answered}; the server's log says why", "model_failed")


def _named(failure: Failure) -> dict[str, Any]:
    return {"path": str(failure.path), "validator": failure.validator, "action": str(failure.action)}
