"""An outcome as the page shows it: each round with its request, its answer and its tree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from railguard import Guard, Iteration, Message, RailguardError, ValidationOutcome
from railguard.play.dry_run import Sent
from railguard.play.round_tree import round_tree

__all__ = ["difference", "message_view", "outcome_view"]


def outcome_view(
    guard: Guard,
    outcome: ValidationOutcome,
    *,
    unanswered: bool = False,
    asked_with: str = "spec",
    sent: Sequence[Sent | None] = (),
) -> dict[str, Any]:
    """Return an outcome as plain data.

    Args:
        guard: The guard of the call.
        outcome: The outcome of the call.
        unanswered: Whether a reask has no answer.
        asked_with: The origin of the messages: "spec", "recorded", or "unknown".
        sent: The HTTP request of each round, if known.
    """
    plain = outcome.to_dict()
    rounds = [_round(one, plain["iterations"][number]) for number, one in enumerate(outcome.iterations)]
    for number, one in enumerate(rounds):
        before = outcome.iterations[number - 1].messages if number else ()
        one["difference"] = difference(before, outcome.iterations[number].messages)
        request = sent[number] if number < len(sent) else None
        if request is not None:
            one["sent"] = request.to_dict()
    of_rounds = sum(len(one.resolved) for one in outcome.iterations)
    return {
        "passed": outcome.passed and not unanswered,
        "stopped": outcome.stopped,
        "unanswered": unanswered,
        "asked_with": asked_with,
        "refusal": outcome.refusal,
        "output": plain["output"],
        "partial": plain["partial"],
        "failures": plain["failures"],
        "inputs": plain["inputs"],
        "left_out": plain["resolved"][of_rounds:],
        "usage": plain["usage"],
        "rounds": rounds,
        "next": _next(guard, outcome),
    }


def _round(iteration: Iteration, plain: dict[str, Any]) -> dict[str, Any]:
    return {
        "messages": [message_view(message) for message in iteration.messages],
        "schema": iteration.schema,
        "raw": iteration.raw,
        "asked": plain["asked"],
        "failures": plain["failures"],
        "resolved": [failure.to_dict() for failure in iteration.resolved],
        "ignored": plain["ignored"],
        "finish_reason": iteration.finish_reason,
        "note": iteration.note,
        "usage": plain["usage"],
        "tree": round_tree(iteration),
    }


def message_view(message: Message) -> dict[str, Any]:
    """Return a message: its text as it is sent, and its size. Content that is not text is shown as JSON."""
    content = message.get("content")
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=2)
    size = len(text.encode("utf-8", "surrogatepass"))
    return {"role": message.get("role", ""), "text": text, "bytes": size, "is_text": isinstance(content, str)}


def difference(before: Sequence[Message], after: Sequence[Message]) -> list[dict[str, Any]]:
    """Compare a request with the one before it: runs of messages that are the same, removed or added."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    found: list[dict[str, Any]] = [{"kind": "same", "count": start}] if start else []
    found += [{"kind": "removed", **message_view(one)} for one in before[start : len(before) - end]]
    found += [{"kind": "added", **message_view(one)} for one in after[start : len(after) - end]]
    return [*found, *([{"kind": "same", "count": end}] if end else [])]


def _next(guard: Guard, outcome: ValidationOutcome) -> dict[str, Any] | None:
    """Return the reask that would follow; None if nothing has to be asked again."""
    if outcome.stopped in ("refused", "refrained"):
        return None
    try:
        request = guard.reask_request(outcome)
    except RailguardError:
        return None
    if request is None:
        return None
    return {
        "messages": [message_view(message) for message in request.messages],
        "schema": request.schema,
        "paths": [str(path) for path in request.paths],
    }
