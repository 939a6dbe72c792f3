"""Finds the candidates: pieces of a text that may be the answer. A code fence, a value in brackets, or the text itself.

A candidate is found by parsing it, so that brackets inside of strings and prose do not end it. Parsing continues after
each parsed value; the total of the parsed text is limited, and so is the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from railguard.lazy import regex
from railguard.parsing.extract.piece import CALL_PATTERN
from railguard.parsing.extract.reasoning import CLOSE_TAG, TAG_PATTERN, behind_reasoning
from railguard.parsing.json.escapes import unescape
from railguard.parsing.json.plain import BLANK, too_deep
from railguard.parsing.json.scalars import scalar
from railguard.parsing.json.whole_text import read_at, read_json, read_tolerant
from railguard.parsing.reading import Parsed, is_problem
from railguard.values import UNSET, Doubt, History, Limits, Note, Path, RepairNote, Spelling, Traced

__all__ = ["LONGEST_RUN", "MOST_CANDIDATES", "MOST_ROWS", "Candidate", "Candidates", "How", "candidates", "prefixed"]

How: TypeAlias = Literal["whole", "fence", "prose", "rows", "text"]
"""whole: there is nothing around it. fence: it is the content of a code fence. prose: there is text around it. rows:
the list of many objects without anything between them. text: it is not JSON, but the text, or a fence's content,
itself.
"""

MOST_CANDIDATES = 500
"""Largest number of pieces of one text; with more, none is selected."""

LONGEST_RUN = 100
"""Largest number of consecutive objects that are separate pieces; more become a list."""

MOST_ROWS = 50_000
"""Largest number of objects in one run."""

_MOST_SPOILT = 100  # pieces in prose that look like JSON and are not
_READ_TWICE = 6  # the total of the parsed text, as a multiple of the text's length

_MARK = regex(rf"`{{3,}}|~{{3,}}|[{{\[]|{TAG_PATTERN}|{CALL_PATTERN}", re.IGNORECASE)
_INFO = regex(r"[ \t]*([A-Za-z][\w+.#-]{0,30})?")
_PLAUSIBLE = regex(
    r"[\[{(](?:\s|\\n)*+,?\s*+(?:[\"'“„‘‚«`{}\[\]]|[-+.]?[0-9]|//|#|/\*|\\\"|(?:true|false|null|True|False|None)\b"
    r"|[^\W\d][\w $.'/-]{0,60}[\"'”]?\s*[:=,}\]]"
    r"|[^\s\"'{}\[\]:,][^\"'{}\[\]:,\n]{0,60}:)"
)
_ESCAPED = regex(r"[\[{]\s*(?:\\n\s*)*(?:[\[{]\s*)?\\\"")
_MEMBER = regex(r"\"[^\"\n{}\[\]]{1,80}\"\s*:")
_LEAD = regex(r"[\ufeff \t\r\n]*")
_NEXT_ROW = regex(r"[\s,;]*+(?=\{)")
_END = regex(r"(?:[\s`~.;*}\])]|</?[A-Za-z][\w-]{0,40}>|<\|[\w-]{1,40}\|>)*")
_WRAPPER = regex(r"\s*<([A-Za-z][\w-]{0,40})>(.*)</\1\s*>\s*\Z", re.DOTALL)
_NO_ANSWER = {"example", "examples"}
_TEXT_INFO = {"", "json", "json5", "jsonc", "text", "txt", "plaintext", "plain", "output", "answer", "markdown", "md"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One piece: its position, how it was found, and its value. sure: False inside reasoning that did not end. raw: it
    is text without quotes around it, and not a number or word of JSON.
    """

    start: int
    end: int
    how: How
    traced: Traced
    sure: bool = True
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Candidates:
    """The pieces in the order of the text. crowded: there were too many of them, or too much to parse."""

    found: tuple[Candidate, ...]
    crowded: bool = False


def prefixed(traced: Traced, *notes: Note) -> Traced:
    """Return the same value with notes before all its others."""
    if not notes:
        return traced
    old = traced.history
    first = min((order for order, _ in old.notes), default=0)
    numbered = enumerate(notes, min(first, 0) - len(notes))
    return Traced(traced.value, History((*numbered, *old.notes), old.below, old.latest))


def candidates(text: str, limits: Limits, *, rows: bool = True) -> Candidates:
    """Return the pieces of a text that may be the answer. rows: whether many consecutive objects can be an answer.

    >>> [(c.how, c.traced.value) for c in candidates('Sure: {"a": 1}. Or [2]?', Limits()).found[:2]]
    [('prose', {'a': 1}), ('prose', [2])]
    """
    finder = _Finder(text, limits, rows)
    finder.find()
    return Candidates((*finder.found, *finder.texts), finder.crowded)


class _Finder:
    """One search through a text."""

    def __init__(self, text: str, limits: Limits, rows: bool) -> None:
        self.found: list[Candidate] = []
        self.texts: list[Candidate] = []
        self.crowded = False
        self._text = text
        self._limits = limits
        self._size = len(text.strip(BLANK))  # all of it was found not to be JSON
        self._rows = rows
        self._budget = _READ_TWICE * len(text) + 10_000
        self._spoilt = 0
        self._sure = True
        self._run = 0  # the number of consecutive pieces at the end
        self._begin = behind_reasoning(text)
        lead = _LEAD.match(text, self._begin)
        self._first = lead.end() if lead is not None else self._begin  # the start of the text

    def find(self) -> None:
        """Fill `found` and `texts`."""
        text = self._text
        at = said = self._begin
        spoken: list[str] = []  # the text without reasoning
        while (mark := _MARK.search(text, at)) is not None:
            start = mark.start()
            if text[start] == "<":
                close = CLOSE_TAG.search(text, mark.end()) if self._sure else None
                at = mark.end()
                if close is None:
                    self._sure = False
                else:
                    at = close.end()
                    spoken.append(text[said:start])
                    said = at
                continue
            at = self._piece(mark)
            if at < 0:
                break
        rest = "".join((*spoken, text[said:])).strip("\ufeff \t\r\n")
        self._add_texts(rest)

    def _piece(self, mark: re.Match[str]) -> int:
        """Parse the piece at a mark, if there is one; returns the offset to continue at, or -1 to stop."""
        text, start = self._text, mark.start()
        opening = text[start]
        how: How = "prose"
        if opening in "`~":
            inside = self._inside_fence(mark)
            if inside is None:
                return mark.end()
            start, how = inside, "fence"
        elif _PLAUSIBLE.match(text, start) is None and not opening.isalpha() and opening != "_":
            return mark.end()
        count = len(self.found) + len(self.texts)
        if count >= MOST_CANDIDATES or self._spoilt > _MOST_SPOILT or self._budget < 0:
            self.crowded = True
            return -1
        if _ESCAPED.match(text, start) is not None:
            how = "whole" if start == self._first else how
            self.found.append(Candidate(start, len(text), how, _read_escaped(text, start, self._limits), self._sure))
            return -1
        parsed = read_at(text, self._limits, start)
        end = parsed.end
        self._budget -= end - start
        if end < len(text) and too_deep(parsed.traced.value, self._limits.depth - 1):
            # Given up at the limit of depth: the text after it belongs to it, and is not a separate piece.
            how = "whole" if start == self._first else how
            self.found.append(Candidate(start, len(text), how, parsed.traced, self._sure))
            return -1
        doubts = [note for note in parsed.traced.history.all_notes() if isinstance(note, Doubt)]
        is_open = any(note.kind == "open" for note in doubts)
        if not self._sure and (is_open or not _ends_there(text, end)):
            return mark.end()  # the end of the text cut off the reasoning, not an answer
        is_doubted = any(map(is_problem, doubts))
        self._spoilt += how == "prose" and is_doubted
        if text[end : end + 1] == "(" and opening == "[":
            return mark.end()  # a link
        if how == "prose" and start == self._first and not text[end:].strip():
            how = "whole"
        if self._in_run(start, parsed, is_doubted):
            if not self._rows:
                self.crowded = True
                return -1
            return self._read_rows(parsed)
        self.found.append(Candidate(start, end, how, parsed.traced, self._sure))
        looks_like_json = how != "prose" or text[start + 1 : start + 40].lstrip()[:1] in ('"', "'", "{", "[")
        return max(mark.end(), end) if looks_like_json or not (is_open or is_doubted) else start + 1

    def _inside_fence(self, mark: re.Match[str]) -> int | None:
        """Return the start of the JSON in a code fence. None if there is none: its text is stored."""
        text, at = self._text, mark.end()
        info = _INFO.match(text, at)
        assert info is not None  # it matches the empty text
        inside = info.end()
        while inside < len(text) and text[inside].isspace():
            inside += 1
        if inside < len(text) and text[inside] in "{[(":
            return inside
        content = _fenced_text(text, at, mark.group()) if len(self.texts) < MOST_CANDIDATES else None
        if content is not None and (info[1] or "").lower() in _TEXT_INFO:
            self._add_text(content[0], content[1], text[content[0] : content[1]])
        return None

    def _in_run(self, start: int, parsed: Parsed, is_doubted: bool) -> bool:
        """Whether this object follows so many others that they are rows."""
        last = self.found[-1] if self.found else None
        follows = last is not None and isinstance(last.traced.value, dict)
        follows = follows and last is not None and not self._text[last.end : start].strip(" \t\r\n,;")
        is_row = isinstance(parsed.traced.value, dict) and not is_doubted
        self._run = self._run + 1 if follows and is_row else int(is_row)
        return self._run > LONGEST_RUN

    def _read_rows(self, last: Parsed) -> int:
        """Combine the last objects, this one, and those that follow to one piece; returns its end."""
        text, limits = self._text, self._limits
        earlier = self.found[-LONGEST_RUN:]
        del self.found[-LONGEST_RUN:]
        values = [one.traced.value for one in earlier]
        notes: list[tuple[tuple[str | int, ...], Note]] = []

        def keep(traced: Traced, index: int) -> None:
            if traced.history:
                in_order = sorted(traced.history.walk(), key=lambda note: note[1])
                notes.extend(((index, *path), note) for path, _, note in in_order)

        for index, one in enumerate(earlier):
            keep(one.traced, index)
        while True:
            keep(last.traced, len(values))
            values.append(last.traced.value)
            self._budget -= last.end - last.start
            self._spoilt += any(isinstance(note, Doubt) for note in last.traced.history.all_notes())
            behind = _NEXT_ROW.match(text, last.end)
            if behind is None or self._spoilt > _MOST_SPOILT:
                break
            if len(values) >= MOST_ROWS or self._budget < 0:
                self.crowded = True
                return -1
            last = read_at(text, limits, behind.end())
            if not isinstance(last.traced.value, dict) or last.end <= behind.end():
                break
        traced = Traced(values, History.of(notes))
        self.found.append(Candidate(earlier[0].start, last.end, "rows", traced, self._sure))
        self._run = 0
        return last.end

    def _add_texts(self, rest: str) -> None:
        """Add the texts that are not JSON: the content of one tag, and everything that is not reasoning."""
        begin, end = self._begin, len(self._text)
        wrapper = _WRAPPER.match(rest)
        if wrapper is not None and wrapper[1].lower() not in _NO_ANSWER and (inner := wrapper[2].strip()):
            self._add_text(begin, end, inner)
        if not self.found and _MEMBER.match(rest) is not None:
            parsed = read_tolerant("{" + rest, self._limits)
            traced = prefixed(parsed.traced, RepairNote("missing-bracket", UNSET, "{", "syntax"))
            self.found.append(Candidate(begin, end, "whole", traced, self._sure))
        if rest:
            self._add_text(begin, end, rest)

    def _add_text(self, start: int, end: int, text: str) -> None:
        traced, raw = _read_text(text, self._limits, may_be_json=len(text) < self._size)
        self.texts.append(Candidate(start, end, "text", traced, self._sure, raw))


def _ends_there(text: str, at: int) -> bool:
    """Whether only closing marks of an answer follow at `at`."""
    match = _END.match(text, at)
    return match is not None and match.end() == len(text)


def _fenced_text(text: str, at: int, fence: str) -> tuple[int, int] | None:
    """Return the span of a fence's content, without its info string and the white space around it; None if it does not
    end.
    """
    end = text.find(fence[:3], at)
    if end < 0:
        return None
    line = text.find("\n", at, end)
    first = line + 1 if line >= 0 else at
    while first < end and text[first].isspace():
        first += 1
    while end > first and text[end - 1].isspace():
        end -= 1
    return (first, end) if first < end else None


def _read_escaped(text: str, start: int, limits: Limits) -> Traced:
    """Parse JSON that was escaped once more, as inside of a string: `{\\"a\\": 1}`."""
    inner = unescape(text[start:])
    parsed = read_at(inner.text, limits)
    notes: list[Note] = [RepairNote("escaped-json", UNSET, UNSET, "syntax" if inner.kind is None else "judgement")]
    if inner.problem is not None:
        notes.append(Doubt("unreadable", inner.problem))
    return prefixed(parsed.traced, *notes)


def _read_text(text: str, limits: Limits, *, may_be_json: bool) -> tuple[Traced, bool]:
    """Read a text that is not an object or list: JSON, one quoted text, a number or word in another notation, or plain
    text; also returns whether it is plain text.
    """
    plain = read_json(text, limits) if may_be_json else None
    if plain is not None:
        return plain.traced, False
    if text[0] in "\"'“`":
        quoted = read_tolerant(text, limits)
        is_text = isinstance(quoted.traced.value, str) and not any(
            isinstance(n, Doubt) for n in quoted.traced.history.all_notes()
        )
        if quoted.end == len(text) and is_text:
            return quoted.traced, False
    found = scalar(text, limits.integer_digits) if len(text) <= 10_000 else None
    if found is None or found.problem is not None or found.rule in (None, "unquoted"):
        return Traced(text), True
    notes: list[tuple[Path, Note]] = [(Path(), RepairNote(found.rule or "", text, found.value, found.kind))]
    if type(found.value) in (int, float):
        notes.append((Path(), Spelling(text)))
    return Traced(found.value, History.of(notes)), False
