"""What is wrong, collected while a document is read. Reading goes on after a problem, so that all are found.

A deviation from the 1.0 dialect is an error in a 1.0 document and a warning in an older one: that one decision is here.
"""

from __future__ import annotations

from collections.abc import Iterable

from railguard.errors import Problem
from railguard.rail.source import Source
from railguard.rail.xml import Element

__all__ = ["Report"]

_SUGGESTIONS = 200
_LONGEST = 64


class Report:
    """The problems of one document. `strict` is set once its dialect is known."""

    def __init__(self, source: Source, *, strict: bool = False) -> None:
        self.source = source
        self.strict = strict
        self._found: list[tuple[int, str, str, str, str | None]] = []
        self._suggested: dict[tuple[str, frozenset[str]], str | None] = {}

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
        return element.spans(self.source.text)[name][0]

    def at_value(self, element: Element, name: str, offset: int = 0) -> int:
        """The offset of a character of an attribute's value, references counted as what they are in the source."""
        _, start, end = element.spans(self.source.text)[name]
        return start + _source_offset(self.source.text[start:end], offset)

    def suggest(self, word: str, among: Iterable[str]) -> str:
        """`; did you mean …?`, or nothing. Searches are counted: a hostile document has many misspellings."""
        known = frozenset(among)
        key = (word, known)
        if key not in self._suggested:
            if len(word) > _LONGEST or len(self._suggested) >= _SUGGESTIONS:
                return ""
            from difflib import get_close_matches

            lowered = {name.lower(): name for name in sorted(known)}
            close = get_close_matches(word.lower(), lowered, n=1)
            self._suggested[key] = lowered[close[0]] if close else None
        found = self._suggested[key]
        return f"; did you mean {found!r}?" if found is not None else ""

    def suggest_validator(self, name: str) -> str:
        """`; did you mean …?` among the registered validators, or nothing; bounded likewise."""
        key = (name, frozenset({"validators"}))
        if key not in self._suggested:
            if len(name) > _LONGEST or len(self._suggested) >= _SUGGESTIONS:
                return ""
            from railguard import registry

            self._suggested[key] = registry.suggest(name)
        found = self._suggested[key]
        return f"; did you mean {found!r}?" if found is not None else ""

    def problems(self) -> list[Problem]:
        """All problems, in document order."""
        ordered = dict.fromkeys(sorted(self._found, key=lambda found: found[0]))
        return [
            self.source.problem(message, code, at, severity=severity, hint=hint)
            for at, severity, code, message, hint in ordered
        ]


def _source_offset(raw: str, offset: int) -> int:
    """Where the character at `offset` of a normalised attribute value begins in its source (XML 1.0, 3.3.3)."""
    if "&" not in raw and "\r" not in raw:
        return min(offset, len(raw))
    at = 0
    for _ in range(offset):
        if at >= len(raw):
            break
        if raw[at] == "&":
            at = raw.index(";", at) + 1
        elif raw.startswith("\r\n", at):
            at += 2
        else:
            at += 1
    return at
