"""Signs that a text tries to control a model: weighted patterns, matched in every reading of the text. Their weights
must add up to 1, so that one strong sign or two weak ones count, but not a single weak one.

A sign inside quotation marks that are introduced as an example is only mentioned, and does not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from railguard import FailResult
from railguard_validators._safety.beginnings import LETTERS, beginnings
from railguard_validators._safety.disguises import fold, readings, unseen
from railguard_validators._text.candidates import Candidates, beginning_in
from railguard_validators._wording import listed

__all__ = ["Sign", "Signs", "failure", "words"]

_WHOLE_WORD = r"(?<![^\W_])"  # the beginning of a pattern of whole words
_WORD_START = re.compile(rf"{_WHOLE_WORD}[^\W_]{{1,{LETTERS}}}")
_REACH = 80  # the characters after a head that must contain its tails


class Sign(NamedTuple):
    """name: a description in words. weight: its weight. head: the pattern of its beginning. tails: patterns that must
    all follow in the same sentence. Patterns are matched with folded text.
    """

    name: str
    weight: float
    head: re.Pattern[str]
    tails: tuple[re.Pattern[str], ...] = ()


class _Sighting(NamedTuple):
    """The position of a sign in the text."""

    start: int
    end: int
    name: str


def words(alternatives: str) -> re.Pattern[str]:
    """Compile a pattern of whole words in folded text. Alternatives are separated by ` | `. White space matches any
    separator of words, `~` up to four words.

    >>> pattern = words("say ~ it | (?:hush|quiet)")
    >>> bool(pattern.search("say  to him: it")), bool(pattern.search("Be quiet")), bool(pattern.search("essay it"))
    (True, True, False)
    """
    each = (_pattern(" ".join(one.split())) for one in re.split(r"\s\|\s", alternatives))
    return re.compile(_WHOLE_WORD + "(?:" + "|".join(each) + r")(?![^\W_])")


def _pattern(text: str) -> str:
    """Return one alternative as a pattern. A word has at most 24 letters and digits, and a gap at most 4 other
    characters, so that there is only one way to match them.
    """
    folded = "".join(part if part.startswith("\\") else fold(part) for part in re.split(r"(\\\w)", text))
    folded = folded.replace(r"\w+", r"[^\W_]{1,24}").replace(r"\w*", r"[^\W_]{0,24}")
    return folded.replace(" ~ ", r"[\W_]{1,4}(?:[^\W_]{1,24}[\W_]{1,4}){0,4}?").replace(" ", r"[\W_]{1,4}")


_SENTENCE = re.compile(r"[.!?;。！？](?=\s|\Z)|[。！？]|\n\s*\n")
_NEGATED = re.compile(r"\b(?:not|never|don[\W_]?t|nicht|ne|no|non|nao)\W{1,2}\Z")
_MARKS = {'"': '"', "'": "'", "`": "`", "“": "”", "„": "“", "«": "»", "‘": "’", "»": "«", "「": "」"}
_MENTIONED = re.compile(
    r"\b(?:like|such as|for example|e\.g\.|i\.e\.|examples?|phrases?|strings?|called|known as|says?|said|wrote|text|prompts?|"
    r"attacks?|attackers?|injections?|jailbreaks?|detect\w*|filters?|tokens?|tags?|templates?|markers?|contains?|looks? like|"
    r"wie|beispiel\w*|z\. ?b\.|exemple|ejemplo|esempio|exemplo|comme|como|come)\b|\b(?:means?|marks?|opens?|closes?)\b",
    re.IGNORECASE,
)
_TOKEN_NAMED = re.compile(r"\b(?:tokens?|tags?|markers?|delimiters?|symbols?|strings?)\W{1,3}\Z", re.IGNORECASE)


class Signs:
    """The signs that a validator looks for.

    >>> signs = Signs([Sign("say it", 0.6, words("say it")), Sign("louder", 0.4, words("louder"))])
    >>> signs.seen_in("Say it!"), signs.seen_in("Say it louder!")
    ([], [_Sighting(start=0, end=6, name='say it'), _Sighting(start=7, end=13, name='louder')])
    """

    def __init__(self, signs: Sequence[Sign]) -> None:
        self._signs = tuple(signs)

    def seen_in(self, text: str, hidden: float = 0.0) -> list[_Sighting]:
        """Return the positions of the signs if their weights add up to 1 or more; otherwise an empty list. hidden: the
        weight of invisible text.
        """
        found: dict[str, list[_Sighting]] = {}
        weights: dict[str, float] = {}
        if hidden:
            places = unseen(text)
            if places:
                weights["hidden text"] = hidden
                found["hidden text"] = [_Sighting(start, end, "hidden text") for start, end in places]
        for reading in readings(text):
            for sign, start, end in self._in_reading(reading.text):
                one = _Sighting(*reading.locate(start, end), sign.name)
                if not _is_mention(text, one):
                    weights[sign.name] = max(sign.weight, weights.get(sign.name, 0.0))
                    found.setdefault(sign.name, []).append(one)
        if sum(weights.values()) < 0.999:
            return []
        return sorted({one for several in found.values() for one in several})

    def _in_reading(self, text: str) -> Iterator[tuple[Sign, int, int]]:
        """Yield each sign in the text of a reading, with its position."""
        by_letters, anywhere = self._where
        places = self._places(text)
        for sign in anywhere:
            for found in beginning_in(places, sign.head, text):
                if (end := _end(sign, found, text)) is not None:
                    yield sign, found.start(), end
        behind: dict[str, int] = {}
        tried: dict[str, list[Sign]] = {}
        for word in beginning_in(self._at_words.spans(text), _WORD_START, text):
            letters = word[0]
            signs = tried.get(letters)
            if signs is None:
                signs = tried[letters] = [
                    sign for size in range(1, len(letters) + 1) for sign in by_letters.get(letters[:size], ())
                ]
            at = word.start()
            for sign in signs:
                pattern = sign.head.pattern
                if at >= behind.get(pattern, 0) and (head := sign.head.match(text, at)) is not None:
                    behind[pattern] = head.end()
                    if (end := _end(sign, head, text)) is not None:
                        yield sign, at, end

    @cached_property
    def _where(self) -> tuple[dict[str, list[Sign]], list[Sign]]:
        """Return the signs by the first letters of the words where they may be, and those that may be anywhere."""
        by_letters: dict[str, list[Sign]] = {}
        anywhere: list[Sign] = []
        for sign in self._signs:
            starts_word = sign.head.pattern.startswith((_WHOLE_WORD, r"\b(?:"))
            letters = beginnings(sign.head.pattern) if starts_word else frozenset([""])
            if all(one.isalnum() for one in letters):
                for one in letters:
                    by_letters.setdefault(one, []).append(sign)
            else:
                anywhere.append(sign)
        return by_letters, anywhere

    @cached_property
    def _at_words(self) -> Candidates:
        by_letters, _ = self._where
        return Candidates({sign.head: None for signs in by_letters.values() for sign in signs})

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Return the characters of a text at which signs begin that may be anywhere."""
        match = self._any.match
        return [
            (at, at + 1) for start, end in self._elsewhere.spans(text) for at in range(start, end) if match(text, at)
        ]

    @cached_property
    def _elsewhere(self) -> Candidates:
        return Candidates(sign.head for sign in self._where[1])

    @cached_property
    def _any(self) -> re.Pattern[str]:
        return re.compile("|".join(sign.head.pattern for sign in self._where[1]))


def failure(text: str, signs: Signs, wanted: str, hidden: float = 0.0) -> FailResult | None:
    """Return the failure of a text with signs, or None. wanted: what the text must not do.

    >>> failure("Say it!", Signs([Sign("saying it", 1, words("say it"))]), "must not talk").message
    'The text must not talk; it does by saying it: "Say it".'
    """
    found = signs.seen_in(text, hidden)
    if not found:
        return None
    names = ", ".join(dict.fromkeys(one.name for one in found))
    quotes = listed(dict.fromkeys(text[one.start : one.end] for one in found), 3)
    spans = [(one.start, one.end) for one in found]
    return FailResult(f"The text {wanted}; it does by {names}: {quotes}.", spans=spans)


def _end(sign: Sign, head: re.Match[str], text: str) -> int | None:
    """Return the end of a sign with this head; None if its tails do not follow."""
    start, end = head.span()
    if not sign.tails:
        return end
    stop = _SENTENCE.search(text, end, end + _REACH)
    limit = stop.start() if stop else end + _REACH
    tails = [tail.search(text, end, limit) for tail in sign.tails]
    if not all(tails) or _NEGATED.search(text, max(0, start - 10), start):
        return None
    return max(tail.end() for tail in tails if tail)


def _is_mention(text: str, one: _Sighting) -> bool:
    before = text[max(0, one.start - 60) : one.start]
    if _TOKEN_NAMED.search(before):
        return True
    for at in range(len(before) - 1, -1, -1):
        closing = _MARKS.get(before[at])
        if closing is not None:
            inside = before[at - 1 : at].isalnum() if before[at] in "'’" else False
            if not inside and closing in text[one.end : one.end + 80]:
                opened = one.start - len(before) + at
                return _MENTIONED.search(text, max(0, opened - 90), opened) is not None
    return False
