"""From model text to a value: sound text in one pass, everything else with every repair on record.

`accept` is the quick way and says yes or nothing. `read` looks at what it rejected. Neither raises for any text.
"""

from __future__ import annotations

import re
from typing import Any

from railguard.parsing.choose import choose
from railguard.parsing.reading import Defect, TolerantReading
from railguard.parsing.soundness import is_sound
from railguard.parsing.syntax import is_finite_and_short, too_deep
from railguard.schema import AnyNode, EnumNode, Schema
from railguard.schema.structure import Structure
from railguard.spec import RepairPolicy
from railguard.values import UNSET, Limits, Path

__all__ = ["accept", "read", "read_fragment", "read_text"]

_CORE_DIGITS = 4300  # of an integer: what pydantic-core reads
_BLANK = "\ufeff \t\r\n"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ANYTHING = Structure(Schema(root=AnyNode()))


def accept(text: str, structure: Structure, limits: Limits, is_text: bool, *, bounds: bool = False) -> tuple[Any, Any]:
    """(state, output) of a text that is sound as it is; (UNSET, UNSET) if it has to be looked at.

    bounds: accept only what also keeps the bounds that pydantic-core can check.
    """
    if len(text) > limits.text:
        return UNSET, UNSET
    if is_text:
        return _accept_text(text, structure)
    own = structure.schema.validator is None
    try:
        value = structure.read(text, bounds=bounds)
        if own and text.count(":") == structure.count_keys(value):
            state = value
        else:
            state = _unique_keys(text)
            state = value if own else state
    except ValueError:  # pydantic-core's ValidationError is one
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
    return not isinstance(root, EnumNode) or is_sound(state, root, structure.schema)


def _accept_text(text: str, structure: Structure) -> tuple[Any, Any]:
    if not text.strip() or _SURROGATE.search(text):
        return UNSET, UNSET
    value, flaws = structure.accept(text)
    return (UNSET, UNSET) if flaws else (text, value)


def _unique_keys(text: str) -> Any:
    import jiter

    return jiter.from_json(text.encode(), catch_duplicate_keys=True)


def read(text: str, structure: Structure, policy: RepairPolicy, limits: Limits) -> TolerantReading:
    """Read an answer that `accept` did not take: find it, read it, mend it, as the policy allows."""
    if len(text) > limits.text:
        return _nothing(f"The answer has {len(text)} characters; at most {limits.text} are read.")
    if not text.strip(_BLANK):
        return _nothing("The answer is empty.")
    return choose(text, structure.schema, policy, structure.flaws, limits)


def read_fragment(text: str, structure: Structure, policy: RepairPolicy, limits: Limits) -> TolerantReading:
    """Read the answer to a reask of single fields: the flat object that was asked for, else JSON of any shape."""
    reading = read(text, structure, policy, limits)
    renamed = any(one.rule == "misspelled-key" for one in reading.repairs)  # `fees` is not `fees.+`, misspelled
    if reading.value is not UNSET and not (renamed or reading.problems) and not structure.accept(reading.value)[1]:
        return reading
    other = read(text, _ANYTHING, policy, limits)
    return reading if other.value is UNSET else other


def read_text(text: str, limits: Limits, *, cut: bool = False) -> TolerantReading:
    """Read an answer that is plain text. What is empty, too long, cut off or half of a surrogate pair is a failure."""
    if len(text) > limits.text:
        return _nothing(f"The answer has {len(text)} characters; at most {limits.text} are read.")
    if not text.strip():
        return _nothing("The answer is empty.")
    if (half := _SURROGATE.search(text)) is not None:
        return _nothing(f"Character {half.start()} of the answer is half of a surrogate pair.")
    if cut:
        return _nothing("The answer was cut off; make it shorter.")
    return TolerantReading(text)


def _nothing(message: str) -> TolerantReading:
    return TolerantReading(UNSET, problems=(Defect(Path(), "json", message),))
