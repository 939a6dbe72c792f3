"""What is wrong, collected while a document is read. Reading goes on after a problem, so that all are found.

A deviation from the 1.0 dialect is an error in a 1.0 document and a warning in an older one: that one decision is here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping

from railguard.errors import Problem
from railguard.rail.source import Source
from railguard.rail.xml import Element
from railguard.validation.registry import opposite

__all__ = ["Report"]

_COMPARISONS = 10_000
_LONG_UNIT = re.compile(r"&[^;]*;|\r\n")  # one character in the value, several in the source
_LONGEST = 64
_LISTS = ("validators", "format")  # what is wrong in them is one call, and seldom the whole


class Report:
    """The problems of one document. `strict` is set once its dialect is known."""

    def __init__(self, source: Source, *, strict: bool = False) -> None:
        self.source = source
        self.strict = strict
        self._found: list[tuple[int, str, str, str, str | None]] = []
        self._offsets: dict[int, tuple[list[int], list[int]]] = {}
        self._ends: dict[int, int] = {}
        self._comparisons = 0

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return any(severity == "error" for _, severity, *_ in self._found)

    def error(self, code: str, message: str, at: int, hint: str | None = None) -> None:
        """Something that is wrong in every dialect."""
        self._found.append((at, "error", code, message, hint))

    def warn(self, code: str, message: str, at: int, hint: str | None = None) -> None:
        """Something odd that is read all the same."""
        self._found.append((at, "warning", code, message, hint))

    def deviation(self, code: str, message: str, at: int, hint: str | None = None, *, reading: str) -> None:
        """Something the 1.0 dialect refuses and an older document may hold; `reading` says what is made of it there."""
        if self.strict:
            self.error(code, message, at, hint)
        else:
            self.warn(code, f"{message}: {reading}", at, hint)

    def at_attribute(self, element: Element, name: str) -> int:
        """The offset of an attribute's name."""
        start = element.spans(self.source.text)[name][0]
        self._ends[start] = start + len(name)
        return start

    def at_value(self, element: Element, name: str, offset: int = 0) -> int:
        """The offset of a character of an attribute's value, references counted as what they are in the source."""
        _, start, end = element.spans(self.source.text)[name]
        if not offset and name not in _LISTS:
            self._ends[start] = end
        if start not in self._offsets:
            self._offsets[start] = _source_offsets(self.source.text[start:end])
        after, shifts = self._offsets[start]
        return min(start + offset + shifts[bisect_right(after, offset) - 1], end)

    def suggest(self, word: str, among: Collection[str], known: Mapping[str, str] | None = None) -> str:
        """`; did you mean …?`, or nothing. Comparisons are counted: a hostile document has many misspellings.

        Args:
            word: what was written.
            among: what there is.
            known: words that mean one of these, however unlike they look.
        """
        if (meant := (known or {}).get(word.lower())) is not None:
            return f"; did you mean {meant!r}?"
        self._comparisons += len(among)
        if len(word) > _LONGEST or self._comparisons > _COMPARISONS:
            return ""
        from difflib import get_close_matches

        lowered = {name.lower(): name for name in sorted(among)}
        close = [name for name in get_close_matches(word.lower(), lowered, n=3) if not opposite(word.lower(), name)]
        return f"; did you mean {lowered[close[0]]!r}?" if close else ""

    def problems(self) -> list[Problem]:
        """All problems, in document order."""
        ordered = dict.fromkeys(sorted(self._found, key=lambda found: found[0]))
        return [
            self.source.problem(message, code, at, severity=severity, hint=hint, end=self._ends.get(at))
            for at, severity, code, message, hint in ordered
        ]


def _source_offsets(raw: str) -> tuple[list[int], list[int]]:
    """Of a normalised attribute value (XML 1.0, 3.3.3): offsets in it from which on the source is so much longer."""
    after, shifts = [0], [0]
    for unit in _LONG_UNIT.finditer(raw):
        after.append(unit.start() - shifts[-1] + 1)
        shifts.append(shifts[-1] + len(unit[0]) - 1)
    return after, shifts
