"""no-profanity: a text without swear words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby, pairwise
from unicodedata import normalize

from railguard import FailResult, validator
from railguard_validators._text.candidates import Candidates, Rare
from railguard_validators._text.folding import WORD, folded, origin, word_of
from railguard_validators._text.profanity import ANYWHERE, MILD, PHRASES, WORDS
from railguard_validators._text.windows import chunks_of
from railguard_validators._wording import listed

_LONGEST = 40  # the most characters of a token that is searched for disguises; no swear word is as long
_DISGUISES = str.maketrans("013457@$!|€+àáâãäåèéêëìíîïòóôõöøùúûüçñ", "oieastasiletaaaaaaeeeeiiiioooooouuuucn")
_AS_ELL = {**_DISGUISES, **str.maketrans("1!|", "lll")}
_LOOKALIKES = str.maketrans("асеорхукіѕһԁαορυνκι", "aceopxykishdaopuvki")  # Cyrillic and Greek letters
_TOKEN = re.compile(r"[^\s\"“”„«»(){}<>\[\],;:/\\=&~`^?¿¡…]{3,}")
_LATIN = re.compile("[a-z]")
_AROUND = "*_.-'!|+#%•"
_SIGNS: dict[str, str] = {}  # what each letter is written as in a disguise
for _table in (_LOOKALIKES, _DISGUISES, _AS_ELL):
    for _code, _letter in _table.items():
        _SIGNS[chr(_letter)] = _SIGNS.get(chr(_letter), "") + chr(_code)
_JOINT = "-_.*+~•|"
_JOINTS = re.compile(f"[{_JOINT}]+")
_MASKS = "*#•%@$!_-"
_MASK = re.compile("[*#•%@$!_-]")
_THREE = re.compile(r"([^\W_])\1\1")
_APART = Rare(r"(?<![^\W_])[^\W_](?:([ ]{1,2}|[-._*•|])[^\W_](?![^\W_])(?:\1[^\W_](?![^\W_]))++)")
_GAP = re.compile(r"[ \t\u00a0-]{1,3}")
_ANYWHERE = re.compile("|".join(ANYWHERE))


class NoProfanity:
    """Has no swear words or slurs: a list of its own of English, German, French and Spanish ones. They are looked for
    as whole words, in any case, so "Scunthorpe", "class", "assess", "cockpit" and "snigger" pass, and so do names such
    as Dick Cheney; a few that no harmless word contains are found in compounds too. Words that are ordinary in another
    sense or in another language (cock, tit, ass, slut …) are not on the list, or only in phrases such as "kiss my ass".

    Disguises are recognized: digits and symbols for letters (sh1t, $hit, a$$hole), one or more masked letters (f*ck,
    s**t, f###ing; "f***" is ambiguous), separated letters (f u c k, s.h.i.t), repeated letters (fuuuck), accents,
    look-alike letters of other alphabets, and invisible characters. Words that are only implied ("what the f"), insults
    made of harmless words, and other languages are not found.

    There is no fix: masked letters leave the word readable and are found again by this rule, a sentence without the
    word has another meaning, and the empty text of guardrails-ai loses the good parts.

    allow: allowed words and phrases, such as the name of a band.
    extra: more forbidden words and phrases; the same disguises are recognized.
    mild: whether words that many find harmless count too: damn, hell, crap, ass, bastard, bloody and the like.

    >>> no_profanity().run("The class in Scunthorpe assessed Dick Cheney's cockpit.")
    >>> no_profanity().run("Holy sh1t, what a f u c k i n g mess").message
    'The text must be free of swear words; take these out or say it politely: "sh1t", "f u c k i n g".'
    >>> no_profanity(extra=["fiddlesticks"], allow=["bullshit"]).run("Bullshit and fiddlest1cks!").spans
    [(13, 25)]
    """

    __slots__ = (
        "_allowed",
        "_by_shape",
        "_candidates",
        "_excused",
        "_longest",
        "_phrased",
        "_phrases",
        "_plain",
        "_words",
        "prompt",
    )

    def __init__(self, allow: list[str] | None = None, extra: list[str] | None = None, mild: bool = False) -> None:
        allowed = [tuple(_words(entry, "allow")) for entry in allow or []]
        own = [tuple(_words(entry, "extra")) for entry in extra or []]
        self._allowed = frozenset(phrase[0] for phrase in allowed if len(phrase) == 1)
        self._excused = _by_first(phrase for phrase in allowed if len(phrase) > 1)
        listed_words = {folded(word)[0] for word in (*WORDS, *(MILD if mild else ()))}
        listed_words = (listed_words | {phrase[0] for phrase in own if len(phrase) == 1}) - self._allowed
        self._plain = frozenset(_bare(word) for word in listed_words if "ñ" not in word) - self._allowed
        self._words = self._plain | listed_words
        self._longest = max(map(len, self._plain), default=0)
        phrases = (*PHRASES, *(phrase for phrase in own if len(phrase) > 1))
        self._phrases = _by_first(phrase for phrase in phrases if phrase not in allowed)
        self._by_shape: dict[tuple[str, int], list[str]] = {}
        for word in sorted(self._plain):
            if len(word) > 3:
                self._by_shape.setdefault((word[0], len(word)), []).append(word)
        self._candidates = _of_words(frozenset(self._words))
        self._phrased = _of_phrases(frozenset(phrase for several in self._phrases.values() for phrase in several))
        self.prompt = "without swear words"

    def __call__(self, value: str) -> FailResult | None:
        text, offsets = folded(value)
        text = text.replace("’", "'")
        chunks = chunks_of(text, self._candidates.spans(text))
        found = [*self._written(text, chunks), *self._disguised(text, chunks), *self._apart(text)]
        if not found:
            return None
        spans: list[tuple[int, int]] = []
        for start, end in sorted(found, key=lambda span: (span[0], -span[1])):
            if not spans or start >= spans[-1][1]:
                spans.append((start, end))
        spans = [origin(offsets, start, end) for start, end in spans]
        said = dict.fromkeys(value[start:end] for start, end in spans)
        return FailResult(
            f"The text must be free of swear words; take these out or say it politely: {listed(said, 10)}.", spans=spans
        )

    def _written(self, text: str, chunks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield words and phrases as they are written, compounds, and words with repeated letters."""
        there = {word for start, end in chunks for word in word_of(text).findall(text, start, end)}
        profane = set(filter(self._is_profane, there))
        if not profane and not self._phrased.spans(text):
            return
        words = [(*word.span(), word[0]) for word in word_of(text).finditer(text)]
        excused = {at for first, last in _standing(self._excused, words, text) for at in range(first, last)}
        for first, last in _standing(self._phrases, words, text):
            if excused.isdisjoint(range(first, last)):
                yield words[first][0], words[last - 1][1]
        for at, (start, end, word) in enumerate(words):
            if word in profane and at not in excused:
                yield start, end

    def _is_profane(self, word: str) -> bool:
        """Whether a word is profane in any context."""
        if word in self._allowed:
            return False
        return (
            word in self._words
            or ("'" in word and not self._words.isdisjoint(word.split("'")))  # d'enculé
            or (len(word) <= _LONGEST and (_ANYWHERE.search(word) is not None or self._is_drawn_out(word)))
        )

    def _is_drawn_out(self, word: str) -> bool:
        """Whether it is a listed word with a letter repeated at least three times: fuuuck. Two are not enough: Shiite."""
        if not _THREE.search(word):
            return False
        runs = [(char, len(list(run))) for char, run in groupby(word)]
        return any("".join(char * min(count, most) for char, count in runs) in self._plain for most in (1, 2))

    def _disguised(self, text: str, chunks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield tokens that become a listed word when symbols are read as letters, omitted, or read as any letter."""
        there = {raw for start, end in chunks for raw in _TOKEN.findall(text, start, end)}
        disguises = set(filter(self._hides_one, there))
        if not disguises:
            return
        for token in _TOKEN.finditer(text):
            if token[0] in disguises:
                core = token[0].rstrip(_AROUND)
                end = token.start() + len(core)
                yield end - len(core.lstrip(_AROUND)), end

    def _hides_one(self, raw: str) -> bool:
        if len(raw) > _LONGEST or (raw.isascii() and raw.isalpha()):
            return False
        core = raw.strip(_AROUND)
        return bool(core) and core not in self._allowed and self._is_disguise(core)

    def _is_disguise(self, core: str) -> bool:
        if not _LATIN.search(core):  # pure Cyrillic or Greek is not a disguise
            return False
        letters = core.translate(_LOOKALIKES)
        for table in (_DISGUISES, _AS_ELL):
            read = _JOINTS.sub("", letters.translate(table))
            if read != core and (read in self._plain or self._is_drawn_out(read)):
                return True
        return self._is_masked(letters)

    def _is_masked(self, core: str) -> bool:
        """Whether a token is masked (f*ck, s**t, f###ing): one symbol for letters inside, two or more letters left,
        including the first one.
        """
        signs = set(_MASK.findall(core))
        if len(signs) != 1 or not core.replace(signs.pop(), "").isalpha() or sum(map(str.isalpha, core)) < 2:
            return False
        return any(
            all(char == letter or char in _MASKS for char, letter in zip(core, word, strict=True))
            for word in self._by_shape.get((core[0], len(core)), ())
        )

    def _apart(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield runs of single letters that contain a listed word of four or more letters."""
        for run in _APART.finditer(text):
            places = [at for at in range(*run.span()) if text[at].isalnum()]
            letters = "".join(text[at] for at in places).translate(_LOOKALIKES).translate(_DISGUISES)
            if len(letters) != len(places):
                continue
            for first in range(len(letters) - 3):
                for last in range(first + 4, min(len(letters), first + self._longest) + 1):
                    if letters[first:last] in self._plain:
                        yield places[first], places[last - 1] + 1


@lru_cache(maxsize=16)
def _of_words(words: frozenset[str]) -> Candidates:
    """Return where words may begin, as written or in a disguise."""
    return Candidates([*ANYWHERE, *(f"(?<![a-z0-9])(?:{_disguise(one)})(?![a-z0-9])" for one in sorted(words))])


@lru_cache(maxsize=16)
def _of_phrases(phrases: frozenset[tuple[str, ...]]) -> Candidates:
    """Return where phrases may begin."""
    gapped = (_GAP.pattern.join(map(re.escape, phrase)) for phrase in sorted(phrases))
    return Candidates(f"(?<![a-z0-9])(?:{one})(?![a-z0-9])" for one in gapped)


def _disguise(word: str) -> str:
    """Return a pattern of a word in all disguises: other signs for its letters, which may be repeated and have signs
    between them.
    """
    first, *others = (re.escape(char + _SIGNS.get(char, "")) for char in word)
    runs = (f"[{_JOINT}]{{0,{_LONGEST}}}[{one}{re.escape(_MASKS)}]{{1,{_LONGEST}}}" for one in others)
    return f"[{first}]{{1,{_LONGEST}}}{''.join(runs)}"


_Phrases = dict[str, list[tuple[str, ...]]]


def _words(entry: str, parameter: str) -> list[str]:
    words = WORD.findall(folded(entry)[0].replace("’", "'"))
    if not words:
        raise ValueError(f"{parameter} has {entry!r}, in which there is no word")
    return words


def _by_first(phrases: Iterable[tuple[str, ...]]) -> _Phrases:
    found: _Phrases = {}
    for phrase in phrases:
        found.setdefault(phrase[0], []).append(phrase)
    return found


def _standing(phrases: _Phrases, words: list[tuple[int, int, str]], text: str) -> Iterator[tuple[int, int]]:
    """Yield (first, last + 1) of the phrases in the text, with only spaces or a hyphen between their words."""
    for first, (_, _, word) in enumerate(words):
        for phrase in phrases.get(word, ()):
            last = first + len(phrase)
            there = words[first:last]
            if tuple(word for _, _, word in there) == phrase and all(
                _GAP.fullmatch(text, before[1], after[0]) for before, after in pairwise(there)
            ):
                yield first, last


def _bare(word: str) -> str:
    """Return a word without accents."""
    return "".join(char for char in normalize("NFD", word) if not "\u0300" <= char <= "\u036f")


no_profanity = validator(
    "no-profanity", subject="Texts", aliases=("is-profanity-free", "profanity-free"), by_sentence=True
)(NoProfanity)
