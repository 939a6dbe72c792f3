"""Converts model text to a value with its history. Nothing here raises because of a text."""

from __future__ import annotations

import json

from railguard.lazy import regex
from railguard.parsing.coerce.engine import objections
from railguard.parsing.context import ReadingContext
from railguard.parsing.extract.answer import extract
from railguard.parsing.json.plain import BLANK
from railguard.parsing.reading import Reading
from railguard.values import Doubt, Limits, RepairNote, Traced

__all__ = ["is_cut_scalar", "is_json_text", "read_fragment", "read_model_text", "read_text"]

_CLOSED = frozenset("}])>\"'”’»`~")
_SURROGATE = regex("[\ud800-\udfff]")


def read_model_text(text: str, context: ReadingContext) -> Reading:
    """Read an answer that `accept` did not take: find it, parse it, and repair it as the policy allows.

    Never raises because of the text. `objections` returns the parts of the value's history that forbid it to pass.
    """
    if (problem := _unreadable(text, context.limits)) is not None:
        return problem
    return extract(text, context)


def read_fragment(text: str, context: ReadingContext) -> Reading:
    """Read the answer to a reask of single fields: the requested flat object, otherwise JSON of any shape."""
    reading = read_model_text(text, context)
    if reading.traced is not None:
        notes = reading.history.all_notes()
        # `fees` is not `fees.+`, and what has further keys may be the whole output.
        renamed = any(isinstance(one, RepairNote) and one.rule in ("misspelled-key", "unknown-key") for one in notes)
        objected = any(True for _ in objections(reading.history, context.policy))
        if not (renamed or objected) and not context.flaws(reading.value):
            return reading
    other = read_model_text(text, context.anything)
    return reading if other.traced is None else other


def read_text(text: str, limits: Limits, *, cut: bool = False) -> Reading:
    """Read an answer that is plain text. An empty, too long or truncated text, and half of a surrogate pair, is a
    failure.
    """
    if len(text) > limits.text:
        return _nothing(text, "too-long", f"{len(text)} characters, and at most {limits.text}")
    if not text.strip():
        return _nothing(text, "empty")
    if (half := _SURROGATE.search(text)) is not None:
        return _nothing(text, "surrogate", half.start())
    if cut:
        return _nothing(text, "answer-cut")
    return Reading(Traced(text), end=len(text), source=text)


def is_json_text(text: str) -> bool:
    """Whether the whole text is one JSON string, with only white space around it."""
    text = text.strip(BLANK)
    if len(text) < 2 or not text[0] == text[-1] == '"':
        return False
    try:
        return isinstance(json.loads(text), str)
    except ValueError:
        return False


def is_cut_scalar(text: str) -> bool:
    """Whether a text that was cut off is a scalar that may have gone on: without quotes or brackets.

    >>> [is_cut_scalar(text) for text in ("12", "It is red", "true", '"red"', "[12]", "```\\n12\\n```")]
    [True, True, False, False, False, False]
    """
    text = text.strip(BLANK)
    return text[:1] not in ("{", "[", '"') and text[-1:] not in _CLOSED and text not in ("true", "false", "null")


def _unreadable(text: str, limits: Limits) -> Reading | None:
    if len(text) > limits.text:
        return _nothing(text, "too-long", f"{len(text)} characters, and at most {limits.text}")
    return None if text.strip(BLANK) else _nothing(text, "empty")


def _nothing(text: str, code: str, detail: str | int = "") -> Reading:
    return Reading(None, Doubt("unreadable", code, detail), end=len(text), source=text)
