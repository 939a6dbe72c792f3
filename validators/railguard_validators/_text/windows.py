"""Finds the parts of a text around some literals: a slow pattern need only be tried there."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["around", "chunks_of", "places"]


def places(text: str, literals: Iterable[str]) -> list[tuple[int, int]]:
    """Return (start, end) of some literals in a text, in order.

    >>> places("a key, a pass, a key", ("pass", "key"))
    [(2, 5), (9, 13), (17, 20)]
    """
    found: list[tuple[int, int]] = []
    for literal in literals:
        at = text.find(literal)
        while at >= 0:
            found.append((at, at + len(literal)))
            at = text.find(literal, at + len(literal))
    found.sort()
    return found


def chunks_of(text: str, parts: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return (start, end) of the parts of a text between spaces that some parts, which are sorted, are in or touch.

    >>> text = "it is a good-natured dog"
    >>> [text[start:end] for start, end in chunks_of(text, [(9, 10), (10, 14), (16, 18)])]
    ['good-natured']
    """
    chunks: list[tuple[int, int]] = []
    behind = 0
    for first, last in parts:
        if last < behind:
            continue
        start = max(behind, text.rfind(" ", behind, first) + 1)
        end = text.find(" ", last)
        behind = len(text) if end < 0 else end
        chunks.append((start, behind))
    return chunks


def around(found: Iterable[tuple[int, int]], size: int, before: int, after: int) -> list[tuple[int, int]]:
    """Return (start, end) of the parts of a text of `size` characters, from `before` characters before each found
    literal to `after` characters after it; `found` is sorted. The parts are sorted too, and adjacent ones are joined,
    so that the work stays linear in the text.

    >>> around([(2, 3), (8, 9), (9, 10), (20, 21)], 21, 1, 2)
    [(1, 5), (7, 12), (19, 21)]
    """
    parts: list[tuple[int, int]] = []
    for first, last in found:
        start, end = max(0, first - before), min(size, last + after)
        if parts and start <= parts[-1][1]:
            start, end = parts[-1][0], max(end, parts.pop()[1])
        parts.append((start, end))
    return parts
