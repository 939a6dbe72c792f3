"""The pieces of a text that may be the answer: what is fenced, what stands in brackets, and the text itself.

A piece is found by reading it, so that a bracket in a text or in prose ends nothing. Reading goes on behind what was
read; the sum of what is read is bounded, and with it the time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from railguard.parsing.escapes import unescape
from railguard.parsing.reading import Defect, TolerantReading
from railguard.parsing.scalars import scalar
from railguard.parsing.syntax import read_json, read_tolerant, too_deep
from railguard.values import UNSET, Limits, Path, Repair

__all__ = ["MOST_CANDIDATES", "Candidate", "Candidates", "How", "candidates"]

How: TypeAlias = Literal["whole", "fence", "prose", "text"]
"""whole: nothing stands around it. fence: it is the content of a code fence. prose: it stands in other text. text: it
is no JSON, but the text, or a fence's content, as it stands."""

MOST_CANDIDATES = 500
"""The most pieces of one text; beyond it none is chosen."""

_MOST_SPOILT = 100  # pieces in prose that look like JSON and turn out to be none
_READ_TWICE = 6  # what is read in all, as a multiple of the text's length

_TAGS = r"think|thinking|thought|thoughts|reasoning|reflection|scratchpad|analysis|chain_of_thought"
_OPEN_TAG = re.compile(rf"<({_TAGS})(?:\s[^<>]{{0,200}})?>", re.IGNORECASE)
_CLOSE_TAG = re.compile(rf"</(?:{_TAGS})\s*>", re.IGNORECASE)
_MARK = re.compile(
    rf"`{{3,}}|~{{3,}}|[{{\[]|<(?:{_TAGS})(?:\s[^<>]{{0,200}})?>|[A-Za-z_][\w.]{{0,60}}\(\s*[A-Za-z_]\w{{0,60}}\s*=(?!=)",
    re.IGNORECASE,
)
_INFO = re.compile(r"[ \t]*([A-Za-z][\w+.#-]{0,30})?")
_PLAUSIBLE = re.compile(
    r"[\[{(](?:\s|\\n)*+,?\s*+(?:[\"'“„‘‚«`{}\[\]]|[-+.]?[0-9]|//|#|/\*|\\\"|(?:true|false|null|True|False|None)\b"
    r"|[^\W\d][\w $.'/-]{0,60}[\"'”]?\s*[:=,}\]]"
    r"|[^\s\"'{}\[\]:,][^\"'{}\[\]:,\n]{0,60}:)"
)
_ESCAPED = re.compile(r"[\[{]\s*(?:\\n\s*)*(?:[\[{]\s*)?\\\"")
_MEMBER = re.compile(r"\"[^\"\n{}\[\]]{1,80}\"\s*:")
_LEAD = re.compile(r"[\ufeff \t\r\n]*")
_END = re.compile(r"(?:[\s`~.;*}\])]|</?[A-Za-z][\w-]{0,40}>|<\|[\w-]{1,40}\|>)*")
_WRAPPER = re.compile(r"\s*<([A-Za-z][\w-]{0,40})>(.*)</\1\s*>\s*\Z", re.DOTALL)
_TEXT_INFO = {"", "json", "json5", "jsonc", "text", "txt", "plaintext", "plain", "output", "answer", "markdown", "md"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One piece: where it stands, how it was found, and what was read. sure: False inside reasoning that did not end."""

    start: int
    end: int
    how: How
    reading: TolerantReading
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Candidates:
    """The pieces in the order of the text. crowded: there were too many of them, or too much to read."""

    found: tuple[Candidate, ...]
    crowded: bool = False


def candidates(text: str, limits: Limits) -> Candidates:
    """The pieces of a text that may be the answer.

    >>> [(c.how, c.reading.value) for c in candidates('Sure: {"a": 1}. Or [2]?', Limits()).found[:2]]
    [('prose', {'a': 1}), ('prose', [2])]
    """
    found: list[Candidate] = []
    texts: list[Candidate] = []
    begin = _behind_reasoning(text)
    at = said = begin
    lead = _LEAD.match(text, begin)
    first = lead.end() if lead is not None else begin  # where the text begins
    spoken: list[str] = []  # the text without reasoning
    budget = _READ_TWICE * len(text) + 10_000
    sure = True
    crowded = False
    spoilt = 0
    while (mark := _MARK.search(text, at)) is not None:
        start = mark.start()
        opening = text[start]
        at = mark.end()
        if opening == "<":
            close = _CLOSE_TAG.search(text, at) if sure else None
            if close is None:
                sure = False
            else:
                at = close.end()
                spoken.append(text[said:start])
                said = at
            continue
        how: How = "prose"
        if opening in "`~":
            info = _INFO.match(text, at)
            assert info is not None  # it matches the empty text
            inside = info.end()
            while inside < len(text) and text[inside].isspace():
                inside += 1
            if inside < len(text) and text[inside] in "{[(":
                start = inside
                how = "fence"
            else:
                content = _fenced_text(text, at, mark.group()) if len(texts) < MOST_CANDIDATES else None
                if content is not None and (info[1] or "").lower() in _TEXT_INFO:
                    texts.append(
                        Candidate(
                            content[0], content[1], "text", _read_text(text[content[0] : content[1]], limits), sure
                        )
                    )
                continue
        elif _PLAUSIBLE.match(text, start) is None and not opening.isalpha() and opening != "_":
            continue
        if len(found) + len(texts) >= MOST_CANDIDATES or spoilt > _MOST_SPOILT or budget < 0:
            crowded = True
            break
        if _ESCAPED.match(text, start) is not None:
            how = "whole" if start == first else how
            found.append(Candidate(start, len(text), how, _read_escaped(text, start, limits), sure))
            break
        reading = read_tolerant(text, limits, start)
        if reading.end < len(text) and too_deep(reading.value, limits.depth - 1):
            # Given up at the limit of depth: what is behind belongs to it, and is no piece of its own.
            found.append(Candidate(start, len(text), "whole" if start == first else how, reading, sure))
            break
        budget -= reading.end - start
        if not sure and (reading.open or not _ends_there(text, reading.end)):
            continue  # the end of the text cut off the reasoning, not an answer
        spoilt += how == "prose" and bool(reading.problems)
        if text[reading.end : reading.end + 1] == "(" and opening == "[":
            continue  # a link
        if how == "prose" and start == first and not text[reading.end :].strip():
            how = "whole"
        found.append(Candidate(start, reading.end, how, reading, sure))
        looks_like_json = how != "prose" or text[start + 1 : start + 40].lstrip()[:1] in ('"', "'", "{", "[")
        at = max(at, reading.end) if looks_like_json or not (reading.open or reading.problems) else start + 1
    rest = "".join((*spoken, text[said:])).strip("\ufeff \t\r\n")
    wrapper = _WRAPPER.match(rest)
    if wrapper is not None:
        inner = wrapper[2].strip()
        if inner:
            texts.append(Candidate(begin, len(text), "text", _read_text(inner, limits), sure))
    if not found and _MEMBER.match(rest) is not None:
        reading = read_tolerant("{" + rest, limits)
        step = Repair(Path(), "missing-bracket", UNSET, "{", "syntax")
        found.append(Candidate(begin, len(text), "whole", replace(reading, repairs=(step, *reading.repairs)), sure))
    if rest:
        texts.append(Candidate(begin, len(text), "text", _read_text(rest, limits), sure))
    return Candidates((*found, *texts), crowded)


def _ends_there(text: str, at: int) -> bool:
    """Whether nothing but what closes an answer stands behind `at`."""
    match = _END.match(text, at)
    return match is not None and match.end() == len(text)


def _behind_reasoning(text: str) -> int:
    """The offset behind reasoning that is closed but was never opened, as some models' templates leave it."""
    close = _CLOSE_TAG.search(text)
    if close is None or not text[close.end() :].strip():
        return 0
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        return 0
    return close.end() if _OPEN_TAG.search(text, 0, close.start()) is None else 0


def _fenced_text(text: str, at: int, fence: str) -> tuple[int, int] | None:
    """The span of a fence's content, without its info string and the white space around it; None if it does not end."""
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


def _read_escaped(text: str, start: int, limits: Limits) -> TolerantReading:
    """JSON that was escaped once more, as for the inside of a string: `{\\"a\\": 1}`."""
    inner = unescape(text[start:])
    reading = read_tolerant(inner.text, limits)
    step = Repair(Path(), "escaped-json", UNSET, UNSET, "syntax" if inner.kind is None else "judgement")
    problems = reading.problems if inner.problem is None else (*reading.problems, Defect(Path(), "json", inner.problem))
    return replace(reading, repairs=(step, *reading.repairs), problems=problems, end=len(text))


def _read_text(text: str, limits: Limits) -> TolerantReading:
    """A text that is no object or list: JSON, one quoted text, a number or word in another spelling, or what it is."""
    plain = read_json(text, limits)
    if plain is not None:
        return plain
    if text[0] in "\"'“`":
        quoted = read_tolerant(text, limits)
        if quoted.end == len(text) and isinstance(quoted.value, str) and not quoted.problems and quoted.cut is None:
            return quoted
    found = scalar(text, limits.integer_digits) if len(text) <= 10_000 else None
    value = text if found is None or found.problem is not None else found.value
    return TolerantReading(value, end=len(text), source=text)
