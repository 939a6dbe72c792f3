"""From model text to a value: sound text in one pass, everything else with every repair on record.

`accept` is the quick way and says yes or nothing. `read` looks at what it rejected. Neither raises for any text.
"""

from __future__ import annotations

import re
from typing import Any

from railguard.parsing.coerce.engine import objections
from railguard.parsing.coerce.soundness import Soundness
from railguard.parsing.context import ReadingContext
from railguard.parsing.extract.answer import extract
from railguard.parsing.json.document import BLANK, is_finite_and_short, too_deep
from railguard.parsing.reading import Reading
from railguard.schema import EnumNode
from railguard.schema.structure import Structure
from railguard.values import UNSET, Change, Doubt, Limits, Traced

__all__ = ["accept", "read", "read_fragment", "read_text"]

_CORE_DIGITS = 4300  # of an integer: what pydantic-core reads
_SURROGATE = re.compile("[\ud800-\udfff]")


def accept(text: str, structure: Structure, limits: Limits, is_text: bool, *, bounds: bool = False) -> tuple[Any, Any]:
    """(state, output) of a text that is sound as it is; (UNSET, UNSET) if it has to be looked at.

    bounds: accept only what also keeps the bounds that pydantic-core can check.
    """
    if len(text) > limits.text:
        return UNSET, UNSET
    if is_text:
        return _accept_text(text, structure)
    from pydantic_core import ValidationError

    own = structure.schema.validator is None
    try:
        value = (structure.quick if bounds else structure.core).validate_json(text)
        if own and text.count(":") == structure.count_keys(value):
            state = value
        else:
            state = _unique_keys(text)
            state = value if own else state
    except (ValidationError, ValueError):
        return UNSET, UNSET
    if not structure.bounded and too_deep(state, limits.depth):
        return UNSET, UNSET
    if structure.has_any and (any(True for _ in structure.not_finite(state)) or not _of_root_set(state, structure)):
        return UNSET, UNSET
    if limits.integer_digits < _CORE_DIGITS and not is_finite_and_short(state, limits.integer_digits):
        return UNSET, UNSET
    if not own and not structure.fits_tree(state):
        return UNSET, UNSET
    return state, value


def _of_root_set(state: Any, structure: Structure) -> bool:
    """False where the whole output is a member of a set and this is none: it may be one in a wrapper."""
    root = structure.schema.resolve(structure.schema.root)
    return not isinstance(root, EnumNode) or Soundness(structure.schema)(state, root)


def _accept_text(text: str, structure: Structure) -> tuple[Any, Any]:
    if not text.strip() or _SURROGATE.search(text):
        return UNSET, UNSET
    value, flaws = structure.accept(text)
    return (UNSET, UNSET) if flaws else (text, value)


def _unique_keys(text: str) -> Any:
    import jiter

    return jiter.from_json(text.encode(), catch_duplicate_keys=True)


def read(text: str, context: ReadingContext) -> Reading:
    """Read an answer that `accept` did not take: find it, read it, repair it, as the policy allows.

    Never raises because of the text. What in the history of the value forbids it to pass, `objections` says.
    """
    if (problem := _unreadable(text, context.limits)) is not None:
        return problem
    return extract(text, context)


def read_fragment(text: str, context: ReadingContext) -> Reading:
    """Read the answer to a reask of single fields: the flat object that was asked for, else JSON of any shape."""
    reading = read(text, context)
    if reading.traced is not None:
        notes = reading.history.all_notes()
        # `fees` is not `fees.+`, and what has further keys may be the whole output.
        renamed = any(isinstance(one, Change) and one.rule in ("misspelled-key", "unknown-key") for one in notes)
        objected = any(True for _ in objections(reading.history, context.policy))
        if not (renamed or objected) and not context.flaws(reading.value):
            return reading
    other = read(text, context.anything)
    return reading if other.traced is None else other


def read_text(text: str, limits: Limits, *, cut: bool = False) -> Reading:
    """Read an answer that is plain text. What is empty, too long, cut off or half of a surrogate pair is a failure."""
    if len(text) > limits.text:
        return _nothing(text, "too-long", limits.text)
    if not text.strip():
        return _nothing(text, "empty")
    if (half := _SURROGATE.search(text)) is not None:
        return _nothing(text, "surrogate", half.start())
    if cut:
        return _nothing(text, "answer-cut")
    return Reading(Traced(text), end=len(text), source=text)


def _unreadable(text: str, limits: Limits) -> Reading | None:
    if len(text) > limits.text:
        return _nothing(text, "too-long", limits.text)
    return None if text.strip(BLANK) else _nothing(text, "empty")


def _nothing(text: str, code: str, detail: str | int = "") -> Reading:
    return Reading(None, Doubt("unreadable", code, detail), end=len(text), source=text)
