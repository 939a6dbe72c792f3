"""Folds a text for comparison with words of a list: one form for texts that read alike, with the original offsets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from unicodedata import is_normalized, normalize

__all__ = ["WORD", "folded", "origin", "word_of"]

# Vowel signs and accents are parts of words, but not letters for `re`: the combining marks of the most used scripts.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u0900-\u0963\u0971-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ecd\u102b-\u103e"
)
_ALONE = "\u3041-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KATAKANA = "\u30a1-\u30ff"
_LETTER = f"(?:(?![{_ALONE}{_KATAKANA}])[^\\W_]|[{_MARKS}])"

WORD = re.compile(f"[{_ALONE}]|[{_KATAKANA}]++|{_LETTER}++(?:['’]{_LETTER}++)*+")
"""A word: letters and digits, with apostrophes inside. Chinese characters and hiragana, which are written without
spaces, are one word each; a run of katakana is one word.
"""

_ASCII_WORD = re.compile("[A-Za-z0-9]++(?:'[A-Za-z0-9]++)*+")


def word_of(text: str) -> re.Pattern[str]:
    """Return the pattern that finds the words of this text: WORD, or for ASCII text an equivalent faster pattern.

    >>> word_of("I don't").findall("I don't"), word_of("naïve idea") is WORD
    (['I', "don't"], True)
    """
    return _ASCII_WORD if text.isascii() else WORD


_UNSEEN = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff"
_HAS_UNSEEN = re.compile(f"[{_UNSEEN}]")
_CONTINUED = re.compile(f"[{_UNSEEN}\u0300-\u036f]")
_PIECE = 64  # the characters that are folded at a time, as most need not be looked at one by one
_CLUSTER = re.compile(f"([^{_UNSEEN}])[{_UNSEEN}]*+([\u0300-\u036f]*+)|[{_UNSEEN}]", re.DOTALL)


def folded(text: str) -> tuple[str, Sequence[int]]:
    """Return the text without differences of case, of compatible characters (NFKC: "ﬁ" is "fi", "Ａ" is "a") and of
    composed and decomposed accents, and without invisible characters (soft hyphens, zero-width spaces, variation
    selectors); with the offset in `text` of each of its characters, and of the end.

    >>> folded("Stra\u00adße")
    ('strasse', [0, 1, 2, 3, 5, 5, 6, 7])
    """
    lower = _easily_folded(text)
    if lower is not None:
        return lower, range(len(text) + 1)
    parts: list[str] = []
    offsets: list[Sequence[int]] = []  # of each piece
    characters = _FoldedCharacters()
    known: dict[str, str] = {}
    start = 0
    while start < len(text):
        end = start + _PIECE
        while _CONTINUED.match(text, end):
            end += 1
        piece = text[start:end]
        if not _CONTINUED.search(piece):
            lower = _easily_folded(piece) or piece.translate(characters)
            parts.append(lower)
            if len(lower) == len(piece):
                offsets.append(range(start, start + len(piece)))
            else:
                offsets += [(at,) * len(characters[ord(char)]) for at, char in enumerate(piece, start)]
        else:
            for cluster in _CLUSTER.finditer(text, start, end):
                part = known.get(cluster[0])
                if part is None:
                    part = known[cluster[0]] = _of_cluster(cluster)
                parts.append(part)
                offsets.append((cluster.start(),) * len(part))
        start = end
    if all(type(one) is range for one in offsets):
        return "".join(parts), range(len(text) + 1)
    return "".join(parts), [*chain.from_iterable(offsets), len(text)]


class _FoldedCharacters(dict[int, str]):
    """A table for str.translate: each character in its folded form of one or more characters. For all but invisible ones."""

    def __missing__(self, code: int) -> str:
        self[code] = form = _of_character(chr(code))
        return form


def _easily_folded(text: str) -> str | None:
    """Return the folded text if it has a character for each of the text; None if it may have more or fewer."""
    lower = text.casefold()
    easy = text.isascii() or (len(lower) == len(text) and is_normalized("NFKC", lower) and not _HAS_UNSEEN.search(text))
    return lower if easy else None


def _of_cluster(cluster: re.Match[str]) -> str:
    return "" if cluster[1] is None else _form(cluster[1] + cluster[2])


@lru_cache(maxsize=1 << 14)  # most texts have the same few
def _of_character(char: str) -> str:
    return _form(char)


def _form(cluster: str) -> str:
    return normalize("NFKC", normalize("NFKC", cluster).casefold())


def origin(offsets: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """Return the position in the original text of folded[start:end], which must not be empty.

    >>> folded("½")
    ('1⁄2', [0, 0, 0, 1])
    >>> origin([0, 0, 0, 1], 0, 1)
    (0, 1)
    """
    while offsets[end] == offsets[end - 1]:
        end += 1
    return offsets[start], offsets[end]
