"""Findings in a text: resolves overlaps, counts them, and masks them in the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from railguard import UNSET

__all__ = ["Finding", "kinds", "masked", "settled"]

_PASSES = 12  # the most rounds of masking; a masked text can move a context word closer to another number


class Finding(NamedTuple):
    """A finding from `start` to `end`; if findings overlap, the one with the lower rank is kept."""

    start: int
    end: int
    kind: str
    rank: int = 0


def settled(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings in text order without overlaps: the lower rank is kept, then the longer one.

    >>> settled([Finding(0, 4, "A", 1), Finding(2, 9, "B", 0), Finding(9, 10, "C", 5)])
    [Finding(start=2, end=9, kind='B', rank=0), Finding(start=9, end=10, kind='C', rank=5)]
    """
    kept: list[Finding] = []
    by_start = sorted(set(findings), key=lambda found: (found.start, found.rank, -found.end))
    for found in by_start:
        better = True
        while kept and kept[-1].end > found.start:
            last = kept[-1]
            if (found.rank, last.end - last.start) < (last.rank, found.end - found.start):
                kept.pop()
            else:
                better = False
                break
        if better:
            kept.append(found)
    return kept


def masked(text: str, find: Callable[[str], Sequence[Finding]], mask: Callable[[str], str]) -> object:
    """Replace every finding in the text by `mask(kind)`, repeatedly until there is none; UNSET if that does not end.

    >>> masked("a1b", lambda text: [Finding(1, 2, "digit")] if "1" in text else [], lambda kind: f"<{kind}>")
    'a<digit>b'
    """
    for _ in range(_PASSES):
        findings = find(text)
        if not findings:
            return text
        parts, at = [], 0
        for found in findings:
            parts += [text[at : found.start], mask(found.kind)]
            at = found.end
        text = "".join(parts) + text[at:]
    return UNSET


def kinds(findings: Iterable[Finding]) -> str:
    """Return the number of findings of each kind, most frequent first: "EMAIL_ADDRESS (2), IP_ADDRESS".

    >>> kinds([Finding(0, 1, "B"), Finding(1, 2, "A"), Finding(2, 3, "A")])
    'A (2), B'
    """
    counts = Counter(found.kind for found in findings)
    return ", ".join(kind if count == 1 else f"{kind} ({count:,})" for kind, count in counts.most_common())
