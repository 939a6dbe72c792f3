"""Text that arrives in pieces: what is not read yet, and whether more will come.

A generator that reads it moves `at` forward past what it is done with and yields when it needs more; what is behind
`at` is dropped with the next piece, so nothing is kept or looked at twice.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TypeAlias, TypeVar

__all__ = ["WINDOW", "Source", "Steps", "comment", "mark_behind", "space"]

T = TypeVar("T")

Steps: TypeAlias = Generator[None, None, T]
"""A reading that pauses, by yielding, until the source has more text or is final."""

WINDOW = 320
"""How far ahead a decision may look, in characters."""

_SPACE = re.compile(r"[\s\ufeff\u200b]*").match


class Source:
    """text: what was received and not dropped. at: the offset in it of what is to be read next. base: how much was
    dropped. final: no more will come. steps: how often reading went on or back to work."""

    __slots__ = ("at", "base", "final", "steps", "text")

    def __init__(self) -> None:
        self.text = ""
        self.at = 0
        self.base = 0
        self.final = False
        self.steps = 0

    def feed(self, piece: str) -> None:
        """Append a piece, and drop what was read."""
        self.text = self.text[self.at :] + piece if self.at < len(self.text) else piece
        self.base += self.at
        self.at = 0

    def ahead(self, skip: int = 0) -> tuple[str, bool]:
        """The next WINDOW characters behind `skip` more, and whether a longer wait would not change them."""
        window = self.text[self.at + skip : self.at + skip + WINDOW]
        return window, self.final or len(window) == WINDOW

    def has(self, count: int) -> bool:
        """Whether `count` characters are there, or never will be."""
        return self.final or len(self.text) - self.at >= count

    @property
    def offset(self) -> int:
        """The offset of `at` in the whole text."""
        return self.base + self.at


def space(text: str, at: int) -> int:
    """The offset behind white space, byte order marks and zero-width spaces."""
    return _SPACE(text, at).end()  # type: ignore[union-attr]  # it matches the empty text


def mark_behind(source: Source) -> Steps[str]:
    """The first character behind the current one that is no space; "" for none within the window."""
    while True:
        window, complete = source.ahead(1)
        rest = window.lstrip()
        if rest or complete:
            return rest[:1]
        yield


def comment(source: Source, value_due: bool) -> Steps[str | None]:
    """Read a `//`, `#` or `/* */` comment; None, and nothing read, if there is none.

    value_due: a value is expected, and a `#` with text right behind it may begin one.
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
