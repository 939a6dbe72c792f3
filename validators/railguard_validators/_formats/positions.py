"""Positions in a text: lines and columns from 1, columns in characters."""

from __future__ import annotations

__all__ = ["offset", "place", "span"]


def place(text: str, at: int) -> str:
    """Describe an offset in words.

    >>> place("a\\nbc", 3)
    'line 2, column 2'
    """
    return f"line {text.count(chr(10), 0, at) + 1:,}, column {at - text.rfind(chr(10), 0, at):,}"


def offset(text: str, line: int, column: int) -> int:
    """Return the offset of a line and a column, both from 1; positions beyond a line or the text become the end of the
    text.

    >>> offset("a\\nbc", 2, 2), offset("a", 9, 9)
    (3, 1)
    """
    at = 0
    for _ in range(line - 1):
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        at = end + 1
    return min(at + max(column - 1, 0), len(text))


def span(text: str, at: int, length: int = 1) -> tuple[int, int]:
    """Return the range of some characters from an offset, within the text.

    >>> span("abc", 1), span("abc", 3)
    ((1, 2), (3, 3))
    """
    at = min(max(at, 0), len(text))
    return at, min(at + length, len(text))
