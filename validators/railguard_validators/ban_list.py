"""ban-list: a text without certain words."""

from __future__ import annotations

import re

from railguard import FailResult, validator
from railguard_validators._wording import listed

_WORD = re.compile(r"\w+(?:['’]\w+)*")


class BanList:
    """Has none of `banned_words` as whole words, in any case; "class" may stand where "ass" may not. A banned entry of
    several words is one phrase, whatever stands between its words. There is no fix: a sentence with a word taken out is
    another sentence.

    >>> ban_list(["damn", "as if"]).run("A damnation, as of now.")
    >>> ban_list(["damn", "as if"]).run("Damn! As, if").message
    'These words must not stand in the text: "Damn", "As, if".'
    """

    __slots__ = ("_phrases", "prompt")

    def __init__(self, banned_words: list[str]) -> None:
        self._phrases: dict[str, list[list[str]]] = {}
        for entry in banned_words:
            words = _WORD.findall(entry.casefold())
            if not words:
                raise ValueError(f"{entry!r} has no word in it")
            self._phrases.setdefault(words[0], []).append(words)
        if not self._phrases:
            raise ValueError("banned_words is empty; name at least one")
        self.prompt = f"without these words: {listed(banned_words)}"

    def __call__(self, value: str) -> FailResult | None:
        words = list(_WORD.finditer(value.casefold()))
        if self._phrases.keys().isdisjoint(word[0] for word in words):
            return None
        if len(value.casefold()) == len(value):  # else the offsets are those of another text
            words = list(_WORD.finditer(value))
        folded = [word[0].casefold() for word in words]
        spans = [
            (words[at].start(), words[at + len(phrase) - 1].end())
            for at, word in enumerate(folded)
            for phrase in self._phrases.get(word, ())
            if folded[at : at + len(phrase)] == phrase
        ]
        if not spans:
            return None
        source = value if len(value.casefold()) == len(value) else value.casefold()
        found = dict.fromkeys(source[start:end] for start, end in spans)
        message = f"These words must not stand in the text: {listed(found, 20)}."
        return FailResult(message, spans=spans if source is value else ())


ban_list = validator("ban-list", aliases=("banned-words",))(BanList)
