"""The probabilities of letter sequences in words of languages with Latin script, and neighbouring keys of keyboards."""

from __future__ import annotations

import re
from itertools import pairwise
from unicodedata import normalize

__all__ = ["latin", "looks_mashed"]

# The cost in quarter bits of the letter of a column (a–z, then the end of the word) after that of the row, counted over
# the different words of program messages in 15 languages: English with a weight of 4, German, French and Spanish of 2,
# Italian, Portuguese, Dutch, Swedish, Danish, Polish, Czech, Finnish, Turkish, Hungarian and Romanian of 0.4 each.
_COSTS = (
    "IDCBNMEIEKE>B;NFT=A?FHKSHK;",  # a
    "9KPS:SPM<LS>RM=Q[@GL=XNXHVF",  # b
    ";WHV>Y[9=SCESP;UXDKACZZ[PLB",  # c
    ";NUI9RNK;KRINK;O[EFOAPPUML<",  # d
    "GKCCGIGLENH@D;NGQ;=BLJOHNK:",  # e
    "=QOK<AMR9NTBQO;NZAFD@ZQXKSA",  # f
    ";KSL:TFE?VLFLD?P[@CI>VKXLW:",  # g
    "9RUL:WUR<RNDJH=TZCJD?RM[LZ=",  # h
    "AG@D@HDQNMFAC:AHOB??OFQPMH<",  # i
    "7NRI:SSN<RJIMI=O[ODM>QR[RQA",  # j
    "9QRT<TPD=XGFPJ;L[EDC?PH[HV=",  # k
    ":MNG:MKP:OL?JJ>OZSFCAMU[GT?",  # l
    "8@QO:QQV<[PKEL>@[PHLAUQYPV?",  # m
    "=OD>>J<P>MHMOHBRXRB=FLSYGL:",  # n
    "JFDDMKFMHNF@@:IDS<@CCEHSNK;",  # o
    ":SLO<MQF?[Q@RQ<CY;GC@XSZM[A",  # p
    "?RRQIUUUCUUJSPHPNLNN2UOURU?",  # q
    ";JIE:NGN<QHIFG>MWFDBBLO[KK=",  # r
    ">OAQ=NOD>YCHLMBESNB<BOO[IJ9",  # s
    ":SMR9QSF;SQIPM>Q[@DDAQQYGM<",  # t
    "ADEFAHFNCJE?@<JEU=?@LKMOLJ>",  # u
    "8QNQ7URX:YUKSH=S[IHOFUY[FUE",  # v
    "5QNL;UOI<WOLUE?Q[FHOE[VWDRA",  # w
    ">KAK>LOJ;SNMJOD<POK;FRONKQ:",  # x
    "9MDJAQJLBMHFBD@A[HACCNKYKO9",  # y
    "8LLJ9SLI<QKIKD?MUNKG@NI[EI?",  # z
    "?A@ACEDFCJAC@CE@OB>AFEHRKI[",  # at the start
)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz "
_COST = {
    first + second: (ord(cost) - 48) / 4
    for first, costs in zip(_ALPHABET, _COSTS, strict=True)
    for second, cost in zip(_ALPHABET, costs, strict=True)
}
_SPELLED = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_DRAWN_OUT = re.compile(r"(.)\1\1+")
_LAUGHTER = re.compile("(?:[hjx][aeio]|[aeo]h|rs|wk|ks|lo|mua){2,}[a-z]?")
_VOWEL = re.compile("[aeiouy]")
_NO_VOWEL = re.compile("[^aeiouy]{6,}")
_NO_CONSONANT = re.compile("[aeiouy]{6,}")
_KNOWN = frozenset(("qwerty", "qwertz", "azerty", "https", "kyrgyz"))
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "yxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn")
_SIDE_BY_SIDE = {
    pair: direction for row in _ROWS for a, b in pairwise(row) for pair, direction in ((a + b, 1), (b + a, -1))
}
# Four neighbouring keys of the two rows that are not part of a word: not "wert", but "asdf" and "vcxz".
_WORDLESS = re.compile(
    "|".join(keys[at : at + 4] for row in _ROWS[1:3] for keys in (row, row[::-1]) for at in range(len(row) - 3))
)
_RUN = 4  # the fewest neighbouring keys that count; "erty" in "liberty" is the longest sequence in words


def latin(word: str) -> str | None:
    """Return the word in the letters a–z, without accents; None if it has other letters.

    >>> latin("Straße"), latin("Łódź"), latin("слово")
    ('strasse', 'lodz', None)
    """
    plain = "".join(
        char for char in normalize("NFKD", word.lower().translate(_SPELLED)) if not "\u0300" <= char <= "\u036f"
    )
    return plain if plain.isascii() and plain.isalpha() else None


def looks_mashed(word: str) -> bool:
    """Whether a word of four or more letters a–z looks like random keys: letters that rarely follow each other in
    words, six or more without a vowel or without a consonant, or a row of the keyboard.

    >>> [looks_mashed(word) for word in ("strengths", "rhythm", "sdkfjh", "qwertyuiop", "liberty", "wert")]
    [False, False, True, True, False, False]
    """
    word = _DRAWN_OUT.sub(r"\1", word)
    size = len(word)
    if size < 4 or word in _KNOWN or _LAUGHTER.fullmatch(word):
        return False
    if _NO_VOWEL.fullmatch(word) or _NO_CONSONANT.fullmatch(word):
        return True
    if _WORDLESS.search(word) and size < 6:
        return True
    if size >= 6 and _keys_in_rows(word) >= 0.75 * size:
        return True
    bounded = f" {word} "
    mean = sum(_COST[bounded[at : at + 2]] for at in range(size + 1)) / (size + 1)
    if size == 5 and _VOWEL.search(word) is None:
        return mean > 5.2
    return mean > max(5.2, 4.9 + 4.6 / size)


def _keys_in_rows(word: str) -> int:
    """Return how many letters are in runs of neighbouring keys, typed in one direction."""
    found, run, before = 0, 1, 0
    for at in range(len(word)):
        direction = _SIDE_BY_SIDE.get(word[at : at + 2], 0)
        if direction and before in (0, direction):
            run += 1
        else:
            found += run if run >= _RUN else 0
            run = 2 if direction else 1
        before = direction
    return found
