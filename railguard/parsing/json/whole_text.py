"""Parses one complete text.

document = JSON | what the tolerant reader makes of it
"""

from __future__ import annotations

import json
import re
from typing import Any

from railguard.lazy import regex
from railguard.parsing.json.plain import (
    BLANK,
    GOES_ON,
    has_surrogate,
    is_spelled_plainly,
    keeps_limits,
    read_plain_json,
)
from railguard.parsing.json.reader import Reader
from railguard.parsing.json.strict import read_strict
from railguard.parsing.json.value_tree import MOST_NOTES
from railguard.parsing.reading import Parsed
from railguard.values import UNSET, History, Limits, Path, RepairNote, Traced

__all__ = ["read_at", "read_json", "read_tolerant"]

_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
"""To the end of the text if it does not end before, so that nothing is looked at twice."""
_COMMA = regex(r",[ \t\r\n]*[}\]]")
_EMPTY = regex(r"[{\[][ \t\r\n]*,")
_PIECES = regex(rf'((?:[^",}}\]]|{_STRING}|,(?![ \t\r\n]*[}}\]]))*+)(,?)([ \t\r\n]*[}}\]]|\Z)', re.DOTALL)
"""One match for each closing bracket: what is before it, the comma if there is one, and the bracket."""
_TEXTS_BEHIND = regex(r'(?:[\s,;]*+"(?:[^"\\\n]|\\.)*+")++[\s\]}]*+(?:\Z|[`~{\[])')
"""Quoted texts that are values of their own behind a JSON value: neither its end nor a key of it."""
_TRAILING = RepairNote("trailing-comma", ",", UNSET, "syntax")
_SPACE = re.compile(r"[ \t\r\n]*").match


def read_json(text: str, limits: Limits) -> Parsed | None:
    """Parse a whole text that a JSON parser accepts, except for white space around it; None for any other text.

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
    """Parse JSON without anything to note."""
    value, is_plain = read_plain_json(text, limits)
    return Traced(value) if is_plain else None


def _json_at(text: str, limits: Limits, start: int) -> Parsed | None:
    """Parse the JSON that begins at `start`; None if there is none, or none within the limits."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError:
        return None
    except (ValueError, RecursionError):
        return read_strict(text, limits, start) if _end_of_json(text, start) != start else None
    piece = text[start:end]
    if not is_spelled_plainly(piece) or has_surrogate(piece) or not keeps_limits(value, limits):
        return read_strict(text, limits, start)
    return Parsed(Traced(value), start, end, exact=True)


def _end_of_json(text: str, start: int) -> int | None:
    """Return the end of the JSON value that begins at `start`; `start` if there is none, None if that needs a closer
    look.
    """
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


def read_at(text: str, limits: Limits, start: int = 0) -> Parsed:
    """Parse the value that begins at `start`: as JSON if it is JSON and the text does not continue it, otherwise with
    the tolerant reader.
    """
    found = _json_at(text, limits, start)
    if found is not None:
        behind = _SPACE(text, found.end)
        ends = behind is not None and text[behind.end() : behind.end() + 1] not in GOES_ON
        if ends or _TEXTS_BEHIND.match(text, found.end) is not None:
            return found
    if not text[:start].strip(BLANK) and (found := _without_commas(text, limits, start)) is not None:
        return found
    return read_tolerant(text, limits, start)


def _without_commas(text: str, limits: Limits, start: int) -> Parsed | None:
    """The rest of a text that is JSON but for commas before closing brackets; None for any other. What the tolerant reader
    reads, in a few calls: the brackets close in the text in the order in which a walk leaves the lists and objects."""
    rest = text[start:].rstrip(BLANK)
    if rest[-1:] not in ("}", "]") or _COMMA.search(rest) is None or _EMPTY.search(rest) is not None:
        return None
    pieces = _PIECES.findall(rest)
    value, is_plain = read_plain_json("".join([before + closer for before, _, closer in pieces]), limits)
    if not is_plain or sum(bool(comma) for _, comma, _ in pieces) > MOST_NOTES:
        return None
    closing = iter(pieces)
    notes: list[tuple[Path, RepairNote]] = []

    def leave(holder: Any, path: tuple[str | int, ...]) -> None:
        for part, below in holder.items() if type(holder) is dict else enumerate(holder):
            if type(below) is dict or type(below) is list:
                leave(below, (*path, part))
        if next(closing)[1]:
            notes.append((Path(path), _TRAILING))

    leave(value, ())
    return Parsed(Traced(value, History.of(notes)), start, start + len(rest))


def read_tolerant(text: str, limits: Limits, start: int = 0) -> Parsed:
    """Parse the value that begins at `start` with the tolerant reader, whatever follows it.

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
