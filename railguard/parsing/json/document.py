"""One text, read at once.

document = JSON | what the tolerant reader makes of it
"""

from __future__ import annotations

import json
import re
from typing import Any

from railguard.parsing.json.reader import Reader
from railguard.parsing.json.strict import read_strict
from railguard.parsing.reading import Parsed
from railguard.values import Limits, Traced

__all__ = ["BLANK", "is_finite_and_short", "read_at", "read_json", "read_tolerant", "too_deep"]

BLANK = "\ufeff \t\r\n"
"""Characters that may surround JSON."""

_ODD_NUMBER = re.compile(r"\.[0-9]+0(?![0-9])|[0-9][eE][-+0-9]|[0-9]{16}|-0")
_ODD_ESCAPE = re.compile(r"\\(?:[bf]|u[dD])")
_SPACE = re.compile(r"[ \t\r\n]*").match
_GOES_ON = frozenset(",:}])\"'”")


def read_json(text: str, limits: Limits) -> Parsed | None:
    """A whole text that a JSON parser accepts, but for white space around it; None for any other.

    >>> read_json(' {"a": [1, 2]} ', Limits()).traced.value
    {'a': [1, 2]}
    """
    start = len(text) - len(text.lstrip(BLANK))
    if (quick := _quick(text.strip(BLANK), limits)) is not None:
        return Parsed(quick, start, len(text.rstrip(BLANK)), exact=True)
    end = _end_of_json(text, start)
    if end == start or (end is not None and text[end:].strip(BLANK)):
        return None
    found = read_strict(text, limits, start)
    return found if found is not None and not text[found.end :].strip(BLANK) else None


def _quick(text: str, limits: Limits) -> Traced | None:
    """JSON of which there is nothing to note."""
    if _ODD_NUMBER.search(text) is not None or _ODD_ESCAPE.search(text) is not None:
        return None
    import jiter

    try:
        value = jiter.from_json(text.encode(), catch_duplicate_keys=True, allow_inf_nan=False)
    except ValueError:
        return None
    if too_deep(value, limits.depth) or not is_finite_and_short(value, limits.integer_digits):
        return None
    return Traced(value)


def _quick_at(text: str, limits: Limits, start: int) -> Parsed | None:
    """JSON that begins at `start` and of which there is nothing to note."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    piece = text[start:end]
    if _ODD_NUMBER.search(piece) is not None or _ODD_ESCAPE.search(piece) is not None:
        return None
    if _SURROGATE.search(piece) is not None or too_deep(value, limits.depth):
        return None
    if limits.integer_digits < _MOST_DIGITS and not is_finite_and_short(value, limits.integer_digits):
        return None
    return Parsed(Traced(value), start, end, exact=True)


def _end_of_json(text: str, start: int) -> int | None:
    """Where the JSON value that begins at `start` ends; `start` if there is none, None if that takes a closer look."""
    try:
        return _PLAIN_DECODER.raw_decode(text, start)[1]
    except json.JSONDecodeError:
        return start
    except (ValueError, RecursionError):
        return None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key is given twice")
    return made


def _refuse(word: str) -> Any:
    raise ValueError(word)


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
_PLAIN_DECODER = json.JSONDecoder()
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_DIGITS = 4300


def read_at(text: str, limits: Limits, start: int = 0) -> Parsed:
    """The value that begins at `start`: read as JSON if it is JSON and the text does not go on with more of it, else by
    the tolerant reader."""
    found = _quick_at(text, limits, start)
    if found is None and _end_of_json(text, start) != start:
        found = read_strict(text, limits, start)
    if found is not None:
        behind = _SPACE(text, found.end)
        if behind is not None and text[behind.end() : behind.end() + 1] not in _GOES_ON:
            return found
    return read_tolerant(text, limits, start)


def read_tolerant(text: str, limits: Limits, start: int = 0) -> Parsed:
    """The value that begins at `start`, read by the tolerant reader, whatever follows it.

    >>> read_tolerant("{'a': [1, 2,], b: None}", Limits()).traced.value
    {'a': [1, 2], 'b': None}
    """
    reader = Reader(limits, events=False)
    at, size = start, 4096
    while at < len(text) and not reader.done:  # in growing pieces, so that a short value in a long text costs little
        reader.feed(text[at : at + size])
        at += size
        size *= 4
    reader.close()
    return Parsed(reader.traced, start, start + reader.end)


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
