"""Undoes disguises of a text that a model may see through: letters with accents, look-alikes of other alphabets,
invisible characters, digits for letters, letters with gaps between them, base64, invisible tags.

Every reading knows the positions of its parts in the text. Each takes time linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from binascii import Error as NoBase64
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cached_property

from railguard_validators._text.candidates import Candidates, Rare, beginning_in
from railguard_validators._text.windows import around

__all__ = ["Reading", "alike", "fold", "readings", "unseen"]

_ALIKE = dict(
    zip(
        "аеорсухіјѕһԁӏкѵАВЕКМНОРСТХІЈЅαεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɡǀ",
        "aeopcyxijshdlkvabekmhopctxijsaeiknoptuxabezhikmnoptyxigl",
        strict=True,
    )
)


class _Folding(dict[int, str]):
    """A table for str.translate: each character in its form for comparison, computed at its first use."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = _ALIKE.get(char)
        if folded is None:
            kept = (c for c in unicodedata.normalize("NFKD", char) if unicodedata.category(c) not in ("Mn", "Cf", "Me"))
            folded = "".join(_ALIKE.get(c, c) for c in kept).casefold()
        self[code] = folded
        return folded


_FOLDING = _Folding()
_PIECE = 64  # the characters that are folded at a time: those of ASCII alone are folded much faster


def fold(text: str) -> str:
    """Return the text in small letters, without accents, invisible characters and look-alikes of Latin letters.

    >>> fold("Ｉgn\\u200bоre Ça")
    'ignore ca'
    """
    if text.isascii():
        return text.lower()
    pieces = (text[at : at + _PIECE] for at in range(0, len(text), _PIECE))
    return "".join(piece.lower() if piece.isascii() else piece.translate(_FOLDING) for piece in pieces)


class Reading:
    """One way to read a text. locate: converts a (start, end) in the reading to one in the text."""

    def __init__(self, text: str, locate: Callable[[int, int], tuple[int, int]]) -> None:
        self.text = text
        self.locate = locate


class _Folded:
    """The positions in a text of those in its folded form, computed at their first use."""

    def __init__(self, source: str) -> None:
        self._source = source

    @cached_property
    def _changes(self) -> tuple[list[int], list[int]]:
        """Return where characters begin, in the folded text and in the text, that become none or several."""
        longer = {char: len(_FOLDING[ord(char)]) for char in set(self._source)}
        unequal = [char for char, size in longer.items() if size != 1]  # none of ASCII
        folded: list[int] = []
        original: list[int] = []
        shift = 0
        for change in re.finditer(f"[{''.join(unequal)}]", self._source) if unequal else ():
            original.append(change.start())
            folded.append(change.start() + shift)
            shift += longer[change[0]] - 1
        return folded, original

    def _offset(self, at: int) -> int:
        """Return the position of the character of the text that became the one at `at` of the folded text."""
        folded, original = self._changes
        change = bisect_right(folded, at) - 1
        if change < 0:
            return at
        inside = at - folded[change]
        size = len(_FOLDING[ord(self._source[original[change]])])
        return original[change] + (0 if inside < size else inside - size + 1)

    def __call__(self, start: int, end: int) -> tuple[int, int]:
        if self._source.isascii():
            return start, end
        if start >= end:
            return 0, 0
        return self._offset(start), self._offset(end - 1) + 1


_LEET = str.maketrans("013457@$!|8", "oieastasilb")
_LEETISH = re.compile(r"[a-z][013457@$|8]{1,3}[a-z]|\b[013457@$|8]{1,2}[a-z]{2}|[a-z]{2}[013457$|8]\b")
_SPACED = re.compile(r"(?<![a-z0-9])[a-z](?:[ ._\-*|/\n]{1,4}[a-z](?![a-z0-9])){6,}")
_LETTER = re.compile(r"([a-z])([^a-z]*)")
_CODED = Rare(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/_-]{24,}+")
_REACH = 600  # characters around a word with digits for letters that are read with it
_LONGEST_CODED = 8192  # characters that are decoded of one run
_TAGS = Rare("[\U000e0020-\U000e007f]+")
_FLAG = "\U0001f3f4"
_DISGUISED = Candidates([_LEETISH, _SPACED])


def readings(text: str) -> Iterator[Reading]:
    """Yield the folded text, then other readings if the text may be read in another way.

    >>> [reading.text for reading in readings("S3e: I.g.n.o.r.e i.t!")]
    ['s3e: i.g.n.o.r.e i.t!', 'see: i.g.n.o.r.e i.ti', 'ignore it']
    """
    folded, locate = fold(text), _Folded(text)
    yield Reading(folded, locate)
    parts = _DISGUISED.spans(folded)
    leetish = (word.span() for word in beginning_in(parts, _LEETISH, folded))
    for start, end in around(leetish, len(folded), _REACH, _REACH):
        yield Reading(folded[start:end].translate(_LEET), _shifted(locate, start))
    for run in beginning_in(parts, _SPACED, folded):
        yield Reading(_joined(run[0]), _whole(*locate(*run.span())))
    for run in _CODED.finditer(text):
        decoded = _decoded(run[0][:_LONGEST_CODED])
        if decoded:
            yield Reading(fold(decoded), _whole(*run.span()))
    for start, end, hidden in _tagged(text):
        yield Reading(fold(hidden), _whole(start, end))


def _shifted(locate: Callable[[int, int], tuple[int, int]], by: int) -> Callable[[int, int], tuple[int, int]]:
    return lambda start, end: locate(start + by, end + by)


def _whole(start: int, end: int) -> Callable[[int, int], tuple[int, int]]:
    return lambda _start, _end: (start, end)


def _joined(run: str) -> str:
    """Remove the most frequent separator between letters; any other one separates words."""
    parts = _LETTER.findall(run)
    usual = Counter(gap for _, gap in parts[:-1]).most_common(1)[0][0]
    return "".join(char if gap in (usual, "") else char + " " for char, gap in parts)


def _decoded(run: str) -> str | None:
    """Decode base64 to a text; None if it is not a text."""
    usable = run[: len(run) // 4 * 4] if len(run) % 4 == 1 or len(run) == _LONGEST_CODED else run
    try:
        raw = b64decode(usable + "=" * (-len(usable) % 4), altchars=b"-_" if "-" in run or "_" in run else None)
    except NoBase64:
        return None
    decoded = raw.decode("utf-8", "replace")
    strange = sum(not (char.isprintable() or char.isspace()) or char == "\ufffd" for char in decoded)
    return decoded if strange * 20 <= len(decoded) else None


def _tagged(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield texts in invisible tag characters, U+E0020 to U+E007E, except the flags of England and others."""
    for run in _TAGS.finditer(text):
        start, end = run.span()
        if text[start - 1 : start] == _FLAG and end - start <= 8:
            continue
        yield start, end, "".join(chr(ord(char) - 0xE0000) for char in run[0] if char != "\U000e007f")


_UNSEEN = Rare(
    "[\u200b-\u200d\u2060-\u2064\ufeff\u180e\u00ad]{8,}|[\U000e0100-\U000e01ef\ufe00-\ufe0f]{8,}"
    "|(?:[A-Za-z][\u200b\u2060\ufeff\u00ad]){6,}"
)


def unseen(text: str) -> list[tuple[int, int]]:
    """Return the positions of invisible characters that no script needs: tags, long runs of zero width, one in each
    gap.

    >>> unseen("a" + chr(0xE0041) * 3 + "b"), unseen("caf\\u00e9 \\u0645\\u06cc\\u200c\\u062e")
    ([(1, 4)], [])
    """
    if text.isascii():
        return []
    return [match.span() for match in _UNSEEN.finditer(text)] + [(start, end) for start, end, _ in _tagged(text)]


def alike(name: str) -> bool:
    """Whether a name has letters beyond ASCII that all look like Latin ones.

    >>> alike("аррӏе"), alike("müller"), alike("apple")
    (True, False, False)
    """
    foreign = [char for char in name if char.isalpha() and not char.isascii()]
    return bool(foreign) and all(char in _ALIKE for char in foreign)
