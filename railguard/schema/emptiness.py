"""Decides whether any text satisfies several patterns and lengths, with llguidance if that is installed.

Without it, or if a pattern has another meaning in its engine, nothing is known and nothing is reported.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from railguard.errors import SpecError
from railguard.validation import patterns as dialect
from railguard.validation.patterns import in_rust

__all__ = ["is_empty"]

_LONGEST = 100
"""Largest number of characters of a sample text."""

_WIDER = {
    "date": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "uuid": "^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$",
}
"""Maps a format of text to a pattern that every text of that format matches."""


def is_empty(patterns: tuple[str, ...], least: int | None, most: int | None, format: str | None = None) -> bool:
    """Whether it is certain that no text matches some patterns, which are searched, and has a length in the given
    range.

    >>> is_empty(("^a",), None, None)
    False
    """
    rust = []
    for pattern in (*patterns, *([_WIDER[format]] if format in _WIDER else [])):
        try:
            same = in_rust(pattern)
        except SpecError:
            same = None
        if same is not None:
            rust.append(same)
    if not rust or (len(rust) == 1 and least is None and most is None):
        return False
    if format not in _WIDER and _keeps_all(patterns, least, most):
        return False
    return _asked(tuple(sorted(set(rust))), least, most)


def _keeps_all(patterns: tuple[str, ...], least: int | None, most: int | None) -> bool:
    """Whether one of a few simple texts matches all patterns: then the other library need not be imported."""
    lengths = {length for length in (least or 1, most, 3, 8) if length is not None and length <= _LONGEST}
    for length in lengths:
        if (least is None or length >= least) and (most is None or length <= most):
            for letter in "aA0":
                try:
                    if all(dialect.compile(pattern).search(letter * length) for pattern in patterns):
                        return True
                except SpecError:
                    return False
    return False


@lru_cache(maxsize=1024)
def _asked(patterns: tuple[str, ...], least: int | None, most: int | None) -> bool:
    if find_spec("llguidance") is None:
        return False
    from llguidance import LLMatcher

    lengths: Mapping[str, Any] = {"minLength": least, "maxLength": most}
    schema = {
        "type": "string",
        "allOf": [{"pattern": pattern} for pattern in patterns],
        **{keyword: bound for keyword, bound in lengths.items() if bound is not None},
    }
    grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema))
    return "Regex is empty" in str(LLMatcher.validate_grammar(grammar))
