"""no-gibberish: a text of words, not of randomly typed keys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from railguard import FailResult, Translation, validator
from railguard_validators._text.letters import latin, looks_mashed
from railguard_validators._text.sentences import sentences
from railguard_validators._wording import listed, number

_CHUNK = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W\d_]+")
_AROUND = "\"'“”„‘’«»‹›()[]{}<>.,;:!?¡¿…*_/-–—|#`~"
_CODE = re.compile(r"[0-9@/\\_=<>{}()\[\]#$%&*+|~^`:]|\.\w")
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # of XMLHttpRequest: XML, Http, Request
_LONGEST = 80  # the most letters of a run that are judged
_SHORTEST_CAPITALS = 8  # shorter words in capitals count as initials


class NoGibberish:
    """Has no sentence or line that is gibberish: randomly typed keys, as in "asdkjfh qwoeiru" or "qwertyuiop". Words of
    four and more letters are judged by how likely their letters follow each other (a table of pairs over 15 languages
    of Latin script), by six and more letters without a vowel or a consonant, and by rows of the keyboard. A sentence
    fails if at least `threshold` of its letters are in such words.

    Other text is not judged and passes: text with digits or code characters (product codes, URLs, hashes, identifiers),
    up to seven capitals in a row (initials), up to three letters; and every script except Latin. In a word with
    capitals inside, such as XMLHttpRequest, each part is judged. Correct words without a common meaning are not found,
    nor are invented pronounceable ones: that requires a model, as in guardrails-ai.

    Measured on railguard's own 260 lines (English, German, French, Spanish and ten more languages, names, codes, and
    mashed keys), one half of which was not used for tuning: on that half precision 1.00 (60 of 60) and recall
    0.92 (60 of 65); missed are short and alternating ones ("weqr tyiu"). tests/validators/gibberish.txt has the lines.
    Of 12,969 names of regions and languages (ISO 3166-2, ISO 639-3) one fails. There is no fix: what was meant is not
    known.

    threshold: the share of letters in such words from which a sentence fails, above 0 and up to 1.

    >>> no_gibberish().run("The strengths of the Czech rhythm section: Krzysztof, SKU XJ-900.")
    >>> no_gibberish().run("It works. Sdkfjh skdjfh!").message
    'The text must be made of words; this is not: "Sdkfjh", "skdjfh".'
    """

    __slots__ = ("_threshold", "prompt")

    def __init__(self, threshold: int | float = 0.5) -> None:
        if not 0 < threshold <= 1:
            raise ValueError(f"threshold is {number(threshold)}; it is a share above 0 and up to 1")
        self._threshold = threshold
        self.prompt = "made of words, without gibberish"

    def __call__(self, value: str) -> FailResult | None:
        mashed = {word for chunk in set(value.split()) for word in _mashed_in(chunk)}
        if not mashed:
            return None
        spans: list[tuple[int, int]] = []
        start = 0
        for line in value.splitlines(keepends=True):
            for first, last in sentences(line):
                spans += self._gibberish(line[first:last], start + first, mashed)
            start += len(line)
        if not spans:
            return None
        said = dict.fromkeys(value[first : min(last, first + _LONGEST)] for first, last in spans[:100])
        return FailResult(f"The text must be made of words; this is not: {listed(said, 10)}.", spans=spans[:20])

    def _gibberish(self, sentence: str, offset: int, mashed: set[str]) -> list[tuple[int, int]]:
        """Return the positions of its mashed words, if there are so many that it fails."""
        found: list[tuple[int, int]] = []
        letters = wrong = 0
        for chunk in _CHUNK.finditer(sentence):
            is_code = _CODE.search(chunk[0].strip(_AROUND)) is not None
            for word in _LETTERS.finditer(sentence, *chunk.span()):
                letters += len(word[0])
                if word[0] in mashed and not is_code:
                    wrong += len(word[0])
                    found.append((offset + word.start(), offset + word.end()))
        return found if wrong and wrong >= self._threshold * letters else []


def _mashed_in(chunk: str) -> Sequence[str]:
    """Return the runs of letters in a text without white space that look mashed."""
    return _mashed_in_short(chunk) if len(chunk) <= _LONGEST else _find_mashed(chunk)


def _find_mashed(chunk: str) -> Sequence[str]:
    return [word for word in _LETTERS.findall(chunk) if any(map(looks_mashed, _spelled(word[:_LONGEST])))]


_mashed_in_short = lru_cache(maxsize=1 << 14)(_find_mashed)  # the same words are in most texts


def _spelled(word: str) -> list[str]:
    """Return the judged parts of a word, in the letters a–z. A word with capitals inside is judged by its parts, and as
    a whole if its case only alternates.

    >>> _spelled("Straße"), _spelled("XMLHttpRequest"), _spelled("sDfKjHg"), _spelled("SDFkjhg")
    (['strasse'], ['http', 'request'], ['sdfkjhg'], ['fkjhg'])
    """
    if word.isupper() and len(word) < _SHORTEST_CAPITALS:
        return []
    if word[1:].islower() or word.isupper():
        plain = latin(word)
        return [plain] if plain is not None and len(plain) >= 4 else []
    if not word.isascii():
        return []
    parts = _PARTS.findall(word)
    if 6 <= len(word) < 2.5 * len(parts):
        return [word.lower()]
    return [part.lower() for part in parts if len(part) >= (_SHORTEST_CAPITALS if part.isupper() else 4)]


def _share(confidence: float) -> float:
    """Return the share of letters from which a sentence fails, for the smallest confidence with which a model must find
    it clean.

    >>> _share(0.9), _share(1), _share(0)
    (0.1, 0.01, 1.0)
    """
    return min(1.0, max(0.01, round(1 - confidence, 9)))


no_gibberish = validator(
    "no-gibberish",
    subject="Texts",
    aliases=("gibberish-text",),
    translations=(
        Translation(
            "gibberish-text",
            "threshold",
            "the least confidence of a model that the text is clean, 0.5; a higher one is stricter",
            _share,
            "the threshold of gibberish-text is the confidence of a model there; here no model judges, and 1 - threshold is "
            "read as the share of a sentence's letters from which it fails",
        ),
    ),
)(NoGibberish)
