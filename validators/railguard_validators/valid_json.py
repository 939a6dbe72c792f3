"""valid-json: a text that is a JSON document."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._formats.fences import taken_out
from railguard_validators._formats.json_text import flaw
from railguard_validators._formats.positions import span


@validator("valid-json", aliases=("json",), prompt="a JSON document")
def valid_json(value: str) -> FailResult | None:
    """Is JSON as RFC 8259 defines it: no NaN, no comments, no comma at the end, and no name twice in one object. What it
    says is not checked: json-schema does that. Nesting that is too deep for Python's reader (some hundred levels) fails.

    The fix takes JSON out of a Markdown code fence. Nothing else is guessed at.

    >>> valid_json().run('{"a": [1, 2]}')
    >>> valid_json().run('{"a": [1, 2}').message
    "The text is not valid JSON: expecting ',' delimiter at line 1, column 12."
    """
    problem = flaw(value)
    if problem is None:
        return None
    what, at = problem
    spans = [span(value, at)] if at is not None else ()
    return FailResult(f"The text is not valid JSON: {what}.", fix=taken_out(value, flaw), spans=spans)
