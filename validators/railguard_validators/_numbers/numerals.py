"""The possible meanings of a numeral: digits with separators, words of scale, and English number words.

The key of a number is its digits and a power of ten ("1234e-2" is 12.34), so that equal numbers have equal keys in any
spelling, and the time for a number of a million digits is proportional to its length. An ambiguous numeral has two
keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from railguard_validators._text.candidates import Candidates, beginning_in

__all__ = ["SCALES", "Number", "number_words", "numeral", "words"]


@dataclass(frozen=True, slots=True)
class Number:
    """Digits without leading zeros, times ten to the power of `exponent`; `decimal`: whether digits follow a decimal
    point.

    >>> Number("1200", 0).key, Number("120", -1).scaled(3).key, Number("", 0).key
    ('12e2', '12e3', '0')
    """

    digits: str
    exponent: int
    decimal: bool = False

    @property
    def key(self) -> str:
        """A key that is the same for equal numbers."""
        short = self.digits.rstrip("0")
        return f"{short}e{self.exponent + len(self.digits) - len(short)}" if short else "0"

    def scaled(self, power: int) -> Number:
        """Return the number times a power of ten."""
        return Number(self.digits, self.exponent + power, self.decimal)

    @property
    def step(self) -> int:
        """The power of ten of the last significant digit: the last one after a decimal point; in a whole number, the
        last that is not zero, but at least the second.

        >>> Number("125", -1).step, Number("3000", 0).step, Number("3", 6).step, Number("1234", 0).step
        (-1, 2, 6, 0)
        """
        if self.decimal or self.exponent < 0:
            return self.exponent
        zeros = len(self.digits) - len(self.digits.rstrip("0"))
        return self.exponent + max(0, min(zeros, len(self.digits) - 2))


_SEPARATOR = re.compile(r"\D")
_POINTS = ".,٫·"


def numeral(text: str) -> list[Number]:
    """Return the possible numbers of ASCII digits with separators; none for a text such as 1.2.3.

    >>> [[number.key for number in numeral(text)] for text in ("1,234.50", "1.234,5", "1.234", "12'000", "1.2.3", "1 234,5")]
    [['12345e-1'], ['12345e-1'], ['1234e0', '1234e-3'], ['12e3'], [], ['12345e-1']]
    >>> [number.key for number in numeral("12,34,567")]
    ['1234567e0']
    """
    if text.isdecimal():
        return [_number(text, "")]
    marks = _SEPARATOR.findall(text)
    groups = _SEPARATOR.split(text)
    found = []
    if len(set(marks)) == 1 and _grouped(groups):
        found.append(_number("".join(groups), ""))
    *whole, last = groups
    one_point = marks[-1] in _POINTS and marks[-1] not in marks[:-1] and len(set(marks[:-1])) <= 1
    if one_point and (len(whole) == 1 or _grouped(whole)):
        found.append(_number("".join(whole), last))
    return found


def _grouped(groups: list[str]) -> bool:
    """Whether groups of digits are thousands, or lakhs and crores, and the first is not a single zero."""
    first, *middle, last = groups
    if not 1 <= len(first) <= 3 or len(last) != 3 or first[0] == "0":
        return False
    return all(len(group) == 3 for group in middle) or (len(first) <= 2 and all(len(group) == 2 for group in middle))


def _number(whole: str, fraction: str) -> Number:
    return Number((whole + fraction).lstrip("0"), -len(fraction), bool(fraction))


def _scales() -> dict[str, tuple[int, ...]]:
    listed = {
        2: "hundred hundert",
        3: "thousand thousands tausend tsd mille mil mila duizend tusen тыс тысяча тысячи тысяч 千",
        4: "万 萬",
        5: "lakh lakhs",
        6: "million millions millionen mio mn mln millón millones milione milioni milhão milhões miljoen miljoner "
        "millioner млн миллион миллиона миллионов 百万",
        7: "crore crores 千万",
        8: "亿 億",
        9: "billion billions bn bln milliarde milliarden mrd milliard milliards md mds miliardo miliardi mld bilhão "
        "bilhões miljard miljarder milliarder млрд миллиард миллиарда миллиардов",
        12: "trillion trillions tn trn billion billionen billón billones biljoen biljon 兆",
    }
    found: dict[str, tuple[int, ...]] = {}
    for power, names in listed.items():
        for name in names.split():
            found[name] = (*found.get(name, ()), power)
    return found


SCALES = _scales()
"""Words and abbreviations of scale in several languages, without capitals and periods, with their powers of ten. A
billion has two.
"""

_SMALL = "zero one two three four five six seven eight nine ten eleven twelve"
_TEENS = "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_ONES = {word: value for value, word in enumerate(f"{_SMALL} {_TEENS}".split())}
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 10 * value for value, word in enumerate(_DECADES.split(), 2)}
_LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ANY = "|".join(sorted([*_ONES, *_TENS, *_LARGE], key=len, reverse=True))
_FIRST = "|".join(sorted([*_ONES, *_TENS], key=len, reverse=True))

_WORDS = re.compile(
    rf"\b(?=[aefnostz])(?:(?:{_FIRST})|an?(?= (?:hundred|thousand|million|billion|trillion)\b))\b"
    rf"(?:(?:\s{{1,3}}and)?[\s-]{{1,3}}(?:{_ANY})\b)*+",
    re.IGNORECASE,
)
_MAY_BEGIN = Candidates([rf"(?i)\b(?:{_FIRST}|an? (?:{'|'.join(_LARGE)}))"])


def number_words(text: str) -> Iterator[re.Match[str]]:
    """Yield the numbers written in English words, such as "two hundred and five"; "a million" too."""
    return beginning_in(_MAY_BEGIN.parts(text), _WORDS, text)


_PART = re.compile(r"[a-z]+")


def words(text: str) -> tuple[list[Number], bool]:
    """Return the numbers in a match of `number_words`, and whether one is at least a hundred; several if the words are
    several numbers.

    >>> [number.key for number in words("two hundred and five thousand")[0]], words("twenty-five")
    (['205e3'], ([Number(digits='25', exponent=0, decimal=False)], False))
    >>> [number.key for number in words("two three")[0]]
    ['2e0', '3e0']
    """
    found: list[int] = []
    total = current = 0
    last = floor = 10**15
    large = False
    for word in _PART.findall(text.lower()):
        if word == "and":
            continue
        if word in _LARGE:
            scale = _LARGE[word]
            large = True
            if scale == 100 and current < 100:
                current = max(1, current) * 100
                last = 100
            elif scale < floor:
                total += max(1, current) * scale
                current, last, floor = 0, 10**15, scale
            else:
                found.append(total + current)
                total, current, last, floor = scale, 0, 10**15, scale
            continue
        value = 1 if word in ("a", "an") else _ONES.get(word, _TENS.get(word, 0))
        fits = last == 10**15 or (last == 100 and value < 100) or (20 <= last < 100 and 0 < value < 10)
        if not fits:
            found.append(total + current)
            total, current, floor = 0, 0, 10**15
        current += value
        last = value
    found.append(total + current)
    return [_number(str(value), "") for value in found], large
