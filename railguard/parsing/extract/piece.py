"""Finds the only JSON value of a text with a code fence or words around it, by its brackets, without parsing it.

It is the answer if the parser accepts it unchanged. If anything else in the text may be an answer, or if the words
around the value may qualify it, there is no such piece, and `candidates.py` examines the whole text.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from railguard.lazy import regex
from railguard.parsing.extract.cues import is_qualified
from railguard.parsing.json.fullwidth import has_other_marks
from railguard.parsing.json.plain import BLANK, GOES_ON
from railguard.values import RepairNote

__all__ = ["CALL_PATTERN", "Piece", "only_piece", "surrounding_note"]

CALL_PATTERN: Final = r"[A-Za-z_][\w.]{0,60}\(\s*[A-Za-z_]\w{0,60}\s*=(?!=)"
"""The beginning of a value written as a call of its class."""

_LONGEST = 20_000  # the characters around the value
_CALL = regex(CALL_PATTERN)
_FENCE = regex(r"`{3,}|~{3,}")
_FENCE_BEFORE = regex(r"(?:`{3,}|~{3,})[ \t]*(?:[A-Za-z][\w+.#-]{0,30})?\s*\Z")


class Piece(NamedTuple):
    """A part of a text.

    Attributes:
        text: The part.
        start: Where it begins in the whole text.
        end: Where it ends.
        how: "whole" if nothing but white space is around it, "fence" if it is the content of a code fence, else
            "prose".
    """

    text: str
    start: int
    end: int
    how: Literal["whole", "fence", "prose"]

    def notes(self, source: str) -> tuple[RepairNote, ...]:
        """Return the notes for the repair of the whole value. source: the whole text."""
        return () if self.how == "whole" else (surrounding_note(source, self.start, self.end, self.how),)


def only_piece(text: str) -> Piece | None:
    """Return the only value in brackets in a text; None if there may be several, or if the words around it may qualify
    it.

    >>> only_piece('Here it is: {"a": 1}').text
    '{"a": 1}'
    >>> only_piece('<think>{}</think> {"a": 1}') is None
    True
    """
    starts = [at for at in (text.find("{"), text.find("[")) if at >= 0]
    start, end = min(starts, default=0), max(text.rfind("}"), text.rfind("]")) + 1
    if end <= start or not starts or len(text) - (end - start) > _LONGEST:
        return None
    before, behind = text[:start], text[end:]
    if "<" in before or "<" in behind or has_other_marks(before) or has_other_marks(behind):
        return None  # reasoning, an element around the answer, other brackets
    if behind[:1] == "(" or behind.lstrip(" \t\r\n")[:1] in GOES_ON:
        return None
    if ("(" in before and _CALL.search(before)) or ("(" in behind and _CALL.search(behind)):
        return None
    fences = len(_FENCE.findall(before))
    if len(_FENCE.findall(behind)) > fences or fences > 1 or (fences and not _FENCE_BEFORE.search(before)):
        return None
    if not before.strip(BLANK) and not behind.strip():
        return Piece(text[start:end], start, end, "whole")
    if is_qualified(text, start, end):
        return None
    return Piece(text[start:end], start, end, "fence" if fences else "prose")


def surrounding_note(text: str, start: int, end: int, how: str) -> RepairNote:
    """Return the note for an answer with a fence or words around it. how: "fence", or anything else for words."""
    shown = text if len(text) <= 200 else text[:200] + "…"
    return RepairNote("fence" if how == "fence" else "prose", shown, text[start:end], "syntax")
