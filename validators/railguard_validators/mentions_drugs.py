"""mentions-drugs: a text that names no drug."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from railguard import FailResult, validator
from railguard_validators._safety.drugs import BEGINNINGS, ENDINGS, FIRST_OF_TWO, is_medicine, is_narcotic
from railguard_validators._text.candidates import Candidates
from railguard_validators._text.folding import WORD, folded, origin, word_of
from railguard_validators._text.windows import chunks_of
from railguard_validators._wording import listed

_POSSESSIVES = ("'s", "’s", "'", "’")


class MentionsDrugs:
    """Names no drug, as a whole word in any case: no medicine by its international name or a well-known brand (aspirin,
    Tylenol), and no narcotic (cocaine, LSD). There is no fix.

    It knows about 570 names, and the endings that the World Health Organization assigns to families of medicines
    (-vastatin, -tinib, -cillin), so that newer ones are found too. Words that mean something else most of the time
    (crack, ecstasy, speed, lithium) alone do not count as drugs. Misspelled names and slang are not found;
    give them as `names`. The name comes from guardrails-ai, where the validator also fails a text that names a drug.

    kind: "medicines", "narcotics" (drugs that are used or abused for intoxication), or "all".
    names: more names of drugs, each one word.
    allow: allowed names, such as those of your own products.

    >>> mentions_drugs().run("Take this medicine every day after breakfast.")
    >>> mentions_drugs().run("Take one dose of aspirin each night.").message
    'The text must not name drugs; it names "aspirin".'
    >>> mentions_drugs("narcotics").run("Take one dose of aspirin each night.")
    """

    __slots__ = ("_allowed", "_candidates", "_kind", "_named", "prompt")

    def __init__(
        self,
        kind: Literal["all", "medicines", "narcotics"] = "all",
        names: list[str] | None = None,
        allow: list[str] | None = None,
    ) -> None:
        self._kind = kind
        self._named = frozenset(map(_word, names or ()))
        self._allowed = frozenset(map(_word, allow or ()))
        self._candidates = _candidates(self._named)
        self.prompt = "without names of " + {"all": "drugs"}.get(kind, kind)

    def __call__(self, value: str) -> FailResult | None:
        text, offsets = folded(value)
        chunks = chunks_of(text, self._candidates.parts(text))
        if not chunks:
            return None
        pattern = word_of(text)
        there = {word for start, end in chunks for word in pattern.findall(text, start, end)}
        drugs = {word for word in there if self._is_drug(_without_possessive(word))}
        if not drugs and (self._kind == "medicines" or there.isdisjoint(FIRST_OF_TWO)):
            return None
        spans: list[tuple[int, int]] = []
        found = [(*match.span(), match[0]) for match in pattern.finditer(text)]
        behind = 0
        for (start, end, word), (after, last, follower) in pairwise([*found, (len(text), len(text), "")]):
            if start < behind:
                continue
            behind = end if word in drugs else 0
            if self._kind != "medicines" and word in FIRST_OF_TWO and after - end <= 2:
                behind = last if is_narcotic(f"{word} {follower}") else behind
            if behind:
                spans.append(origin(offsets, start, behind))
        if not spans:
            return None
        said = listed(dict.fromkeys(value[start:end] for start, end in spans), 10)
        return FailResult(f"The text must not name drugs; it names {said}.", spans=spans)

    def _is_drug(self, word: str) -> bool:
        if word in self._allowed:
            return False
        if word in self._named:
            return True
        medicine = self._kind != "narcotics" and is_medicine(word)
        return medicine or (self._kind != "medicines" and is_narcotic(word))


@lru_cache(maxsize=16)
def _candidates(names: frozenset[str]) -> Candidates:
    """Return where names of drugs may be, these included."""
    beginnings = (*BEGINNINGS, *map(re.escape, names))
    patterns = [f"(?s)(?<![A-Za-z0-9])(?:{one})(?![A-Za-z0-9])" for one in beginnings]
    return Candidates([*patterns, *(f"{one}(?![A-Za-z0-9])" for one in ENDINGS)])


def _without_possessive(word: str) -> str:
    for ending in _POSSESSIVES:
        word = word.removesuffix(ending)
    return word


def _word(name: str) -> str:
    """Return a name in the form for comparison with words. Raises ValueError if it is not a single word.

    >>> _word(" Kratom ")
    'kratom'
    """
    plain = folded(name.strip())[0]
    if WORD.fullmatch(plain) is None:
        raise ValueError(f"{name!r} is not one word")
    return plain


mentions_drugs = validator("mentions-drugs", subject="Texts")(MentionsDrugs)
