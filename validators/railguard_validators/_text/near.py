"""Finds which of some texts is nearly equal to another one: Levenshtein distance with a limit, in predictable time.

If an entry is cut into d + 1 pieces, a text at most `d` edits away contains one of the pieces unchanged, at most d
positions from its position in the entry. So a few look-ups find the entries to measure, whatever their number.
"""

from __future__ import annotations

from collections.abc import Container, Iterable

__all__ = ["Near", "distance"]


def distance(a: str, b: str, most: int) -> int:
    """Return the Levenshtein distance of two texts (insertions, deletions, replacements); `most` + 1 if it is larger.

    >>> distance("guard", "gaurd", 2), distance("guard", "gard", 2), distance("guard", "rail", 2)
    (2, 1, 3)
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    row = list(range(len(b) + 1))
    for i, char in enumerate(a, 1):
        low, high = max(1, i - most), min(len(b), i + most)
        diagonal, row[low - 1] = row[low - 1], i if low == 1 else most + 1
        for j in range(low, high + 1):
            above = row[j] if j < i + most else most + 1
            row[j], diagonal = min(diagonal + (char != b[j - 1]), above + 1, row[j - 1] + 1), row[j]
    return min(row[-1], most + 1)


class Near:
    """Entries, each with its largest number of edits: `{"guard": 1}`.

    >>> near = Near({"railguard": 2, "guard": 1})
    >>> near.find("gard"), near.find("reilguart"), near.find("garage")
    (('guard', 1), ('railguard', 2), None)
    """

    __slots__ = ("_allowed", "_cuts", "_pieces", "longest")

    def __init__(self, allowed: dict[str, int]) -> None:
        self._allowed = {entry: most for entry, most in allowed.items() if most > 0}
        self.longest = max((len(entry) + most for entry, most in self._allowed.items()), default=0)
        # (length of the entry, start of the piece in it, the piece) → the entries
        self._pieces: dict[tuple[int, int, str], list[str]] = {}
        # length of a text → (length of the entry, start of a piece, its length, how far it may have moved)
        self._cuts: dict[int, set[tuple[int, int, int, int]]] = {}
        for entry, most in self._allowed.items():
            size = len(entry)
            for start, end in _cut(size, most + 1):
                self._pieces.setdefault((size, start, entry[start:end]), []).append(entry)
                for length in range(size - most, size + most + 1):
                    self._cuts.setdefault(length, set()).add((size, start, end - start, most))

    @property
    def lengths(self) -> Container[int]:
        """The possible lengths of a text that is near to any entry."""
        return self._cuts

    def find(self, text: str) -> tuple[str, int] | None:
        """Return the nearest entry and its distance; None if none is near enough."""
        best: tuple[int, str] | None = None
        for entry in self._candidates(text):
            most = self._allowed[entry]
            found = (distance(text, entry, most), entry)
            if found[0] <= most and (best is None or found < best):
                best = found
        return None if best is None else (best[1], best[0])

    def _candidates(self, text: str) -> Iterable[str]:
        found: dict[str, None] = {}
        for size, start, width, most in self._cuts.get(len(text), ()):
            for at in range(max(0, start - most), start + most + 1):
                found.update(dict.fromkeys(self._pieces.get((size, start, text[at : at + width]), ())))
        return found


def _cut(size: int, parts: int) -> list[tuple[int, int]]:
    return [(size * part // parts, size * (part + 1) // parts) for part in range(parts)]
