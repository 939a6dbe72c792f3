"""competitors: a text that names none of the competitors."""

from __future__ import annotations

import re

from railguard import FailResult, validator
from railguard_validators._safety.disguises import fold
from railguard_validators._text.candidates import Candidates
from railguard_validators._wording import listed

_WORD = re.compile(r"[^\W_]+")
_POSSESSIVE = re.compile(r"['’]s?(?!\w)")


class Competitors:
    """Names none of `competitors`, as whole words, in any case, with or without accents, and in the possessive: of
    "Café Acme" both "cafe acme's" and "CAFÉ-ACME" are found, in "acmeist" nothing is. A name of several words is one
    phrase, with any punctuation between them, so that "acme.com" is found for "Acme".

    competitors: their names, with those of their products if you like.
    ignore_case: false finds only names with the same capitals; for those that are words too, such as Apple or Target.

    There is no fix: a sentence without its subject has another meaning, and the text may depend on a removed sentence.
    Give on-fail="reask", or "refrain".

    >>> competitors(["Acme", "Café Zwei"]).run("We build acmeist poetry.")
    >>> competitors(["Acme", "Café Zwei"]).run("Unlike ACME's, or that of Cafe-Zwei, ours works.").message
    'The text must not name competitors; it names "ACME\\'s", "Cafe-Zwei".'
    """

    __slots__ = ("_candidates", "_fold", "_phrases", "prompt")

    def __init__(self, competitors: list[str], ignore_case: bool = True) -> None:
        self._fold = fold if ignore_case else str
        self._phrases: dict[str, list[list[str]]] = {}
        for name in competitors:
            words = _WORD.findall(self._fold(name))
            if not words:
                raise ValueError(f"{name!r} has no word in it")
            self._phrases.setdefault(words[0], []).append(words)
        if not self._phrases:
            raise ValueError("competitors is empty; name at least one")
        for phrases in self._phrases.values():
            phrases.sort(key=len, reverse=True)
        # A name is not there if its longest word is not; what is around that may be joined to it in the folded text.
        every = (phrase for phrases in self._phrases.values() for phrase in phrases)
        self._candidates = Candidates(sorted({max(reversed(phrase), key=len) for phrase in every}))
        self.prompt = f"without naming {listed(competitors)}"

    def __call__(self, value: str) -> FailResult | None:
        if not self._candidates.spans(self._fold(value)):
            return None
        words = list(_WORD.finditer(value))
        folded = [self._fold(word[0]) for word in words]
        spans = []
        at = 0
        while at < len(words):
            behind = self._named(folded, at)
            if behind is None:
                at += 1
                continue
            spans.append((words[at].start(), _possessive(value, words[behind - 1].end())))
            at = behind
        if not spans:
            return None
        found = dict.fromkeys(value[start:end] for start, end in spans)
        return FailResult(f"The text must not name competitors; it names {listed(found, 20)}.", spans=spans)

    def _named(self, words: list[str], at: int) -> int | None:
        """Return the index after the longest name that begins at this word."""
        for phrase in self._phrases.get(words[at], ()):
            if words[at : at + len(phrase)] == phrase:
                return at + len(phrase)
        return None


def _possessive(text: str, end: int) -> int:
    """Return the end of a name, including an 's after it."""
    found = _POSSESSIVE.match(text, end)
    return found.end() if found else end


competitors = validator("competitors", subject="Safety", aliases=("competitor-check",))(Competitors)
