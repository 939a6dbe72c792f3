"""The parts of a text around what was found in it: a slow pattern need only be tried there."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["around"]


def around(found: Iterable[re.Match[str]], size: int, before: int, after: int) -> list[tuple[int, int]]:
    """(start, end) of the parts of a text of `size` characters, from `before` characters ahead of a match to `after`
    behind it. They are in order, and parts that meet are one, so that the work stays linear in the text.

    >>> around(re.finditer("x", "a x bbb xx cccccccc x"), 21, 1, 2)
    [(1, 5), (7, 12), (19, 21)]
    """
    parts: list[tuple[int, int]] = []
    for match in found:
        start, end = max(0, match.start() - before), min(size, match.end() + after)
        if parts and start <= parts[-1][1]:
            start = parts.pop()[0]
        parts.append((start, end))
    return parts
