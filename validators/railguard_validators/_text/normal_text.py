"""A normal form in which texts are equal if people would call them the same; every position maps to the original text."""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right

__all__ = ["WORD", "NormalText", "inside_word", "marked"]

_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
_PART = rf"[^\W{_ALONE}]"

WORD = re.compile(rf"(?:{_PART}[\u0300-\u036f]*+)++(?:(?<=\d)[.,'’]{_PART}(?<=\d){_PART}*+)*+|[{_ALONE}]")
"""A word: letters and digits; a number with its separators ("1,234.5") is one word. In a script without spaces, every
character is a word.
"""

_AT_WORDS = re.compile(f"({WORD.pattern})")  # splits a text into words and the parts between them

_INSIDE = re.compile(
    rf"(?<={_PART})(?={_PART})|(?<=\d)(?=[.,'’]\d)|(?<=\d[.,'’])(?=\d)|(?<=[\u0300-\u036f])(?={_PART})|(?=[\u0300-\u036f])"
)

_BLANK = r"\s\u00ad\u200b-\u200d\u2060\ufeff"
_LETTER = r"[^\W\d_]"
_CHANGED = re.compile(
    rf"(?<={_LETTER})[-\u2010\u2011\u00ad](?:[^\S\n]*+\n\s*+)?+(?={_LETTER})|[^\S ]|[{_BLANK}](?=[{_BLANK}])[{_BLANK}]*+"
    rf"|[\u00ad\u200b-\u200d\u2060\ufeff]"
)
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200d\u2060\ufeff]+")
_SAME = str.maketrans(
    dict.fromkeys('"`´‘’‚‛“”„‟«»‹›′″「」『』', "'") | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-") | {"\0": "\ufffd"}
)
_CLUSTER = re.compile(r"[^\u0300-\u036f\u3099\u309a][\u0300-\u036f\u3099\u309a]*+|[\u0300-\u036f\u3099\u309a]++")


class NormalText:
    """A text in normal form: NFKC (so that ligatures and full-width letters are letters), no capitals, one kind of
    quotation mark and one of dash, one space for white space, none around it, without invisible characters and without
    the hyphens inside words, at the end of a line or not.

    text: the normal form. origin: maps to the original text.

    >>> normal = NormalText("The  “ﬁne” exam-\\nple – 5")
    >>> normal.text
    "the 'fine' example - 5"
    >>> normal.origin(5, 9), "The  “ﬁne” exam-\\nple – 5"[6:9]
    ((6, 9), 'ﬁne')
    """

    __slots__ = ("_at", "_from", "_to", "text")

    def __init__(self, text: str) -> None:
        self._at, self._from, self._to = array("Q"), array("Q"), array("Q")
        pieces: list[str] = []
        size = last = 0
        plain = text.translate(_SAME)

        def add(piece: str, start: int, end: int) -> None:
            nonlocal size
            if not piece or (piece == " " and (not pieces or pieces[-1][-1] == " ")):
                return
            self._at.append(size)
            self._from.append(start)
            self._to.append(end)
            pieces.append(piece)
            size += len(piece)

        def add_run(start: int, end: int) -> None:
            run = plain[start:end]
            folded = run.casefold()
            if len(folded) == len(run) and (run.isascii() or unicodedata.is_normalized("NFKC", run)):
                add(folded, start, end)
                return
            for cluster in _CLUSTER.finditer(plain, start, end):
                folded = unicodedata.normalize("NFKC", cluster[0]).translate(_SAME).casefold()
                add(folded, cluster.start(), cluster.end())

        for changed in _CHANGED.finditer(text):
            if changed.start() > last:
                add_run(last, changed.start())
            last = changed.end()
            if changed[0][0] not in "-\u2010\u2011\u00ad" and not _INVISIBLE.fullmatch(changed[0]):
                add(" ", changed.start(), last)
        if last < len(text):
            add_run(last, len(text))
        self._at.append(size)
        self.text = "".join(pieces).rstrip(" ")

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return the position in the original text of a part of the normal form, of at least one character."""
        first = bisect_right(self._at, start) - 1  # the last entry is the end of the text
        final = bisect_right(self._at, end - 1) - 1
        return self._of(first, start)[0], self._of(final, end - 1)[1]

    def splits(self, at: int) -> bool:
        """Whether a position of the normal form is inside one character of the text, such as a fraction.

        >>> [NormalText("a½").splits(at) for at in range(4)]
        [False, False, True, True]
        """
        piece = bisect_right(self._at, at) - 1
        if piece + 1 >= len(self._at) or at == self._at[piece]:
            return False
        return self._at[piece + 1] - self._at[piece] != self._to[piece] - self._from[piece]

    def _of(self, piece: int, position: int) -> tuple[int, int]:
        begin, stop = self._from[piece], self._to[piece]
        if self._at[piece + 1] - self._at[piece] != stop - begin:
            return begin, stop
        return begin + position - self._at[piece], begin + position - self._at[piece] + 1


def marked(text: str) -> str:
    """Return a text with a NUL on both sides of each word, so that a search finds only whole words.

    >>> marked("able") in marked("unable"), marked("5") in marked("1.5"), marked("to (pay)") in marked("able to (pay)")
    (False, False, True)
    """
    return "\0".join(_AT_WORDS.split(text.replace("\0", "\ufffd")))


def inside_word(text: str, at: int) -> bool:
    """Whether a position is inside a word of a text, and not at its beginning or end.

    >>> [at for at in range(9) if inside_word("to 1.5, a", at)]
    [1, 4, 5]
    """
    return _INSIDE.match(text, at) is not None
