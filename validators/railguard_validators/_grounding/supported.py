"""Helpers for checks in which each sentence must be supported by itself: wording, marking and removing the sentences
that are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from railguard import UNSET
from railguard_validators._text.sentences import sentences
from railguard_validators._wording import counted, shown

__all__ = ["fraction", "left_out", "more_of_them", "passage", "spoken"]


def spoken(text: str) -> list[tuple[int, int]]:
    """Return (start, end) of the sentences of a text that contain a letter or a digit.

    >>> spoken("One. … Two.")
    [(0, 4), (7, 11)]
    >>> spoken("!!!")
    []
    """
    return [(start, end) for start, end in sentences(text) if any(map(str.isalnum, text[start:end]))]


def left_out(text: str, wrong: Sequence[tuple[int, int]]) -> Any:
    """Return a text without some of its sentences and the white space before them; UNSET if nothing is left, or if the
    rest would be split into other sentences.

    >>> left_out("One. Two.  Three.", [(5, 9)]), left_out("One.", [(0, 4)])
    ('One.  Three.', UNSET)
    """
    found, out = sentences(text), set(wrong)
    pieces: list[str] = []
    end = 0
    for start, stop in found:
        if (start, stop) not in out:
            pieces.append(text[end if pieces else start : stop])
        end = stop
    fixed = "".join(pieces) + text[end:]
    kept = [text[start:stop] for start, stop in found if (start, stop) not in out]
    if not spoken(fixed) or [fixed[start:stop] for start, stop in sentences(fixed)] != kept:
        return UNSET
    return fixed


def more_of_them(count: int, noun: str = "sentence") -> str:
    """Return the words about the other sentences if only the first is named.

    >>> more_of_them(1), more_of_them(3)
    ('', ' So it is with 2 more sentences.')
    """
    return f" So it is with {counted(count - 1, f'more {noun}')}." if count > 1 else ""


def passage(text: str | None, score: float, least: float) -> str:
    """Return the closest passage in brackets, if its score is at least half of the required one.

    >>> passage("The fee.", 0.5, 0.8), passage("The fee.", 0.2, 0.8), passage(None, 0, 0.8)
    (' (the closest is "The fee.")', '', '')
    """
    return "" if text is None or score < least / 2 else f" (the closest is {shown(text, 200)})"


def fraction(name: str, value: float) -> float:
    """Check a threshold between 0 and 1 and return it; values above 1 are percentages. Raises ValueError.

    >>> fraction("threshold", 0.7), fraction("threshold", 85)
    (0.7, 0.85)
    """
    if not 0 <= value <= 100:
        raise ValueError(f"{name} is {value}; it is a number from 0 to 1, or percents up to 100")
    return value / 100 if value > 1 else value
