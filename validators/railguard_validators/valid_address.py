"""valid-address: a postal address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from railguard import FailResult, validator
from railguard_validators._formats.countries import countries
from railguard_validators._wording import shown

_LONGEST = 500
# How countries write their postal codes; a country that is not in it has any of these forms, or none.
_TABLE = r"""
US \d{5}(?:-\d{4})?
CA [A-CEGHJ-NPRSTVXY]\d[A-CEGHJ-NPRSTV-Z]\s?\d[A-CEGHJ-NPRSTV-Z]\d
GB (?:[A-Z]{1,2}\d[A-Z\d]?|GIR)\s?\d[A-Z]{2}
IE [AC-FHKNPRTV-Y]\d[\dW]\s?[\dAC-FHKNPRTV-Y]{4}
NL [1-9]\d{3}\s?[A-Z]{2}
BR \d{5}-?\d{3}
JP 〒?\s?\d{3}-?\d{4}
PT \d{4}-\d{3}
PL \d{2}-\d{3}
LV LV-\d{4}
MT [A-Z]{3}\s?\d{4}
SE (?:SE-)?\d{3}\s?\d{2}
CZ,SK,GR \d{3}\s?\d{2}
IN [1-9]\d{2}\s?\d{3}
LT (?:LT-)?\d{5}
LU (?:L-)?\d{4}
AD AD\d{3}
IL \d{7}|\d{5}
AR [A-Z]?\d{4}(?:[A-Z]{3})?
TW \d{3}(?:\d{2,3})?
IS \d{3}
FO (?:FO-)?\d{3}
AT (?:A-)?\d{4}
CH (?:CH-)?\d{4}
LI (?:FL-)?\d{4}
BE (?:B-)?\d{4}
DK (?:DK-)?\d{4}
DE (?:D-)?\d{5}
FR (?:F-)?\d{5}
FI (?:FI-)?\d{5}
IT (?:I-)?\d{5}
ES (?:E-)?\d{5}
NO,HU,BG,SI,AU,NZ,ZA,PH,CY,GE,AM,TN,BD,PY \d{4}
MX,TR,HR,EE,RS,ME,BA,MK,UA,SA,MY,TH,ID,KR,VN,PK,EG,MA,KE,PE,CU,UY,DO,GT,CR,KW,MC,SM,VA \d{5}
RU,CN,SG,RO,KZ,BY,CO,NG,KG,UZ,TM \d{6}
"""
_CODES = {
    country: pattern
    for names, _, pattern in (line.partition(" ") for line in _TABLE.split("\n") if line)
    for country in names.split(",")
}
_NONE = "HK MO AE QA AO BJ BO BS BZ CM CI DJ DM ER FJ GH GM GY JM KM LY ML MR MW NR RW SC SR ST TG TO TV UG VU YE ZW"
_WITHOUT = frozenset(_NONE.split())


def _code(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])", re.IGNORECASE)


_ANY = _code(
    "|".join([_CODES[c] for c in ("CA", "GB", "IE", "NL", "BR", "JP", "PT", "PL", "LV", "MT")])
    + r"|(?:[A-Z]{1,2}-)?\d{4,6}(?:-\d{4})?|\d{3} ?\d{2,3}|[A-Z]?\d{4}[A-Z]{3}"
)
_BOX = re.compile(
    r"\b(?:p\.? ?o\.? ?box|post(?:al)? ?box|postfach|postbus|boîte postale|bp|apartado(?: de correos)?|apdo\.?|casella postale|"
    r"caixa postal|skrytka pocztowa|box|psc|cmr|unit)\s{0,3}(?:n[o°º]\.? ?)?\d",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.,])\d{1,5}(?:\s?[A-Za-z](?!\w)|[a-z]\b)?(?:\s?[-–/]\s?\d{1,5}[A-Za-z]?){0,3}(?![\w%])|丁目|番地|\d{1,4}号"
)
_WORD = re.compile(r"[^\W\d_]{2,}")


class ValidAddress:
    """A postal address as it is written on a letter: a street with a house number, or a P.O. box; a place; and a postal
    code, in the form of its country if `country` names it. White space, commas and line ends may separate them in any
    order.

    This checks the form. Only an address service knows whether the address exists: pass a function that asks one as
    `lookup`. It runs in a thread. Without it there is no fix; with it, the fix is the address as the service writes it.

    country: the country of the address by a code of ISO 3166-1, such as "DE".
    lookup: called with an address of the right form; it returns True if the address exists, the correct form of the
    address, or None or False if it does not exist.

    >>> valid_address(country="US").run("1600 Amphitheatre Parkway, Mountain View, CA 94043")
    >>> valid_address().run("Mountain View, CA 94043").message
    'The address must have a street with a house number, or a P.O. box.'
    >>> valid_address(country="DE").run("Unter den Linden 77, Berlin").message
    'The address must have a postal code as DE writes them.'
    """

    __slots__ = ("_code", "_country", "_lookup", "prompt")

    def __init__(self, country: str | None = None, lookup: Callable[..., Any] | None = None) -> None:
        self._country = None
        if country is not None:
            if country.strip().upper() not in countries():
                raise ValueError(f"{country!r} is no code of a country; write it as DE")
            self._country = countries()[country.strip().upper()][0]
        pattern = _CODES.get(self._country or "")
        self._code = _code(pattern) if pattern else _ANY
        self._lookup = lookup
        self.prompt = "a postal address" + (f" in {self._country}" if self._country else "")

    def __call__(self, value: str) -> FailResult | None:
        if (flaw := self._flaw(value)) is not None:
            return FailResult(flaw)
        if self._lookup is None:
            return None
        found = self._lookup(value)
        if found is True or (isinstance(found, str) and found.strip() == value.strip()):
            return None
        if isinstance(found, str) and found.strip():
            return FailResult(f"The address is written {shown(found, 200)}.", fix=found)
        if found not in (None, False):
            raise ValueError(f"lookup returned {type(found).__name__}; it returns True, an address, None or False")
        return FailResult("There is no such address; give one that there is.")

    def _flaw(self, text: str) -> str | None:
        if len(text) > _LONGEST:
            return f"An address has at most {_LONGEST} characters."
        rest = text
        if self._country not in _WITHOUT:
            codes = list(self._code.finditer(text))
            if not codes:
                return "The address must have a postal code" + (
                    f" as {self._country} writes them." if self._country else "."
                )
            at = _likeliest(text, codes)
            rest = f"{text[: at.start()]} , {text[at.end() :]}"
        box = _BOX.search(rest)
        if box is None and not _NUMBER.search(rest):
            return "The address must have a street with a house number, or a P.O. box."
        words = _WORD.findall(rest if box is None else rest[: box.start()] + rest[box.end() :])
        letters = sum(map(len, words))
        if len(words) < (1 if box else 2) and not (letters >= 6 and not rest.isascii()):
            return "The address must have a place" + ("." if box else " and a street.")
        return None


def _likeliest(text: str, codes: list[re.Match[str]]) -> re.Match[str]:
    """Return the longest text with the form of a postal code that is not the house number at the beginning of the
    address.
    """
    later = [code for code in codes if text[: code.start()].strip()]
    return max(later or codes, key=lambda code: (len(code[0]), code.start()))


valid_address = validator(
    "valid-address", subject="Formats", aliases=("is-valid-address",), blocking=True, seconds=30.0, pure=True
)(ValidAddress)
