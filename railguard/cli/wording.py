"""Formats values, counts and endings as short text. Everything that comes from a model has its control characters
escaped.
"""

from __future__ import annotations

import json
from typing import Any

from railguard import UNSET, Usage, ValidationOutcome
from railguard.cli.streams import portable_json, visible

__all__ = ["change", "count", "data_size", "ending", "one_line", "short_json", "tokens"]

_SIDE = 30
_STOPPED = {
    "valid": "everything passed",
    "unresolved": "nothing is left to ask for",
    "no_model": "there is no model to ask again",
    "max_reasks": "no reasks are left",
    "token_budget": "the token budget is spent",
    "timeout": "the time is up",
    "stalled": "the model gave the same answer twice",
    "refused": "the model declined",
    "refrained": "a rule withheld the output",
    "exception": "a rule asks for an exception",
}


def short_json(value: Any, most: int = 64) -> str:
    """Return a value as JSON on one line, cut at `most` characters; "nothing" for no value."""
    if value is UNSET:
        return "nothing"
    if isinstance(value, str) and len(value) > most:
        value, cut = value[:most], True
    else:
        cut = False
    text = portable_json(value)
    if cut:
        return text[: most - 1] + "…"
    return text if len(text) <= most else text[: most - 1] + "…"


def change(before: Any, after: Any) -> str:
    """Return `"Annual Fee" → "annual fee"`, each side cut."""
    return f"{short_json(before, _SIDE)} → {short_json(after, _SIDE)}"


def one_line(text: str, most: int = 400) -> str:
    """Return text without line breaks and control characters, cut at `most` characters."""
    line = visible(" ".join(text[: 2 * most].split()))
    return line if len(line) <= most else line[: most - 1] + "…"


def count(number: int, what: str) -> str:
    """Return `1 field`, `1,200 fields`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def data_size(value: Any) -> int:
    """Return the number of bytes of a value as JSON on one line, in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))


def tokens(usage: Usage | None) -> str | None:
    """Return `611 tokens in (600 cached), 214 out`; None if the provider did not count them."""
    if usage is None or (not usage.known and not usage.total_tokens):
        return None
    cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
    least = "" if usage.known else "at least "
    return f"{least}{usage.input_tokens:,} tokens in{cached}, {usage.output_tokens:,} out"


def ending(outcome: ValidationOutcome) -> str:
    """Return why a call ended, in words."""
    return _STOPPED.get(outcome.stopped, outcome.stopped)
