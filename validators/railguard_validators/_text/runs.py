"""Finds the run of characters without white space around an offset: a word as people select it."""

from __future__ import annotations

__all__ = ["run_at"]


def run_at(text: str, at: int) -> tuple[int, int]:
    """Return (start, end) of the run around the character at `at`.

    >>> run_at("a Railguard is", 6)
    (2, 11)
    """
    start, end = at, at + 1
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end
