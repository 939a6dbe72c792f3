"""Collects the problems of a document while it is read. Reading continues after a problem, so that all are found.

A deviation from version 1.0 is an error in a 1.0 document and a warning in an older one: this file makes that decision.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from railguard.errors import Problem
from railguard.rail.source import Source, source_shifts
from railguard.rail.xml import Element
from railguard.validation.registry import opposite

if TYPE_CHECKING:
    from railguard.rail.syntax import Fault

__all__ = ["FoundProblem", "Report"]

_COMPARISONS = 10_000
_LONGEST = 64
_LISTS = ("validators", "format")  # one call in it is wrong, and rarely the whole value


class FoundProblem(NamedTuple):
    """One problem, at an offset of the source."""

    at: int
    severity: str
    code: str
    message: str
    hint: str | None


class Report:
    """The problems of one document. `strict` is set once its version is known. ends: maps the start of a range to its
    end.
    """

    def __init__(self, source: Source, *, strict: bool = False) -> None:
        self.source = source
        self.strict = strict
        self.found: list[FoundProblem] = []
        self._offsets: dict[int, tuple[list[int], list[int]]] = {}
        self.ends: dict[int, int] = {}
        self._comparisons = 0

    @property
    def failed(self) -> bool:
        """Whether an error was found."""
        return any(severity == "error" for _, severity, *_ in self.found)

    def error(self, code: str, message: str, at: int, hint: str | None = None) -> None:
        """Add an error in every version."""
        self.found.append(FoundProblem(at, "error", code, message, hint))

    def warn(self, code: str, message: str, at: int, hint: str | None = None) -> None:
        """Add a warning: the document is read all the same."""
        self.found.append(FoundProblem(at, "warning", code, message, hint))

    def deviation(self, code: str, message: str, at: int, hint: str | None = None, *, reading: str) -> None:
        """Add a deviation: version 1.0 refuses it, and an older document may contain it; `reading` says how it is read
        there.
        """
        if self.strict:
            self.error(code, message, at, hint)
        else:
            self.warn(code, f"{message}: {reading}", at, hint)

    def places(self) -> list[tuple[int, str]]:
        """Return the offset and the code of every problem."""
        return [(at, code) for at, _, code, *_ in self.found]

    def faults(self, faults: Iterable[Fault]) -> None:
        """Add violations of XML's syntax."""
        for fault in faults:
            self.error(fault.code, fault.message, fault.start, fault.hint)
            self.ends[fault.start] = fault.end

    def at_attribute(self, element: Element, name: str) -> int:
        """Return the offset of an attribute's name."""
        start = element.spans(self.source.text)[name][0]
        self.ends[start] = start + len(name)
        return start

    def at_value(self, element: Element, name: str, offset: int = 0) -> int:
        """Return the offset of a character of an attribute's value; references have their length in the source."""
        _, start, end = element.spans(self.source.text)[name]
        if not offset and name not in _LISTS:
            self.ends[start] = end
        if start not in self._offsets:
            self._offsets[start] = source_shifts(self.source.text[start:end])
        after, shifts = self._offsets[start]
        return min(start + offset + shifts[bisect_right(after, offset) - 1], end)

    def suggest(self, word: str, among: Collection[str], known: Mapping[str, str] | None = None) -> str:
        """Return `; did you mean …?`, or nothing. The number of comparisons is limited: a hostile document has many
        misspellings.

        Args:
            word: the word in the document.
            among: the valid names.
            known: other words for these names, which may look different.
        """
        meant = self.closest(word, among, known)
        return "" if meant is None else f"; did you mean {meant!r}?"

    def closest(self, word: str, among: Collection[str], known: Mapping[str, str] | None = None) -> str | None:
        """Return the name that a word was probably meant to be; None if none is similar. Arguments as for `suggest`."""
        if (meant := (known or {}).get(word.lower())) is not None and meant in among:
            return meant
        self._comparisons += len(among)
        if len(word) > _LONGEST or self._comparisons > _COMPARISONS:
            return None
        from difflib import get_close_matches

        lowered = {name.lower(): name for name in sorted(among)}
        close = [name for name in get_close_matches(word.lower(), lowered, n=3) if not opposite(word.lower(), name)]
        return lowered[close[0]] if close else None

    def problems(self, keep: Callable[[str, int], bool] = lambda code, at: True) -> list[Problem]:
        """Return all problems in document order. keep: selects problems by their code and offset."""
        found = (one for one in self.found if keep(one[2], one[0]))
        ordered = dict.fromkeys(sorted(found, key=lambda one: one[0]))
        return [
            self.source.problem(message, code, at, severity=severity, hint=hint, end=self.ends.get(at))
            for at, severity, code, message, hint in ordered
        ]
