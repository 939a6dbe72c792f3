"""Measures the similarity of two texts: by their letters, or by vectors of the caller's embedding."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from operator import add, mul
from typing import Any, TypeAlias

from railguard_validators._text.normal_text import NormalText
from railguard_validators._text.sentences import sentences

__all__ = ["SECONDS", "Embed", "Profile", "Sentences", "cosine", "embedded", "embedding_of", "plain", "rounded"]

Embed: TypeAlias = Callable[[list[str]], Sequence[Sequence[float]]]
"""An embedding: called with a list of texts, it returns a vector for each, all of one length."""

SECONDS = 60.0
"""Default time limit of an embedding for one value in seconds; `Limits.validator_seconds` overrides it."""

_NO_WORD = re.compile(r"[\W_]+")
_HYPHEN = re.compile(r"(?<=[A-Za-z])-(?:[^\S\n]*+\n\s*+)?+(?=[A-Za-z])")  # inside a word, at the end of a line or not
_CANDIDATES = 24  # the sentences of the sources that one sentence is compared with
_POSTINGS = 400  # the positions of a rare piece that are examined for one sentence


class Profile:
    """The counts of the pieces of three characters in a text in normal form, without punctuation; each word has a space
    at either end.

    >>> sorted(Profile("An “an”").counts.items())
    [(' an', 2), ('an ', 2), ('n a', 1)]
    >>> Profile("the annual fee").alike(Profile("The annual fee.")), Profile("fee").alike(Profile("cost"))
    (1.0, 0.0)
    >>> round(Profile("the fee").within(Profile("what the fees are")), 2)
    0.86
    """

    __slots__ = ("counts", "size", "square")

    def __init__(self, *texts: str) -> None:
        self.counts: Counter[str] = Counter()
        for text in texts:
            text = f" {plain(text)} "
            self.counts.update(map(add, map(add, text, text[1:]), text[2:]))
        self.square = sum(count * count for count in self.counts.values())
        self.size = sum(self.counts.values())

    def alike(self, other: Profile) -> float:
        """Return the cosine of two profiles: 1 for the same pieces in the same proportions, 0 for none in common. Two
        texts without words are equal.
        """
        if not self.size or not other.size:
            return float(self.size == other.size)
        few, many = sorted((self.counts, other.counts), key=len)
        shared = sum(count * many[piece] for piece, count in few.items() if piece in many)
        return min(1.0, shared / math.sqrt(self.square * other.square))

    def within(self, other: Profile) -> float:
        """Return the share of its pieces that another profile has: 1 for a part of it, whatever else is in it."""
        if not self.size:
            return 1.0
        theirs = other.counts
        return sum(min(count, theirs[piece]) for piece, count in self.counts.items() if piece in theirs) / self.size


def plain(text: str) -> str:
    """Return a text in normal form, as words separated by one space.

    >>> plain("The “fee”, 1.5 %!")
    'the fee 1 5'
    """
    if text.isascii():
        return _NO_WORD.sub(" ", _HYPHEN.sub("", text).lower()).strip()  # the same, and quicker
    return _NO_WORD.sub(" ", NormalText(text).text).strip()


def cosine(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the cosine of two vectors of length 1, as `embedded` returns them.

    >>> cosine([1.0, 0.0], [1.0, 0.0]), cosine([1.0, 0.0], [0.0, 1.0]), cosine([0.0, 0.0], [1.0, 0.0])
    (1.0, 0.0, 0.0)
    """
    similarity: float = sum(map(mul, a, b))
    return max(-1.0, min(1.0, similarity))


def embedding_of(given: Any, metadata: Mapping[str, Any]) -> Embed | None:
    """Return the embedding to use: that of the rule, otherwise that of the metadata, under `embed` or `embed_function`;
    None if there is none. Raises ValueError if it is not callable.

    >>> embedding_of(None, {}), embedding_of(len, {}) is len, embedding_of(None, {"embed": len}) is len
    (None, True, True)
    """
    found: Embed | None = given
    for key in ("embed", "embed_function"):
        found = metadata.get(key) if found is None else found
    if found is not None and not callable(found):
        raise ValueError(
            f"the embedding is {type(found).__name__}; it must be a callable: list of texts -> list of vectors"
        )
    return found


def embedded(embed: Embed, texts: Sequence[str]) -> list[list[float]]:
    """Return the vectors of some texts, requested in one call and scaled to length 1; zeros stay zeros. Raises
    ValueError unless there is one for each text, and all have the same number of finite numbers.

    >>> embedded(lambda texts: [[len(text), 0] for text in texts], ["a", "bc", ""])
    [[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]
    """
    if not texts:
        return []
    try:
        vectors = [[float(x) for x in vector] for vector in embed(list(texts))]
    except TypeError as error:
        raise ValueError(f"the embedding must be a callable: list of texts -> list of vectors ({error})") from error
    if len(vectors) != len(texts):
        raise ValueError(f"the embedding gave {len(vectors)} vectors for {len(texts)} texts")
    if len({len(vector) for vector in vectors}) > 1 or not vectors[0]:
        raise ValueError("the embedding gave vectors of different lengths, or empty ones")
    if not all(map(math.isfinite, (x for vector in vectors for x in vector))):
        raise ValueError("the embedding gave a vector with a number that is not finite")
    return [[x / size for x in vector] for vector, size in zip(vectors, map(_size, vectors), strict=True)]


def _size(vector: list[float]) -> float:
    return math.hypot(*vector) or 1.0


def rounded(similarity: float) -> str:
    """Format a similarity with two digits, rounded down, so that a value below a limit is never shown as equal to it.

    >>> rounded(0.799), rounded(1), rounded(-0.5)
    ('0.79', '1.00', '-0.50')
    """
    return f"{math.floor(similarity * 100 + 1e-9) / 100:.2f}"


class Sentences:
    """The sentences of some sources, to find those with similar letters. A sentence is compared only with at most 24
    sentences that share its rarest words, so that a long source does not take longer.

    >>> index = Sentences(("The fee is 5 percent. It is due in May.", "Nobody pays."))
    >>> score, text = index.closest("The fee was 5 percent.")
    >>> round(score, 2), text
    (0.83, 'The fee is 5 percent.')
    >>> index.closest("fee IS 5 percent"), round(index.support("The fee of 5 percent is due")[0], 2)
    ((1.0, None), 0.85)
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.texts: list[str] = []
        self._follows: list[bool] = []
        self._with: defaultdict[str, list[int]] = defaultdict(list)
        whole: list[str] = []
        for text in texts:
            plain_ones: list[str] = []
            for start, end in sentences(text):
                self._follows.append(bool(plain_ones))
                plain_ones.append(plain(text[start:end]))
                for piece in _pieces(plain_ones[-1]):
                    self._with[piece].append(len(self.texts))
                self.texts.append(text[start:end])
            whole.append(" ".join(filter(None, plain_ones)))  # nothing is between two sentences but white space
        self._whole = " " + "  ".join(whole) + " "
        self._profiles: dict[tuple[int, int], Profile] = {}

    def closest(self, sentence: str) -> tuple[float, str | None]:
        """Return the similarity of the most similar sentence of the sources, and that sentence; the sentence is None if
        there is none, or if it is identical (similarity 1).
        """
        if self._has(sentence):
            return 1.0, None
        own = Profile(sentence)
        return max(
            (
                (own.alike(self._profile(number, number + 1)), self.texts[number])
                for number in self._candidates(sentence)
            ),
            key=lambda found: found[0],
            default=(0.0, None),
        )

    def support(self, sentence: str) -> tuple[float, str | None]:
        """Return the largest share of a sentence that a passage of the sources contains, and the passage."""
        if self._has(sentence):
            return 1.0, None
        return max(self.passages(sentence), key=lambda found: found[0], default=(0.0, None))

    def passages(self, sentence: str) -> list[tuple[float, str]]:
        """Return passages about the same subject, each of two adjacent sentences, with the share of this sentence that
        they contain.
        """
        own = Profile(sentence)
        found: dict[int, tuple[float, str]] = {}
        for number in self._candidates(sentence):
            for first in (number - 1, number):
                if first in found or first < 0 or not (first == number or self._follows[number]):
                    continue
                last = first + 2 if first + 1 < len(self.texts) and self._follows[first + 1] else first + 1
                score = own.within(self._profile(first, last))
                found[first] = score, " ".join(self.texts[first:last])
        return list(found.values())

    def _has(self, sentence: str) -> bool:
        words = plain(sentence)
        return not words or f" {words} " in self._whole

    def _profile(self, first: int, last: int) -> Profile:
        key = (first, last)
        if key not in self._profiles:
            self._profiles[key] = Profile(*self.texts[first:last])
        return self._profiles[key]

    def _candidates(self, sentence: str) -> list[int]:
        rare = sorted((self._with[piece] for piece in _pieces(plain(sentence)) if piece in self._with), key=len)
        votes: Counter[int] = Counter()
        left = _POSTINGS
        for places in rare:
            weight = 1000 // len(places) + 1
            for number in places[:left]:
                votes[number] += weight
            left -= len(places)
            if left <= 0:
                break
        return [number for number, _ in votes.most_common(_CANDIDATES)]


def _pieces(plain_text: str) -> list[str]:
    """Return the pieces by which a sentence is found, each once and in order: the beginnings of its words, alone and in
    pairs; in a script without spaces, its pairs of characters.
    """
    words: list[str] = []
    if plain_text.isascii():
        words = [word[:5] for word in plain_text.split(" ")]
    else:
        for word in plain_text.split(" "):
            if word.isascii() or len(word) < 16:
                words.append(word[:5])
            else:
                words += [word[at : at + 2] for at in range(len(word) - 1)]
    return list(dict.fromkeys([*words, *map(" ".join, pairwise(words))]))
