"""valid-json: a text that is a JSON document."""

from __future__ import annotations

from railguard import FailResult, validator
from railguard_validators._formats.fences import taken_out
from railguard_validators._formats.json_text import flaw
from railguard_validators._formats.positions import span


@validator("valid-json", subject="Documents and code", aliases=("json",), prompt="a JSON document")
def valid_json(value: str) -> FailResult | None:
    """Is JSON as RFC 8259 defines it: no NaN, no comments, no comma at the end, and no repeated name in one object. The
    content is not checked: use json-schema for that. Nesting that is too deep for Python's parser (some hundred levels)
    fails.

    The fix removes a Markdown code fence around JSON. Nothing else is changed.

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
