"""ban-list: a text without certain words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise

from railguard import FailResult, Translation, validator
from railguard_validators._text.candidates import Rare
from railguard_validators._text.folding import WORD, folded, origin, word_of
from railguard_validators._text.near import Near
from railguard_validators._wording import listed, shown

_MOST_EDITS = 3
_LETTERS_AN_EDIT = 4  # the fewest letters of an entry for each edit that it allows
_LONGEST_GAP = 4  # the most characters between the letters of a word that is spelled out
_FEWEST_SPELLED = 3  # the fewest letters of such a word
_SPELLED = Rare(r"(?<![^\W_])[^\W_](?:[\W_]{1,4}[^\W_]){2}(?![^\W_])")  # three single letters in a row
_REMEMBERED = 10_000  # words already measured: most words of a text repeat


class BanList:
    """Has none of `banned_words` as whole words, in any case; "class" is allowed if "ass" is banned. A banned entry of
    several words is one phrase, with any punctuation between its words. Composed and decomposed accents, full-width
    letters and invisible characters make no difference. A word in single letters with gaps between them is
    found too: "d a m n", "d.a.m.n". Each Chinese character and hiragana counts as a word, so a Chinese entry is found
    inside a sentence; Thai has no spaces either, and an entry is found only if it is alone.

    There is no fix: a sentence without a word is another sentence.

    banned_words: the words and phrases that the text must not contain.
    max_l_dist: how many letters may be inserted, omitted or replaced in a word that still counts as banned, from 0 to
        3; a space counts as a letter. An entry allows one edit for every four of its characters at most, so that for
        "cat" only "cat" is found, for "damn" also "dmn", and for "confidential" also "confedental" with max_l_dist=2.
        The default is 0, not 1 as in guardrails-ai: most short words have a harmless neighbour ("hello", "shell" and
        "help" are one letter from "hell"), so finding them must be requested.
    allow: words and phrases that are never taken for a banned one, such as "hello" or "Hell's Kitchen".

    >>> ban_list(["damn", "as if"]).run("A damnation, as of now.")
    >>> ban_list(["damn", "as if"]).run("Damn! As, if").message
    'These words must not stand in the text: "Damn", "As, if".'
    >>> ban_list(["project athena"], max_l_dist=2).run("About Projekt Athina").message
    'These words must not stand in the text: "Projekt Athina" (close to "project athena").'
    """

    __slots__ = ("_allowed", "_banned", "_near", "prompt")

    def __init__(self, banned_words: list[str], max_l_dist: int = 0, allow: list[str] | None = None) -> None:
        if not 0 <= max_l_dist <= _MOST_EDITS:
            raise ValueError(f"max_l_dist is {max_l_dist}; it is from 0 to {_MOST_EDITS}")
        if not banned_words:
            raise ValueError("banned_words is empty; name at least one")
        self._banned = _Phrases(banned_words)
        self._allowed = _Phrases(allow or [])
        edits = {text: min(max_l_dist, len(text) // _LETTERS_AN_EDIT) for text in self._banned.texts}
        self._near = Near(edits)
        self.prompt = f"without these words: {listed(banned_words)}"

    def __call__(self, value: str) -> FailResult | None:
        text, offsets = folded(value)
        banned, has_near = self._banned, self._near.longest > 0
        if not (has_near or banned.may_stand_in(text) or (_SPELLED.search(text) and banned.may_be_spelled_in(text))):
            return None
        places = [word.span() for word in word_of(text).finditer(text)]
        words = [_plain(text[start:end]) for start, end in places]
        found = [(0, first, last, phrase) for first, last, phrase in banned.among(words)]
        if has_near:
            found += self._near_ones(words)
        if has_near or banned.may_be_spelled_in(text):
            found += self._spelled_out(text, words, places)
        if not found:
            return None
        taken = {at for first, last, _ in self._allowed.among(words) for at in range(first, last)}
        spans: dict[tuple[int, int], str] = {}
        for _, first, last, phrase in sorted(found):
            if taken.isdisjoint(range(first, last)):
                taken.update(range(first, last))
                said = " ".join(words[first:last])
                close = "" if phrase == said else f" (close to {shown(phrase)})"
                if close and said.replace(" ", "") == phrase.replace(" ", ""):
                    close = f" (spells {shown(phrase)})"
                spans[origin(offsets, places[first][0], places[last - 1][1])] = close
        if not spans:
            return None
        ordered = sorted(spans)
        named = list(dict.fromkeys(shown(value[start:end]) + spans[start, end] for start, end in ordered))
        more = f" and {len(named) - 20:,} more" if len(named) > 20 else ""
        return FailResult(f"These words must not stand in the text: {', '.join(named[:20])}{more}.", spans=ordered)

    def _near_ones(self, words: list[str]) -> Iterator[tuple[int, int, int, str]]:
        known: dict[str, tuple[str, int] | None] = {}
        longest, lengths = self._near.longest, self._near.lengths
        for first in range(len(words)):
            window, last = words[first], first + 1
            while len(window) <= longest:
                if len(window) in lengths:
                    if window not in known:
                        if len(known) == _REMEMBERED:
                            known.clear()
                        known[window] = self._near.find(window)
                    if near := known[window]:
                        yield near[1], first, last, near[0]
                if last == len(words):
                    break
                window, last = f"{window} {words[last]}", last + 1

    def _spelled_out(
        self, text: str, words: list[str], places: list[tuple[int, int]]
    ) -> Iterator[tuple[int, int, int, str]]:
        """Yield entries that are spelled out in single letters with gaps between them, with their distances."""
        for first, last in _runs_of_letters(words, places):
            spelled = _joined(text, words, places, first, last)
            whole = "".join(words[first:last])
            if phrase := self._banned.without_spaces.get(whole):
                yield 0, first, last, phrase
            for begin, end, phrase in self._banned.among([word for word, _, _ in spelled]):
                yield 0, spelled[begin][1], spelled[end - 1][2], phrase
            for word, begin, end in [(whole, first, last), *spelled]:
                if near := self._near.find(word):
                    yield near[1], begin, end, near[0]


def _runs_of_letters(words: list[str], places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield (first, last + 1) of each run of single letters, and of the run without an "a" or "I" at either end, which
    may be words.
    """
    singles = [at for at, word in enumerate(words) if len(word) == 1]
    joined = {
        at for at in singles if at and len(words[at - 1]) == 1 and 0 < places[at][0] - places[at - 1][1] <= _LONGEST_GAP
    }
    for first in singles:
        if first in joined:
            continue
        at = first + 1
        while at in joined:
            at += 1
        for start in range(first, first + (words[first] in ("a", "i")) + 1):
            for end in range(at - (words[at - 1] in ("a", "i")), at + 1):
                if end - start >= _FEWEST_SPELLED:
                    yield start, end


def _joined(
    text: str, words: list[str], places: list[tuple[int, int]], first: int, last: int
) -> list[tuple[str, int, int]]:
    """Return (word, first, last + 1) of the words that a run of letters spells: the most frequent gap is inside of a
    word, any other one between two words.
    """
    gaps = [text[one[1] : other[0]] for one, other in pairwise(places[first:last])]
    usual = Counter(gaps).most_common(1)[0][0]
    ends = [first + number for number, gap in enumerate(gaps, 1) if gap != usual]
    bounds = list(pairwise([first, *ends, last]))
    return [("".join(words[start:end]), start, end) for start, end in bounds]


class _Phrases:
    """Entries by their first word. texts: each as words separated by a space. without_spaces: the same by their
    letters.
    """

    __slots__ = ("_by_first", "_letters", "texts", "without_spaces")

    def __init__(self, entries: Iterable[str]) -> None:
        self._by_first: dict[str, list[list[str]]] = {}
        self.texts: dict[str, None] = {}
        for entry in entries:
            words = [_plain(word) for word in WORD.findall(folded(entry)[0])]
            if not words:
                raise ValueError(f"{entry!r} has no word in it")
            if " ".join(words) not in self.texts:
                self.texts[" ".join(words)] = None
                self._by_first.setdefault(words[0], []).append(words)
        self._letters = [sorted(set(text.replace(" ", ""))) for text in self.texts]
        self.without_spaces = {text.replace(" ", ""): text for text in self.texts if len(text) >= _FEWEST_SPELLED}

    def may_be_spelled_in(self, text: str) -> bool:
        """Whether a text has all letters of any entry."""
        return any(all(char in text for char in letters) for letters in self._letters)

    def may_stand_in(self, text: str) -> bool:
        """Whether the first word of any entry is in a text."""
        return any(first in text or ("'" in first and "’" in text) for first in self._by_first)

    def among(self, words: list[str]) -> Iterator[tuple[int, int, str]]:
        """Yield (first, last + 1, the entry's text) of each entry in the text."""
        if self._by_first.keys().isdisjoint(words):
            return
        for first, word in enumerate(words):
            for phrase in self._by_first.get(word, ()):
                last = first + len(phrase)
                if words[first:last] == phrase:
                    yield first, last, " ".join(phrase)


def _plain(word: str) -> str:
    return word.replace("’", "'")


ban_list = validator(
    "ban-list",
    subject="Texts",
    aliases=("banned-words",),
    translations=(Translation("guardrails/ban-list", "max_l_dist", "how many edits, however short the word is, 1"),),
)(BanList)
