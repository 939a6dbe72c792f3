"""A strict JSON parser (RFC 8259, and NaN and Infinity, like Python's json): a value with its history, or None.

A number out of range, a repeated key, a lone surrogate and too deep a nesting are doubts at their paths. It does not
recurse, and is linear in the text.
"""

from __future__ import annotations

import json
import re
from typing import Any

from railguard.lazy import regex
from railguard.parsing.json.escapes import restore_backslashes
from railguard.parsing.json.scalars import scalar
from railguard.parsing.json.value_tree import MOST_NOTES
from railguard.parsing.reading import Parsed
from railguard.values import UNSET, Doubt, History, Limits, Note, Path, RepairNote, Spelling, Traced

__all__ = ["read_strict"]

_TEXT = r'"((?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+)"'
_SPACE = regex(r"[ \t\r\n]*+")
_STRING = re.compile(_TEXT).match
_KEY_AND_COLON = re.compile(rf"{_TEXT}[ \t\r\n]*+:").match
_SCALAR = re.compile(r"(true)|(false)|(null)|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|NaN|-?Infinity").match
_SURROGATE = regex("[\ud800-\udfff]")
_VALUE, _KEY, _AFTER = range(3)
_BLANK = frozenset(" \t\r\n")


def read_strict(text: str, limits: Limits, start: int = 0) -> Parsed | None:
    """Parse the JSON value that begins at `start`, whatever follows it; None if there is none.

    >>> read_strict('{"a": [1, 1e999]}', Limits()).traced.history.doubts().__next__()
    (Path(('a', 1)), Doubt(kind='unreadable', code='number-range', detail=''))
    """
    return _StrictReader(text, limits).read(start)


class _StrictReader:
    """One parse. Containers deeper than the limit are parsed and dropped: they have no frame in `values` and `keys`."""

    def __init__(self, text: str, limits: Limits) -> None:
        self._text = text
        self._depth = limits.depth
        self._digits = limits.integer_digits
        self._kinds = bytearray()  # of the open containers: 1 for a list
        self._values: list[Any] = []
        self._keys: list[str] = []
        self._root: Any = UNSET
        self._notes: list[tuple[Path, Note]] = []
        self._count = self._spellings = 0  # of notes

    def read(self, start: int) -> Parsed | None:
        text, kinds, space = self._text, self._kinds, _SPACE.match
        at = begin = _behind(space(text, start))
        state, may_close = _VALUE, False
        while state != _AFTER or kinds:
            if text[at : at + 1] in _BLANK:
                at = _behind(space(text, at))
            mark = text[at : at + 1]
            if state == _AFTER:
                if mark == ",":
                    state, may_close = (_VALUE if kinds[-1] else _KEY), False
                elif mark == ("]" if kinds[-1] else "}"):
                    self._close()
                else:
                    return None
                at += 1
            elif may_close and mark == ("]" if kinds[-1] else "}"):
                self._close()
                state, may_close = _AFTER, False
                at += 1
            elif state == _KEY:
                match = _KEY_AND_COLON(text, at)
                if match is None:
                    return None
                at = match.end()
                if len(kinds) <= self._depth:
                    self._keys[-1], notes = _text(match[1])
                    self._note(*notes)
                state, may_close = _VALUE, False
            elif mark in ("{", "["):
                self._open(mark == "[")
                state, may_close = (_VALUE if mark == "[" else _KEY), True
                at += 1
            else:
                match = _STRING(text, at) if mark == '"' else _SCALAR(text, at)
                if match is None:
                    return None
                at = match.end()
                if len(kinds) <= self._depth:
                    if mark == '"':
                        value, notes = _text(match[1])
                        self._note(*notes)
                    else:
                        value = self._scalar(match)
                    self._place(value)
                state, may_close = _AFTER, False
        return Parsed(Traced(self._root, History.of(self._notes)), begin, at, exact=True)

    def _open(self, is_list: bool) -> None:
        kinds = self._kinds
        if len(kinds) <= self._depth:
            made: Any = [] if is_list else {}
            if len(kinds) == self._depth:
                self._note(Doubt("unreadable", "too-deep", self._depth))
            self._place(made)
            if len(kinds) < self._depth:
                self._values.append(made)
                self._keys.append("")
        kinds.append(is_list)

    def _close(self) -> None:
        if len(self._kinds) <= self._depth:
            self._values.pop()
            self._keys.pop()
        self._kinds.pop()

    def _place(self, value: Any) -> None:
        if not self._values:
            self._root = value
            return
        holder = self._values[-1]
        if isinstance(holder, list):
            holder.append(value)
            return
        key = self._keys[-1]
        if key not in holder:
            holder[key] = value
            return
        there = holder[key]
        if type(there) is type(value) and not isinstance(value, (dict, list)) and there == value:
            self._note(RepairNote("duplicate-key", value, there, "judgement"))
        else:
            self._note(Doubt("unreadable", "duplicate-key", key[:80]))

    def _scalar(self, match: re.Match[str]) -> Any:
        if match.lastindex is not None:
            return (True, False, None)[match.lastindex - 1]
        text = match.group()
        found = scalar(text, self._digits)
        if found.problem is not None:
            self._note(Doubt("unreadable", found.problem, found.detail))
        elif repr(found.value) != text:
            self._note(Spelling(text))
        return found.value

    def _note(self, *notes: Note) -> None:
        """Add a note to the next value."""
        for note in notes:
            if isinstance(note, Spelling):
                self._spellings += 1
                if self._spellings > MOST_NOTES:
                    continue
            else:
                self._count += 1
                if self._count > MOST_NOTES:
                    if self._count == MOST_NOTES + 1:
                        self._notes.append((Path(), Doubt("unreadable", "too-many-repairs")))
                    continue
            self._notes.append((self._here(), note))

    def _here(self) -> Path:
        holders = list(zip(self._values, self._keys, strict=True))
        parts = [len(holder) - 1 if isinstance(holder, list) else key for holder, key in holders]
        if holders and isinstance(holders[-1][0], list):
            parts[-1] = len(holders[-1][0])
        return Path(parts)


def _text(raw: str) -> tuple[str, list[Note]]:
    """Return the decoded text of a string, and the notes on it."""
    text, notes = raw, list[Note]()
    if "\\" in raw:
        restored = restore_backslashes(raw)
        text = json.loads(f'"{raw if restored is None else restored.text}"')
        if restored is not None:
            notes.append(RepairNote("backslash", raw, text, "judgement"))
            if restored.problem is not None:
                notes.append(Doubt("unreadable", restored.problem))
    if _SURROGATE.search(text) is not None:
        text = _SURROGATE.sub("\ufffd", text)
        notes.append(Doubt("unreadable", "surrogate"))
    return text, notes


def _behind(match: re.Match[str] | None) -> int:
    assert match is not None  # it matches the empty text
    return match.end()
