"""redundant-sentences: a text without repeated sentences."""

from __future__ import annotations

import re
from collections import Counter
from zlib import crc32

from railguard import UNSET, FailResult, Translation, validator
from railguard_validators._text.sentences import sentences
from railguard_validators._wording import shown

_WORD = re.compile(r"[^\W_]+")
_GAPS = {code: " " for code in range(128) if not chr(code).isalnum()}
_NO_LETTERS = bytes(_GAPS)
_SMALL = bytes(range(256)).lower()
_NUMBER = re.compile(r"\d+")
_BINS = 16  # samples of pieces: sentences sharing 2/3 of them differ in all once in 10^7
_BIN = 8  # the sentences that are stored for one sample; if more share it, it is too common
_MEASURED = 4  # of the earlier sentences with the most common samples


class RedundantSentences:
    """No sentence is the same as an earlier one, ignoring capitals, punctuation and spaces. Different sentences with
    the same meaning are not found. The validator sentences defines the ends of sentences.

    The fix removes the repeated ones, with the white space before them. There is no fix if a sentence is only similar
    to an earlier one, because its new content would be lost.

    threshold: the similarity from which a sentence counts as repeated, in percent, from 1 to 100: twice the number of
        common pieces of three characters, divided by the pieces of both (Dice's coefficient). 100 means the same words;
        at 80 about one word in ten differs. Sentences with different numbers are never similar. The default is not 70
        of a fuzzy ratio as in guardrails-ai, where "The fee is 10." repeats "The fee is 20." and is removed. So that
        the time stays linear, a sentence is compared only with earlier ones that share a sample of its pieces; of a
        thousand similar pairs about five are missed for that reason, measured from 50 to 90.

    >>> redundant_sentences().run("It rains. It pours.")
    >>> redundant_sentences().run("It rains. So what? It rains!").message
    'The text must not repeat itself; "It rains!" stands there already.'
    >>> redundant_sentences().run("It rains. So what? It rains!").fix
    'It rains. So what?'
    >>> redundant_sentences(threshold=70).run("The old bridge is closed. The old bridge was closed.").message
    'The text must not repeat itself; "The old bridge was closed." is too much like "The old bridge is closed.".'
    """

    __slots__ = ("_threshold", "prompt")

    def __init__(self, threshold: int = 100) -> None:
        if not 1 <= threshold <= 100:
            raise ValueError(f"threshold is {threshold}; it is a number of per cent from 1 to 100")
        self._threshold = threshold
        self.prompt = "no sentence twice" if threshold == 100 else "no sentence twice, nor almost the same one"

    def __call__(self, value: str) -> FailResult | None:
        found = sentences(value)
        same, like = self._repeated(value, found)
        if not same and not like:
            return None
        spans = [found[at] for at in sorted([*same, *like])]
        start, stop = spans[0]
        what = shown(value[start:stop])
        if (at := found.index((start, stop))) in like:
            earlier = found[like[at]]
            what += f" is too much like {shown(value[earlier[0] : earlier[1]])}"
        else:
            what += " stands there already"
        more = f", and {len(spans) - 1:,} more do" if len(spans) > 1 else ""
        fix = UNSET if like else self._without(value, found, same)
        return FailResult(f"The text must not repeat itself; {what}{more}.", fix=fix, spans=spans[:20])

    def _repeated(self, value: str, found: list[tuple[int, int]]) -> tuple[set[int], dict[int, int]]:
        """Return the indexes of the sentences that repeat an earlier one, and those that are similar to one, with its
        index.
        """
        same: set[int] = set()
        like: dict[int, int] = {}
        first: dict[bytes, str] = {}  # by their letters, the first sentence with these
        plain: dict[bytes, set[str]] = {}  # the different ones, of letters that several have
        earlier = _Earlier(self._threshold)
        for at, (start, stop) in enumerate(found):
            sentence = value[start:stop]
            letters = _letters(sentence)
            if not letters:
                continue
            if letters in first:
                text = _plain(sentence)
                there = plain.get(letters) or plain.setdefault(letters, {_plain(first[letters])})
                if text in there:
                    same.add(at)
                    continue
                there.add(text)
            else:
                first[letters] = sentence
            if self._threshold < 100 and (other := earlier.like(_plain(sentence), at)) is not None:
                like[at] = other
        return same, like

    def _without(self, value: str, found: list[tuple[int, int]], repeated: set[int]) -> object:
        """Return the text without repeated sentences; UNSET if the rest would be split into other sentences that repeat
        each other.
        """
        kept, end = [], 0
        for at, (_, stop) in enumerate(found):
            if at not in repeated:
                kept.append(value[end:stop])
            end = stop
        fix = "".join(kept) + value[end:]
        same, _ = self._repeated(fix, sentences(fix))
        return UNSET if same else fix


def _plain(sentence: str) -> str:
    """Return the words of a sentence, in small letters and with one space between them.

    >>> _plain("It's 5 %,\\nof COURSE.")
    'it s 5 of course'
    """
    words = sentence.translate(_GAPS).split() if sentence.isascii() else _WORD.findall(sentence)
    return " ".join(words).casefold()


def _letters(sentence: str) -> bytes:
    """Return the letters and digits of a sentence in small letters: all that is in `_plain` but the spaces, found faster.

    >>> _letters("It's 5 %,\\nof COURSE.")
    b'its5ofcourse'
    """
    if sentence.isascii():
        return sentence.encode().translate(_SMALL, _NO_LETTERS)
    return _plain(sentence).replace(" ", "").encode("utf-8", "surrogatepass")


class _Earlier:
    """The earlier sentences, found by samples of their pieces: for all pieces in a bin, the one with the smallest hash,
    which two sentences share more often the more pieces they share (one-permutation MinHash).
    """

    def __init__(self, threshold: int) -> None:
        self._threshold = threshold
        self._bins: dict[tuple[int, int], list[int]] = {}
        self._pieces: dict[int, tuple[Counter[str], list[str]]] = {}

    def like(self, text: str, index: int) -> int | None:
        """Return the earlier sentence that this one is similar to, or None; then it is stored as `index`."""
        padded = f" {text} "
        pieces = Counter(padded[at : at + 3] for at in range(len(padded) - 2))
        numbers = _NUMBER.findall(text)
        least: dict[int, int] = {}
        for piece in pieces:
            value = crc32(piece.encode("utf-8", "surrogatepass"))
            least[value % _BINS] = min(value, least.get(value % _BINS, value))
        samples = list(least.items())
        shared = Counter(other for sample in samples for other in self._bins.get(sample, ()))
        for other, _ in shared.most_common(_MEASURED):
            others, others_numbers = self._pieces[other]
            if numbers == others_numbers:
                common = sum(min(count, others[piece]) for piece, count in pieces.items())
                if 200 * common >= self._threshold * (pieces.total() + others.total()):
                    return other
        self._pieces[index] = pieces, numbers
        for sample in samples:
            there = self._bins.setdefault(sample, [])
            there.append(index)
            del there[:-_BIN]
        return None


_THEIRS = "the least fuzzy ratio of two sentences in per cent, 70"
redundant_sentences = validator(
    "redundant-sentences",
    subject="Texts",
    aliases=("remove-redundant-sentences",),
    translations=(
        Translation("remove-redundant-sentences", "threshold", _THEIRS),
        Translation("guardrails/redundant-sentences", "threshold", _THEIRS),
    ),
)(RedundantSentences)
