"""The files that a client has open: their texts as the client sends them, never read from disk, and positions in them.

A line ends at \\n, \\r\\n or \\r only, as the protocol defines. Python knows more line ends, so its own splitting is not
used. A column counts code units of the agreed encoding.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias

from railguard import language

__all__ = ["Encoding", "OpenDocument", "Position", "Range", "TextChange"]

Encoding: TypeAlias = Literal["utf-8", "utf-16", "utf-32"]


class Position(NamedTuple):
    """A position: a line and a column in code units, both from 0."""

    line: int
    character: int


class Range(NamedTuple):
    """A range from one position to another; the end is exclusive."""

    start: Position
    end: Position


class TextChange(NamedTuple):
    """A text that replaces a range, or the whole text."""

    range: Range | None
    text: str


class OpenDocument:
    """One open file. Its tree and its problems are computed when they are needed, and cached until the text changes.

    Attributes:
        text: The text, as the client has it.
        version: The client's version number of the text.
        changed: Set by a change that was not processed yet.
    """

    def __init__(self, text: str, version: int | None, encoding: Encoding) -> None:
        self.text = text
        self.version = version
        self.changed = asyncio.Event()
        self._encoding = encoding
        self._starts: list[int] | None = None
        self._document: language.Document | None = None
        self._checked: language.Checked | None = None

    def copy(self) -> OpenDocument:
        """Return a copy of the file in its current state, for work outside the event loop."""
        copied = OpenDocument(self.text, self.version, self._encoding)
        copied._checked, copied._document = self._checked, self._document
        return copied

    @property
    def document(self) -> language.Document:
        """The tree of the current text."""
        if self._checked is not None and self._checked.document.text is self.text:
            return self._checked.document
        if self._document is None or self._document.text is not self.text:
            before = self._checked.document if self._document is None and self._checked is not None else self._document
            self._document = language.tree(self.text, before=before)
        return self._document

    @property
    def checked(self) -> language.Checked | None:
        """The latest result of a check, or None; it may belong to an older text."""
        return self._checked

    @property
    def is_told(self) -> bool:
        """Whether the latest result belongs to the current text."""
        return self._checked is not None and self._checked.document.text == self.text

    def found(self, text: str) -> language.Checked:
        """Check a text of this file; parts that did not change since the last check are not read again. This file is
        not changed, so it may run in another thread; `text` is the text when the check was started.
        """
        before, document = self._checked, self._document
        if before is None:
            return language.check_text(text)
        return language.check_again(before, text if document is None or document.text is not text else document)

    def take(self, checked: language.Checked) -> bool:
        """Store the result of a check. Returns whether its problems differ from the stored ones."""
        news = self._checked is None or self._checked.problems != checked.problems
        self._checked = checked
        return news

    def change(self, changes: Sequence[TextChange], version: int | None) -> None:
        """Apply the changes of the client, one after the other."""
        for one in changes:
            if one.range is None:
                self.text = one.text
            else:
                start, end = self.offset(one.range.start), self.offset(one.range.end)
                self.text = self.text[:start] + one.text + self.text[max(start, end) :]
            self._starts = None
        self.version = version

    def _lines(self) -> list[int]:
        if self._starts is None:
            self._starts = language.line_starts(self.text)
        return self._starts

    def offset(self, position: Position) -> int:
        """Convert a position to an index of the text; beyond a line or the text, the index of its end."""
        starts = self._lines()
        if position.line >= len(starts):
            return len(self.text)
        start = starts[position.line]
        end = starts[position.line + 1] if position.line + 1 < len(starts) else len(self.text)
        line = self.text[start:end].rstrip("\r\n")
        return start + _characters(line, position.character, self._encoding)

    def position(self, offset: int) -> Position:
        """Convert an index of the text to a position."""
        starts = self._lines()
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(starts, offset) - 1
        return Position(line, _units(self.text[starts[line] : offset], self._encoding))

    def range(self, start: int, end: int) -> Range:
        """Convert two indexes of the text to a range."""
        return Range(self.position(start), self.position(max(start, end)))


def _units(text: str, encoding: Encoding) -> int:
    """Count the code units of a text."""
    if encoding == "utf-32" or text.isascii():
        return len(text)
    if encoding == "utf-8":
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _characters(line: str, units: int, encoding: Encoding) -> int:
    """Count the characters in the first code units of a line; a unit inside a character counts as its beginning."""
    low, high = 0, min(max(units, 0), len(line))
    if encoding == "utf-32" or line.isascii():
        return high
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _units(line[:middle], encoding) <= units else (low, middle - 1)
    return low
