"""Finds the names in a text by their spelling: capitals, acronyms, addresses. The only language data are lists of words
that open sentences, and the rule that German nouns have capitals.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from typing import NamedTuple

from railguard_validators._text.windows import around

__all__ = ["Name", "Word", "address", "addresses", "initials", "is_german", "key", "names", "stems", "words"]

_LETTERS = r"[^\W\d_]"
_WORD = re.compile(rf"(?:{_LETTERS}\.){{2,8}}|[^\W_]++(?:[-'’&][^\W_]++)*+")
_AT_WORDS = re.compile(f"({_WORD.pattern})")  # splits a text into words and the parts between them
_ADDRESS = re.compile(
    r"(?<![\w.+@-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}|(?<!\w)(?:https?://|www\.)[^\s<>\"'`|\\^{}\[\]]{2,2000}",
    re.IGNORECASE,
)
"""An e-mail address or a URL."""

_IN_ADDRESS = re.compile(r"@|://|www\.", re.IGNORECASE)

_JOINING = """of and the de del della di da do dos das la le les los el y e et und van von der den dem ter ten zu zur al bin ibn
    du des d l für for on upon"""
_CALLING = """mr mrs ms mx dr prof st sir lord lady sen rep gov gen col capt lt sgt rev hon jr sr hr fr herr frau herrn firma sra
    don doña mme mlle monsieur madame señor señora signor signora ing dott dra dipl mag"""
_GERMAN_WORDS = """der die das und ist nicht ein eine einen einem einer den dem des von mit für auf im zu zum zur sich wird
    werden wurde wurden hat haben auch als nach bei aus er sie es wir"""
_OPENING = """
    a an the this that these those he she it we you they i his her its our their my your who what which when where why how
    there here in on at by for from with without within into onto of off over under about above after before since until
    during between among against through throughout across along around behind below beneath beside besides beyond despite
    down except inside like near outside past per plus regarding than till to toward towards up upon via as if unless
    although though because while whereas whether once and but or nor so yet also both either neither each every all any
    some no not none many most more much few fewer several such other another same own only just even still already again
    ever never always often sometimes usually today yesterday tomorrow now then later earlier soon meanwhile however
    moreover furthermore therefore thus hence consequently nevertheless nonetheless otherwise instead indeed overall
    finally first second third last next according due given based following including is are was were be been do does did
    has have had can could may might must shall should will would let see note please dear yes thanks one two three four
    five six seven eight nine ten new former late president chairman chairwoman minister senator judge professor doctor
    chief director
    der die das den dem des ein eine einen einem einer und oder aber auch am an auf aus bei bis durch für gegen hinter im in
    mit nach neben ohne seit über um unter von vor während wegen zu zum zur zwischen als wenn weil dass ob wie wo was wer er
    sie es wir ihr ich sein seine seinen ihre ihren dieser diese dieses diesen jeder jede alle viele nicht nur noch schon so
    dann da dort hier heute gestern morgen laut trotz dabei damit danach daher
    le la les un une des du de et ou mais donc or ni car au aux en dans par pour sur sous avec sans chez vers entre après
    avant depuis pendant selon il elle ils elles on nous vous je tu ce cette ces cet son sa ses leur leurs si quand comme
    que qui où tout tous toute toutes hier aujourd'hui demain
    el los las lo unos unas y o pero con sin por para según desde hasta entre sobre tras ante bajo durante mediante cuando
    como si que quien donde este esta estos estas ese esa su sus ayer hoy mañana también al del se no él ella ellos
    il gli i uno e ed ma o con da di tra fra su per nel nella nei nelle al alla dal dalla sul sulla secondo dopo prima
    os as um uma no na nos nas em pelo pela ao com sem para segundo após het een en van voor met zonder op bij uit naar
    """
_CONNECTORS, _TITLES = frozenset(_JOINING.split()), frozenset(_CALLING.split())
_GERMAN, _OPENERS = frozenset(_GERMAN_WORDS.split()), frozenset(_OPENING.split())
_JOINTS = _CONNECTORS | _OPENERS
_ROMAN = re.compile(r"[IVXLC]{1,6}")
_POSSESSIVE = re.compile(r"['’][sS]?\Z")
_INFLECTIONS = ("s", "es", "n", "en", "ns", "an", "ans", "ian", "ians", "ese", "i", "is", "er", "ers", "ish", "e")
_LARGE = frozenset(("capital", "acronym", "mixed"))
_CLOSING = frozenset(".!?,;")
_LONGEST_NAME = 24
_INITIAL = frozenset('.!?…:;"“”„«»‘(‹[{•*|—–>\n')


def addresses(text: str) -> list[re.Match[str]]:
    """Return the e-mail addresses and URLs of a text.

    >>> [match[0] for match in addresses("ann@example.org or www.example.org/a")]
    ['ann@example.org', 'www.example.org/a']
    """
    parts = around((sign.span() for sign in _IN_ADDRESS.finditer(text)), len(text), 70, 2100)
    return [match for start, end in parts for match in _ADDRESS.finditer(text, start, end)]


class Word(NamedTuple):
    """A word and its position. kind: "small", "capital" (a capital and small letters), "acronym" (capitals, maybe
    digits), "mixed" (capitals elsewhere) or "other". initial: whether it opens a sentence, a line, a quote or brackets.
    line: the number of its line; closed: whether a punctuation mark that ends a sentence or clause follows.
    """

    text: str
    start: int
    end: int
    kind: str
    initial: bool
    line: int = 0
    closed: bool = False


class Name(NamedTuple):
    """Adjacent words that are a name, or part of one."""

    words: tuple[Word, ...]


def words(text: str) -> list[Word]:
    """Return the words of a text, without addresses.

    >>> [(word.text, word.kind, word.initial) for word in words("Dr. Ada of the WHO. Then eBay")][:4]
    [('Dr', 'capital', True), ('Ada', 'capital', False), ('of', 'small', False), ('the', 'small', False)]
    """
    pieces, at = [], 0
    for match in addresses(text):
        pieces += [text[at : match.start()], " " * len(match[0])]
        at = match.end()
    text = "".join([*pieces, text[at:]])
    found: list[Word] = []
    kinds = _Kinds()
    make, add = tuple.__new__, found.append  # Word(…), which is slow for as many as a long text has
    end = line = 0
    parts = _AT_WORDS.split(text)
    for between, word, after in zip(parts[:-1:2], parts[1::2], parts[2::2], strict=True):
        start = end + len(between)
        initial = not found
        if between != " ":
            lines = between.count("\n")
            line += lines
            mark = between.strip()[-1:]
            opens = mark and mark in _INITIAL and not (mark == "." and found and _abbreviation(found[-1]))
            initial = bool(initial or lines or opens)
        end = start + len(word)
        add(make(Word, (word, start, end, kinds[word], initial, line, after != " " and after[:1] in _CLOSING)))
    return found


def _abbreviation(word: Word) -> bool:
    return (word.kind == "capital" and word.text.lower() in _TITLES) or (len(word.text) == 1 and word.text.isupper())


class _Kinds(dict[str, str]):
    """The kinds of words, each decided at its first use."""

    def __missing__(self, word: str) -> str:
        self[word] = kind = _kind(word)
        return kind


def _kind(word: str) -> str:
    if word.isalpha():  # as most are, which needs no closer look
        if word.islower():
            return "small"
        if word[0].isupper() and word[1:].islower():
            return "capital"
    stem = _POSSESSIVE.sub("", word)
    letters = [char for char in stem if char.isalpha()]
    large = sum(char.isupper() or char.istitle() for char in letters)
    if not letters or not large:
        return "small" if letters else "other"
    if len(letters) == 1:
        return "acronym" if len(stem) > 1 and any(map(str.isdigit, stem)) else "capital"
    if large == len(letters):
        return "acronym"
    parts = [part for part in re.split(r"[-'’&]", stem) if part]
    if all(not any(map(str.isupper, part[1:])) for part in parts):
        return "capital" if stem[0].isupper() or stem[0].istitle() else "small"
    return "mixed"


def key(word: str) -> str:
    """Return a word in its form for comparison: without capitals, periods and possessive.

    >>> key("Müller’s"), key("U.S."), key("Strauß")
    ('müller', 'us', 'strauss')
    """
    return _POSSESSIVE.sub("", unicodedata.normalize("NFKC", word)).replace(".", "").casefold()


def stems(word: str) -> list[str]:
    """Return a key, and the words that it may be an inflection or an adjective of ("germany" has "german").

    >>> stems("germans")[:2], "iran" in stems("iranian"), "niger" in stems("nigeria")
    (['germans', 'german'], True, False)
    """
    found = [word]
    if word.endswith(_INFLECTIONS):
        found += [word[: -len(end)] for end in _INFLECTIONS if word.endswith(end) and len(word) - len(end) >= 4]
    if word.endswith("y") and len(word) > 5:
        found.append(word[:-1])
    return found


def address(text: str) -> str:
    """Return an address in its form for comparison: without scheme, www and closing punctuation.

    >>> address("https://www.Example.com/a/."), address("Ann@example.com")
    ('example.com/a', 'ann@example.com')
    """
    text = text.casefold().rstrip(".,;:!?)…’”»/")
    for head in ("https://", "http://", "www."):
        text = text.removeprefix(head)
    return text


def initials(name: Name) -> list[tuple[str, tuple[Word, ...]]]:
    """Return the possible acronyms of parts of a name, with and without connectors, and the words that they represent.

    >>> [letters for letters, _ in initials(names(words("the Bank of England"))[0])]
    ['be', 'boe']
    """
    found: list[tuple[str, tuple[Word, ...]]] = []
    if len(name.words) > _LONGEST_NAME:
        return found
    for begin, first in enumerate(name.words):
        for end in range(begin + 2, min(begin + 9, len(name.words) + 1)):
            part = name.words[begin:end]
            if first.kind == "small" or part[-1].kind == "small":
                continue
            large = "".join(word.text[0] for word in part if word.kind != "small").casefold()
            every = "".join(word.text[0] for word in part).casefold()
            found += [(letters, part) for letters in dict.fromkeys((large, every)) if len(letters) > 1]
    return found


def names(found: list[Word], *, everything: bool = False, german: bool = False) -> list[Name]:
    """Return the names among the words of a text: runs of capitalized words, including connectors such as "of" and
    "van". Excluded are words that may be capitalized for another reason: at the beginning of a sentence, unless a name
    continues there or the word is a possessive; in headings and lines in capitals; German nouns. A text that is only a
    name is kept whole. everything: exclude nothing. german: the text is German, even if it is too short to detect.

    >>> text = "However, Ada Lovelace met Mr. Bell at the Bank of England. Later it rained."
    >>> [" ".join(word.text for word in name.words) for name in names(words(text))]
    ['Ada Lovelace', 'Bell', 'Bank of England']
    """
    whole = everything or _is_one_name(found)
    skipped = set() if whole else _headings(found)
    german = not whole and (german or is_german(found))
    runs: list[list[Word]] = []
    run: list[Word] = []
    between: list[Word] = []
    for number, word in enumerate(found):
        if not run and word.kind not in _LARGE:
            continue
        if number in skipped or (word.initial and run):
            runs.append(run)
            run, between = [], []
        if number in skipped:
            continue
        near = number > 0 and word.start - found[number - 1].end <= 2
        if word.kind in _LARGE:
            if run and near and len(between) <= 2:
                run += [*between, word]
            else:
                runs.append(run)
                run = [word]
            between = []
        elif run and near and not german and word.text.lower() in _CONNECTORS:
            between.append(word)
        else:
            runs.append(run)
            run, between = [], []
    runs.append(run)
    kept: list[Name] = []
    for run in runs:
        if not whole:
            run = _checked(run, german)
        elif not everything:
            run = [word for word in run if not _no_name(word)]
        if run:
            kept.append(Name(tuple(run)))
    return kept


def _checked(run: list[Word], german: bool) -> list[Word]:
    """Return the part of a run of words that is certainly a name."""
    run = [word for word in run if not _no_name(word)]
    while run and run[0].kind == "capital" and run[0].initial and _opens(run):
        run = run[1:]
        while run and run[0].kind == "small":
            run = run[1:]
    if german and len(run) == 1 and run[0].kind == "capital":
        return []
    return run


def _opens(run: list[Word]) -> bool:
    """Whether the first word of a run probably has its capital only because it opens a sentence."""
    first = run[0].text
    plain = key(first)
    if plain in _OPENERS or plain.endswith("ly"):
        return True
    if _POSSESSIVE.search(first):
        return False
    return len(run) == 1 or run[1].kind == "small"


def _no_name(word: Word) -> bool:
    if word.kind == "acronym":
        return _ROMAN.fullmatch(word.text) is not None
    if word.text.lower() in _TITLES:
        return True
    return len(_POSSESSIVE.sub("", word.text)) == 1 or (word.text.split("'")[0].split("’")[0] == "I")


def _is_one_name(found: list[Word]) -> bool:
    large = sum(word.kind in _LARGE for word in found)
    small = sum(word.kind == "small" and word.text.lower() not in _CONNECTORS for word in found)
    if not found or key(found[0].text) in _OPENERS:
        return False
    return 0 < large <= 6 and not small and sum(word.initial for word in found) == 1


def is_german(found: list[Word]) -> bool:
    """Whether a text is German, by its most frequent words.

    >>> is_german(words("Das ist ein Satz und nicht mehr")), is_german(words("This is a sentence"))
    (True, False)
    """
    hits = sum(word.text in _GERMAN for word in found)
    return hits >= 2 and hits >= 0.12 * len(found)


def _is_joint(word: Word) -> bool:
    """Whether headings write a word with a small letter."""
    return word.kind == "other" or (word.kind == "small" and word.text.lower() in _JOINTS)


def _headings(found: list[Word]) -> set[int]:
    """Return the indexes of the words in lines with nearly all letters in capitals, and of the words except acronyms in
    lines where nearly all words begin with a capital, as in headings.
    """
    out: set[int] = set()
    ends = [number for number in range(1, len(found)) if found[number].line != found[number - 1].line]
    for begin, number in pairwise([0, *ends, len(found)]):
        kinds = [word.kind for word in found[begin:number]]
        large = len(kinds) - kinds.count("small") - kinds.count("other")
        if not large:
            continue
        line = [word for word in found[begin:number] if not _is_joint(word)]
        shouted = kinds.count("acronym")
        titled = len(line) >= 4 and large > 0.8 * len(line) and not found[number - 1].closed
        if len(line) >= 3 and shouted >= 0.8 * len(line):
            out.update(range(begin, number))
        elif titled:
            out.update(at for at in range(begin, number) if found[at].kind not in ("acronym", "mixed"))
    return out
