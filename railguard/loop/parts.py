"""Reads the answer to a question for parts of the output, or for its changes, and excludes doubtful values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

from railguard.checking import About, Plan, left_out
from railguard.checking.doubts import doubted_parts
from railguard.checking.whole import reading_context
from railguard.loop.merging import json_lines
from railguard.loop.reask_request import PreparedReask
from railguard.parsing import ReadingContext, objections, read_fragment, read_model_text
from railguard.parsing.coerce.soundness import misspelt
from railguard.parsing.json.plain import plain_json
from railguard.prompting.objections import objection_message
from railguard.schema.structure import Structure
from railguard.values import UNSET, Doubt, History, Path

__all__ = ["Parts", "read_parts"]

_QUOTES = ('"', "'", "“", "‘", "«", "„")


class Parts(NamedTuple):
    """The content of an answer with parts of the output.

    value: without doubtful parts; UNSET if nothing could be parsed. doubted: the doubtful parts and the reasons, by
    path in the answer. problem: why nothing could be parsed; None too if all of it is doubtful.
    """

    value: Any
    history: History = History()
    doubted: tuple[tuple[Path, str], ...] = ()
    problem: Doubt | None = None


def read_parts(text: str, plan: Plan, about: About, request: PreparedReask, *, told: bool = False) -> Parts:
    """Parse an answer with parts of the output. Doubtful parts are not taken.

    told: whether a doubtful part is reported as a failure of its own, so that the rest of an object may be taken.
    Otherwise a value is taken completely or not at all, because a missing item or optional member would not be noticed.
    """
    value = _as_asked(text, plan, about, request)
    if value is not UNSET:
        return Parts(value)
    lines = json_lines(text, plan.spec.limits)
    if lines is not None:
        return Parts(lines)
    context = ReadingContext.of(Structure(request.schema), plan.spec.repair, plan.spec.limits)
    context = replace(context, nulls=reading_context(plan, about).nulls)
    # A change answer is repaired at its place in the output, where null may remove a member.
    reading = read_model_text(text, context.anything) if request.by_changes else read_fragment(text, context)
    if reading.value is UNSET or _is_prose(text, reading.value):
        return Parts(UNSET, reading.history, problem=reading.problem)
    found = [(path, objection_message(note)) for path, note in objections(reading.history, plan.spec.repair)]
    doubted = doubted_parts(reading.history, plan.spec.repair)
    values = 1 if isinstance(reading.value, dict) else 2 if told else 0  # parts of the path of one value
    doubted = [_not_taken(path, values) if told else Path(path[:values]) for path in doubted]
    value = left_out(reading.value, doubted) if doubted else reading.value
    return Parts(value, reading.history, tuple(dict.fromkeys(found)))


def _as_asked(text: str, plan: Plan, about: About, request: PreparedReask) -> Any:
    """The value of a text that is plainly the object that was asked for, each value of it sound; UNSET for any other."""
    wanted = request.plain
    if wanted is None or about.nulls or len(text) > plan.spec.limits.text or text[:1] != "{":
        return UNSET
    value = plain_json(text, plan.spec.limits)
    if not isinstance(value, dict) or value.keys() != wanted.keys():
        return UNSET
    for key, structure in wanted.items():
        if structure.flaws(value[key]) or any(misspelt(value[key], structure.schema)):
            return UNSET  # it may be repaired
    return value


def _not_taken(path: Path, values: int) -> Path:
    """Return the path that is not taken if a part of it is doubtful: the path itself, or the list around it, which is
    taken completely.
    """
    return next((Path(path[:at]) for at, part in enumerate(path) if at >= values and isinstance(part, int)), path)


def _is_prose(text: str, value: Any) -> bool:
    """Whether a text was read as plain text because it contains no JSON: "I am sorry" is not a value."""
    at = text.find(value) if isinstance(value, str) else -1
    return at >= 0 and not text[:at].rstrip().endswith(_QUOTES)
