"""One text, read at once: JSON as it is, and by the tolerant reader whatever is not.

document = JSON | what `reader` makes of it
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from railguard.parsing.reader import Reader
from railguard.parsing.reading import TolerantReading
from railguard.values import Limits

__all__ = ["is_finite_and_short", "read_json", "read_tolerant", "too_deep"]


def read_tolerant(text: str, limits: Limits, start: int = 0) -> TolerantReading:
    """The value that begins at `start`, read by the tolerant reader, whatever stands behind it.

    >>> read_tolerant("{'a': [1, 2,], b: None}", Limits()).value
    {'a': [1, 2], 'b': None}
    """
    reader = _read(text, limits, start)
    return TolerantReading(
        reader.value,
        tuple(reader.repairs),
        reader.open,
        reader.cut,
        tuple(reader.problems),
        start + reader.end,
        text,
        cache(lambda: _spans(reader.value, text, limits, start)),
        reader.spelt,
    )


def _read(text: str, limits: Limits, start: int, *, spans: bool = False) -> Reader:
    reader = Reader(limits, events=False, spans=spans)
    at, size = start, 4096
    while at < len(text) and not reader.done:  # in growing pieces, so that a short value in a long text costs little
        reader.feed(text[at : at + size])
        at += size
        size *= 4
    reader.close()
    return reader


def _spans(value: Any, text: str, limits: Limits, start: int) -> dict[int, tuple[int, int]]:
    """Where the objects and lists of a value stand: it is read once more, because few ask."""
    reader = _read(text, limits, start, spans=True)
    found = reader.spans
    spans: dict[int, tuple[int, int]] = {}
    todo = [(value, reader.value)]
    while todo:
        one, again = todo.pop()
        if isinstance(one, (dict, list)) and type(one) is type(again) and len(one) == len(again):
            if (span := found.get(id(again))) is not None:
                spans[id(one)] = (start + span[0], start + span[1])
            todo += zip(_members(one), _members(again), strict=True)
    return spans


def _members(holder: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return holder.values() if isinstance(holder, dict) else holder


def read_json(text: str, limits: Limits) -> TolerantReading | None:
    """A text that is valid JSON and holds no defect; None for any other."""
    import jiter

    try:
        value = jiter.from_json(text.encode(), catch_duplicate_keys=True, allow_inf_nan=False)
    except ValueError:
        return None
    if too_deep(value, limits.depth) or not is_finite_and_short(value, limits.integer_digits):
        return None
    return TolerantReading(value, end=len(text), source=text, spans=cache(lambda: _spans(value, text, limits, 0)))


def too_deep(value: Any, limit: int) -> bool:
    """Whether objects and lists are nested more than `limit` levels deep."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(limit):
        level = [
            item
            for holder in level
            if isinstance(holder, (dict, list))
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, (dict, list))
        ]
        if not level:
            return False
    return True


def is_finite_and_short(value: Any, digits: int) -> bool:
    """Whether every number is finite, and no integer has more than so many digits."""
    todo = [value]
    while todo:
        at = todo.pop()
        if isinstance(at, dict):
            todo.extend(at.values())
        elif isinstance(at, list):
            todo.extend(at)
        elif isinstance(at, float):
            if at - at != 0.0:
                return False
        elif type(at) is int and at.bit_length() > digits * 3.32 and abs(at) >= 10**digits:
            return False
    return True
