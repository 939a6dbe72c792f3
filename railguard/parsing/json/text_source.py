"""Text that arrives in pieces: the unread part, and whether more will come.

A generator that reads it moves `at` forward over processed text and yields when it needs more; processed text is
dropped with the next piece, so nothing is kept or examined twice.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TypeAlias, TypeVar

__all__ = ["WINDOW", "ReadingSteps", "TextSource", "comment", "mark_behind", "space"]

T = TypeVar("T")

ReadingSteps: TypeAlias = Generator[None, None, T]
"""A parsing step that pauses, by yielding, until the source has more text or is final."""

WINDOW = 320
"""How far ahead a decision may look, in characters."""

_SPACE = re.compile(r"[\s\ufeff\u200b]*").match


class TextSource:
    """text: the received text that was not dropped. at: the offset in it of the next character. base: how much was
    dropped. final: no more will come. steps: how often the parser advanced or resumed.
    """

    __slots__ = ("at", "base", "final", "steps", "text")

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        self.base = 0
        self.final = False
        self.steps = 0

    def feed(self, piece: str) -> None:
        """Append a piece, and drop processed text."""
        self.text = self.text[self.at :] + piece if self.at < len(self.text) else piece
        self.base += self.at
        self.at = 0

    def ahead(self, skip: int = 0) -> tuple[str, bool]:
        """Return the next WINDOW characters after `skip` more, and whether waiting would not change them."""
        window = self.text[self.at + skip : self.at + skip + WINDOW]
        return window, self.final or len(window) == WINDOW

    def has(self, count: int) -> bool:
        """Whether `count` characters are there, or will never be."""
        return self.final or len(self.text) - self.at >= count

    @property
    def offset(self) -> int:
        """The offset of `at` in the whole text."""
        return self.base + self.at


def space(text: str, at: int) -> int:
    """Return the offset after white space, byte order marks and zero-width spaces."""
    return _SPACE(text, at).end()  # type: ignore[union-attr]  # it matches the empty text


def mark_behind(source: TextSource) -> ReadingSteps[str]:
    """Return the first character after the current one that is not a space; "" for none within the window."""
    while True:
        window, complete = source.ahead(1)
        rest = window.lstrip()
        if rest or complete:
            return rest[:1]
        yield


def comment(source: TextSource, value_due: bool) -> ReadingSteps[str | None]:
    """Read a `//`, `#` or `/* */` comment; None, and nothing read, if there is none.

    value_due: a value is expected, and a `#` directly followed by text may begin one.
    """
    while not source.has(2):
        yield
    two = source.text[source.at : source.at + 2]
    if two == "/*":
        until = "*/"
    elif two == "//" or (two[0] == "#" and not (value_due and two[1:].isalnum())):
        until = "\n"
    else:
        return None
    parts: list[str] = []
    skip = 2
    while True:
        text, at = source.text, source.at
        end = text.find(until, at + skip)
        if end >= 0 or source.final:
            end = end + len(until) if end >= 0 else len(text)
            parts.append(text[at:end])
            source.at = end
            return "".join(parts).strip()
        keep = len(text) - 1  # a "*" may be the first half of the end
        if keep - at >= 2:
            parts.append(text[at:keep])
            source.at = keep
            skip = 0
        yield
