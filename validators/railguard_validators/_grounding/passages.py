"""Finds a quote in sources, word for word or in normal form, and otherwise the most similar passage."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from railguard_validators._text.normal_text import WORD, NormalText, inside_word, marked

__all__ = ["Nearest", "Passages", "Place"]

_LEFT_OUT = re.compile(r"\[(?:…|\.{3,}+)\]|\((?:…|\.{3,}+)\)|…|\.{3,}+")
_LONGEST_SEED = 400  # the words of a quote that are used to find the nearest passage
_REACH = 6  # the most words that may differ before two texts agree again
_LEAST_ALIKE = 0.4  # the share of the quote's words that a passage must have to count as similar


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a source: the source's index, and offsets in its text."""

    source: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Nearest:
    """The passage that is most similar to a quote, and the parts of the quote that are not in it."""

    place: Place
    missing: list[tuple[int, int]]


class Passages:
    """The texts of some sources, to find quotes in. A quote must begin and end at word boundaries: "able to pay" is not
    found in "unable to pay", nor 5 in 1.5.

    >>> passages = Passages(("The Supplier is unable to pay.", "“Fees” are due."))
    >>> passages.first("unable to pay"), passages.first("able to pay")
    (Place(source=0, start=16, end=29), None)
    >>> passages.first('"fees"  are'), passages.first('"fees"  are', normal=True)
    (None, Place(source=1, start=0, end=10))
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.texts = texts

    def text(self, place: Place) -> str:
        """Return the text at a place."""
        return self.texts[place.source][place.start : place.end]

    def first(self, quote: str, *, normal: bool = False, gaps: bool = False) -> Place | None:
        """Return the first place of a quote; normal: compare in normal form; gaps: "…" in the quote may represent
        omitted text.
        """
        return next(self.all(quote, normal=normal, gaps=gaps), None)

    def all(self, quote: str, *, normal: bool = False, gaps: bool = False) -> Iterator[Place]:
        """Yield the places of a quote that do not overlap, in order; with gaps, the first one in each source."""
        parts = _LEFT_OUT.split(quote) if gaps else [quote]
        if gaps and len(parts) > 1:
            parts = [part.strip() for part in parts if WORD.search(part)]
        searched = [marked(_unquoted(NormalText(part).text) if normal else part) for part in parts]
        if not all(searched) or not searched:
            return
        for index, text in enumerate(self._normal_marked if normal else self._marked):
            at = counted = marks = 0
            while True:
                ends, begin = at, -1
                for part in searched:
                    found = text.find(part, ends)
                    if found < 0:
                        break
                    begin = found if begin < 0 else begin
                    ends = found + len(part)
                else:
                    before = marks + text.count("\0", counted, begin)
                    marks, counted = before + text.count("\0", begin, ends), ends
                    start, end = begin - before, ends - marks
                    if not normal:
                        # A combining mark belongs to the character before it, even if that is not a letter.
                        there = self.texts[index]
                        if not (inside_word(there, start) or inside_word(there, end)):
                            yield Place(index, start, end)
                    elif not (self._normal[index].splits(start) or self._normal[index].splits(end)):
                        yield Place(index, *self._normal[index].origin(start, end))
                    if len(searched) == 1:
                        at = ends
                        continue
                break

    def stands_at(self, quote: str, place: Place, *, normal: bool = False) -> bool:
        """Whether a quote is the text at a place."""
        text = self.texts[place.source]
        if not 0 <= place.start < place.end <= len(text):
            return False
        if inside_word(text, place.start) or inside_word(text, place.end):
            return False
        there = self.text(place)
        if normal:
            return _unquoted(NormalText(there).text) == _unquoted(NormalText(quote).text)
        return there == quote

    def verbatim(self, quote: str) -> str | None:
        """Return the source text whose normal form is the quote's; None if there is none or more than one."""
        found: str | None = None
        for place in self.all(quote, normal=True):
            text = self.text(place)
            if found is not None and found != text:
                return None
            found = text
        return found

    def nearest(self, quote: str) -> Nearest | None:
        """Return the passage around the longest run of words that the quote shares with a source, measured in
        characters; None if it shares too little. For a long quote, only the first words are used. The time is linear in
        the quote and the sources.
        """
        normal = NormalText(quote)
        words = [match.span() for match in WORD.finditer(normal.text)]
        said = [normal.text[start:end] for start, end in words]
        seed = _longest_run(said[:_LONGEST_SEED], self._words)
        if seed is None:
            return None
        index, there, here = seed
        source, source_words = self._normal[index], self._words[index]
        shared = _aligned(said, here, source_words.words, there)
        if len(shared) < max(2, _LEAST_ALIKE * len(said)):
            return None
        (first_here, first_there), (last_here, last_there) = min(shared), max(shared)
        begin = max(0, first_there - first_here)
        stop = min(len(source_words.words) - 1, last_there + min(len(said) - 1 - last_here, _REACH))
        begin = max(begin, first_there - _REACH)
        start, end = source.origin(
            source_words.starts[begin], source_words.starts[stop] + len(source_words.words[stop])
        )
        has = {mine for mine, _ in shared}
        missing: list[tuple[int, int]] = []
        for number, (low, high) in enumerate(words):
            if number in has:
                continue
            low, high = normal.origin(low, high)
            if missing and number - 1 not in has:
                low = missing.pop()[0]
            missing.append((low, high))
        return Nearest(Place(index, start, end), missing)

    @cached_property
    def _normal(self) -> list[NormalText]:
        return [NormalText(text) for text in self.texts]

    @cached_property
    def _words(self) -> list[_Words]:
        return [_Words(normal.text) for normal in self._normal]

    @cached_property
    def _marked(self) -> list[str]:
        return [marked(text) for text in self.texts]

    @cached_property
    def _normal_marked(self) -> list[str]:
        return [marked(normal.text) for normal in self._normal]


class _Words:
    """The words of a text, with their offsets."""

    __slots__ = ("starts", "words")

    def __init__(self, text: str) -> None:
        same: dict[str, str] = {}
        self.words: list[str] = []
        self.starts = array("Q")
        for match in WORD.finditer(text):
            self.words.append(same.setdefault(match[0], match[0]))
            self.starts.append(match.start())


def _unquoted(text: str) -> str:
    """Return a text in normal form without quotation marks around the whole of it."""
    if len(text) > 2 and text[0] == text[-1] == "'" and "'" not in text[1:-1]:
        return text[1:-1].strip(" ") or text
    return text


def _longest_run(said: list[str], sources: list[_Words]) -> tuple[int, int, int] | None:
    """Return (source, its word, the quote's word) at the end of the longest common run of words. A suffix automaton of
    the quote reads the sources: https://en.wikipedia.org/wiki/Suffix_automaton.
    """
    follow: list[dict[str, int]] = [{}]
    link, length, ends = [-1], [0], [-1]
    last = 0
    for number, word in enumerate(said):
        state = len(follow)
        follow.append({})
        link.append(0)
        length.append(length[last] + 1)
        ends.append(number)
        at = last
        while at >= 0 and word not in follow[at]:
            follow[at][word] = state
            at = link[at]
        if at >= 0:
            target = follow[at][word]
            if length[at] + 1 == length[target]:
                link[state] = target
            else:
                copy = len(follow)
                follow.append(dict(follow[target]))
                link.append(link[target])
                length.append(length[at] + 1)
                ends.append(ends[target])
                while at >= 0 and follow[at].get(word) == target:
                    follow[at][word] = copy
                    at = link[at]
                link[target] = link[state] = copy
        last = state
    best, longest = None, 0
    known = follow[0]
    for index, source in enumerate(sources):
        at = run = 0
        behind = -1
        starts = source.starts
        for position in [number for number, word in enumerate(source.words) if word in known]:
            word = source.words[position]
            if position != behind:  # a word between them that the quote does not have
                at = run = 0
            behind = position + 1
            while word not in follow[at]:
                at = link[at]
                run = length[at]
            at = follow[at][word]
            run += 1
            characters = starts[position] + len(word) - starts[position - run + 1]
            if characters > longest:
                longest, best = characters, (index, position, ends[at])
    return best


def _aligned(mine: list[str], here: int, theirs: list[str], there: int) -> list[tuple[int, int]]:
    """Return pairs of equal words around an equal pair; a few differing words on either side are skipped."""
    pairs = [(here, there)]
    for step in (-1, 1):
        a, b = here + step, there + step
        while 0 <= a < len(mine) and 0 <= b < len(theirs):
            for skipped in range(_REACH + 1):
                met = next(
                    (
                        (a + step * i, b + step * (skipped - i))
                        for i in range(skipped + 1)
                        if 0 <= a + step * i < len(mine)
                        and 0 <= b + step * (skipped - i) < len(theirs)
                        and mine[a + step * i] == theirs[b + step * (skipped - i)]
                    ),
                    None,
                )
                if met:
                    break
            else:
                break
            pairs.append(met)
            a, b = met[0] + step, met[1] + step
    return pairs
