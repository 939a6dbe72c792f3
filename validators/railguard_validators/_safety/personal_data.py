"""Patterns of personal data: a table of shapes, each with its check digits and with words that must, or must not, be
near it.

Linear in the text: every pattern begins where no other match of it can be in progress, has a limited length, and looks
only a fixed number of characters around.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple

from railguard_validators._numbers import check_digits as numbers
from railguard_validators._safety.marking import Finding, settled
from railguard_validators._text.candidates import Candidates, longest, matches_near

__all__ = ["ENTITIES", "GROUPS", "find"]

_BEFORE, _AFTER = 40, 20  # the characters in which a context word is searched
_AHEAD = 8  # the most characters behind a match that its pattern looks at


class _Shape(NamedTuple):
    entity: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None  # of the characters without separators
    beside: re.Pattern[str] | None = None  # must be before it, or shortly after it
    against: re.Pattern[str] | None = None  # must not be directly before it
    rank: int = 5
    fits: Callable[[str, re.Match[str]], bool] | None = None  # in this text, at this place
    group: str = "number"  # of shapes that are tried where one of them may be


_LEFT = r"(?<!\w)(?<![0-9][.\-/:])"
_RIGHT = r"(?!\w)(?![.\-/:][0-9])"


def _shape(pattern: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    return re.compile(_LEFT + "(?:" + pattern + ")" + _RIGHT, re.IGNORECASE if ignore_case else 0)


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile(r"(?<![\w<])(?:" + "|".join(alternatives) + r")(?!\w)", re.IGNORECASE)


# A number with another meaning: an order, a version, a part. The word is directly before it.
_NAMED = re.compile(
    r"(?:\b(?:orders?|invoices?|tickets?|tracking|parcel|part|parts|sku|serial|s/n|refs?|references?|case|isbn|issn|ean|"
    r"upc|gtin|imei|model|version|build|doi|po|rma|lot|batch|item|article|art|quote|contract|confirmation|booking|"
    r"shipment|job|issue|patent|transaction|auftrag|rechnung|bestellung|artikel|sendung|vorgang|aktenzeichen|"
    r"commande|facture|pedido|factura|ordine|fattura|(?:order|tracking|ticket|case|part|batch)[ _-]?id)"
    r"|(?:bestell|rechnungs|auftrags|artikel|sendungs|kunden|vorgangs)(?:-?nr|nummer))"
    r"(?:[ _-]?(?:no|nos|nr|num|number|nummer|code|id))?[\s.:#=\"'(-]{0,4}\Z",
    re.IGNORECASE,
)
_VERSIONED = re.compile(
    r"(?:\b(?:v|ver|version|versions|release|build|section|sections|chapter|clause|paragraph|rev|revision|firmware|driver|"
    r"fw|oid|kapitel|abschnitt|figure|table|assembly\w*|package|product)|§)[\s.:=\"'(]{0,3}\Z",
    re.IGNORECASE,
)
_OF_VERSIONS = re.compile(
    r"\b(?:v|ver|versions?|releases?d?|upgrad\w+|downgrad\w+|changelog|sections?|clauses?)\b", re.IGNORECASE
)

_PHONE = _words(
    r"(?:tele)?phones?", r"phone\s?(?:no|number)", r"tel", r"call(?:ed|ing)?", r"mobiles?", r"cell", r"fax", r"whatsapp",
    r"texted", r"dial", r"sms", r"ring", r"hotline", r"telefon\w*", r"tel[ée]fono", r"t[ée]l[ée]phone", r"telefone",
    r"handy\w*", r"mobil\w*", r"rufnummer", r"anrufen", r"rückruf\w*", r"m[óo]vil", r"celular", r"cellulare", r"telem[óo]vel",
    r"appelez", r"appeler", r"ll[áa]m\w+", r"chiam\w+", r"numer telefonu", r"telefoon\w*",
    r"reach (?:me|him|her|us|them)", r"contact (?:no|number)", r"voicemail", r"extension",
)  # fmt: skip
_CARD = _words(
    r"cards?", r"visa", r"master\s?card", r"amex", r"american express", r"maestro", r"discover", r"credit", r"debit",
    r"kreditkarte\w*", r"kartennummer", r"carte", r"tarjeta", r"carta di credito", r"cart[ãa]o", r"pan",
)  # fmt: skip
_SSN = _words(r"ssns?", r"social security", r"soc sec", r"ss#", r"social insurance")
_BANK = _words(
    r"bank\w*", r"checking", r"savings", r"routing", r"direct deposit", r"wire", r"ach", r"aba", r"beneficiary"
)
_ACCOUNT = re.compile(
    r"(?<![\w<])(?:(?:bank|checking|savings)\W{1,2}(?:account|acct|a/c)|(?:account|acct|a/c)\W{0,2}(?:no|number|num|#)?)"
    r"\W{0,3}(?:is|was)?\W{0,3}\Z",
    re.IGNORECASE,
)
_ROUTING = _words(r"routing", r"aba", r"rtn", r"transit number")
_PASSPORT = _words(
    r"passports?", r"reisepass\w*", r"passeport", r"pasaporte", r"passaporto", r"passaporte", r"paspoort\w*"
)
_LICENSE = _words(
    r"driver'?s?’?s? licen[sc]es?", r"driving licen[sc]es?", r"driver licen[sc]es?", r"dl", r"dl no", r"dl#",
    r"licen[sc]e (?:no|number)",
)  # fmt: skip
_WALLET = _words(
    r"wallets?", r"eth", r"ethereum", r"usd[ct]", r"erc-?20", r"crypto\w*", r"address", r"send", r"donat\w+", r"metamask",
    r"token", r"ether", r"holder", r"payout",
)  # fmt: skip
_BORN = re.compile(
    r"(?<![\w<-])(?:born|date of birth|birth\s?dates?|d\.?o\.?b\.?|birthdays?|b\.|geboren|geb\.|geburtsdatum|geburtstag|"
    r"date de naissance|née?|naissance|fecha de nacimiento|nacid[oa]|nat[oa] il|data di nascita|nascid[oa]|"
    r"data de nascimento|data urodzenia|urodzon[ya]|geboortedatum)"
    r"(?:[\"'*)]*\s*[:=|(]\s*[\"']?|[\"')]*\s+(?:(?:on|is|was|am|the|le|el|il|em|a|wurde|in|w)\s+){0,3}(?:[^\W\d_]{2,20},?\s+"
    r"(?:on|am|le|el|il|em)\s+)?)\Z",
    re.IGNORECASE,
)
_MONTHS = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|j[äa]n|m[äa]r|mai|okt|dez|janv|f[ée]v|avr|juin|juil|ao[ûu]|d[ée]c|"
    r"ene|abr|ago|dic|gen|mag|giu|lug|set|ott|out|fev|sty|lut|kwi|maj|cze|lip|sie|wrz|pa[źz]|lis|gru)[^\W\d_]{0,8}\.?"
)
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])"
_YEAR = r"(?:18|19|20)[0-9]{2}"
_DATE = (
    rf"{_YEAR}-(?:0[1-9]|1[0-2])-{_DAY}|{_DAY}[./-]\s?{_DAY}[./-]\s?(?:{_YEAR}|[0-9]{{2}})"
    rf"|{_DAY}(?:st|nd|rd|th|er|º|\.)?\s(?:of\s|de\s)?{_MONTHS},?\s(?:de\s)?{_YEAR}"
    rf"|{_MONTHS}\s{_DAY}(?:st|nd|rd|th)?,?\s{_YEAR}"
)

_NO_MAIL = re.compile(r"png|jpe?g|gif|svg|webp|ico|s?css|[jt]s|json|html|md|py|bmp|pdf", re.IGNORECASE)  # icon@2x.png
_MAIL = re.compile(
    r"(?<![\w.+%/\-])(?P<local>\w[\w.+%'\-]{0,63})@(?:\w[\w\-]{0,62}\.){1,8}(?P<top>[^\W\d_]{2,24})(?![\w\-]|\.\w|@)(?!:[\w~/])"
)
_SPELT = re.compile(
    r"(?<![\w.+%\-])\w[\w.+\-]{0,63}\s?[(\[{]\s?at\s?[)\]}]\s?\w[\w\-]{0,62}"
    r"(?:\s?(?:[(\[{]\s?(?:dot|punkt|point|punto)\s?[)\]}]|\.)\s?\w[\w\-]{0,62}){1,4}(?!\w)",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"://[^\s/@]{0,64}\Z")
_IPV4 = re.compile(r"(?<![\w.\-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w\-]|\.[0-9])(?!/(?:[12]?[0-9]|3[01])(?![0-9]))")
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{1,4}|(?<=::))(?![\w:]|\.[0-9])(?!/(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-7])(?![0-9]))"
)
_MAC = re.compile(r"(?<![\w:\-])[0-9A-Fa-f]{2}([:\-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w]|[:\-]\w)")
_PLUS = re.compile(
    r"(?<![\w+])(?<!\d )\+(?:\(?[0-9]\)?(?:[ \-/.()\u00a0\u2010\u2011]{0,3}[0-9]){6,14})(?!\w)(?![.\-][0-9])"
)
# E.164 country codes; of the North American plan the area code too.
_COUNTRY = re.compile(
    r"1[2-9][0-9]{2}[2-9][0-9]{6}\Z|7[0-9]{10}\Z|20|27|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|21[12368]|2[2-6][0-9]|"
    r"29[0178]|3[578][0-9]|42[0139]|50[0-9]|59[0-9]|67[02-9]|68[0-9]|69[012]|800|808|85[02356]|870|88[0168]|96[0-8]|97[0-9]|"
    r"99[2-68]"
)
_OPAQUE = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|[0-9A-Fa-f]{32,128})(?![0-9A-Za-z])"
)
_DATED = re.compile(
    r"(?:19|20)[0-9]{2}[-./][01]?[0-9][-./]|[0-3]?[0-9][-./][01]?[0-9][-./](?:19|20)[0-9]{2}|[0-9]{1,3}(?:\.[0-9]{3})+\Z"
)


def _no_account(text: str, match: re.Match[str]) -> bool:
    """Whether an address with @ is something else: part of a URL, or the file name of an image for dense screens."""
    start = match.start()
    if _NO_MAIL.fullmatch(match["top"]):
        return False
    return text[start - 1 : start] != ":" or not _USERINFO.search(text, max(0, start - 70), start)


def _birth(text: str, match: re.Match[str]) -> bool:
    return _BORN.search(text, max(0, match.start() - _BEFORE), match.start()) is not None


def _no_version(text: str, match: re.Match[str]) -> bool:
    if any(int(part) > 40 for part in match[0].split(".")):
        return True
    return not _OF_VERSIONS.search(text, max(0, match.start() - _BEFORE), match.start())


def _dialled(text: str, match: re.Match[str]) -> bool:
    """Whether digits next to a word such as "call" are not a date, not an amount with thousands, and not all equal."""
    return len(set(match[0])) > 3 and not _DATED.match(match[0])


def _of_bank(text: str, match: re.Match[str]) -> bool:
    """Whether a number that the words before it call an account belongs to a bank, by the words around it."""
    return _ACCOUNT.search(text, max(0, match.start() - 32), match.start()) is not None


def _ipv4(text: str) -> bool:
    try:
        address = IPv4Address(text)
    except AddressValueError:
        return False
    mask = int(address) ^ 0xFFFFFFFF
    return not (address.is_loopback or address.is_multicast or address.is_unspecified or mask & (mask + 1) == 0
                or text.startswith("0."))  # fmt: skip


def _ipv6(text: str) -> bool:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return False
    first = int(address) >> 112
    return int(address) & 0xFFFFFFFFFFFFFFFF != 0 and (0x2000 <= first < 0x4000 or 0xFC00 <= first < 0xFEC0)


def _international(digits: str) -> bool:
    return 8 <= len(digits) <= 15 and _COUNTRY.match(digits) is not None


def _ssn(digits: str) -> bool:
    return digits[:3] not in ("000", "666") and digits[0] != "9" and digits[3:5] != "00" and digits[5:] != "0000"


def _undoubted_ssn(digits: str) -> bool:
    return _ssn(digits) and digits not in ("123456789", "078051120", "219099999", "987654321")


def _brand(digits: str) -> bool:
    return len(set(digits)) > 1 and numbers.luhn(digits)


def _mac(text: str) -> bool:
    return len(set(text)) > 2  # digits next to the separator


def _varied(text: str) -> bool:
    return sum(map(str.isdigit, text)) >= 4


_SHAPES: tuple[_Shape, ...] = (
    _Shape("EMAIL_ADDRESS", _MAIL, rank=0, fits=_no_account, group="address"),
    _Shape("EMAIL_ADDRESS", _SPELT, rank=0, group="address"),
    _Shape("IBAN_CODE", _shape(r"[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?", ignore_case=True),
           numbers.iban, rank=0, group="code"),
    _Shape("CRYPTO", _shape(r"[13LDM9A][1-9A-HJ-NP-Za-km-z]{25,34}"), numbers.base58check, rank=0, group="code"),
    _Shape("CRYPTO", _shape(r"(?:bc|ltc)1[02-9ac-hj-np-z]{11,71}"), numbers.bech32, rank=0, group="code"),
    _Shape("CRYPTO", _shape(r"0x[0-9A-Fa-f]{40}"), beside=_WALLET, rank=0, group="code"),
    _Shape("CREDIT_CARD", _shape(
        r"(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|6(?:011|4[4-9][0-9]|5[0-9]{2}|2[0-9]{2})|35[2-8][0-9])"
        r"(?P<s>[ -]?)[0-9]{4}(?P=s)[0-9]{4}(?P=s)[0-9]{4}"), _brand, against=_NAMED, rank=1),
    _Shape("CREDIT_CARD", _shape(r"3[47][0-9]{2}(?P<s>[ -]?)[0-9]{6}(?P=s)[0-9]{5}"), _brand, against=_NAMED, rank=1),
    _Shape("CREDIT_CARD", _shape(r"3(?:0[0-5]|[68][0-9])[0-9](?P<s>[ -]?)[0-9]{6}(?P=s)[0-9]{4}"), _brand,
           against=_NAMED, rank=2),
    _Shape("CREDIT_CARD", _shape(r"[4-6][0-9]{11,18}"), _brand, beside=_CARD, against=_NAMED, rank=2),
    _Shape("US_ITIN", _shape(r"9[0-9]{2}-(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])-[0-9]{4}"), against=_NAMED, rank=2),
    _Shape("US_ITIN", _shape(r"9[0-9]{2}[ -]?(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])[ -]?[0-9]{4}"),
           beside=_words("itin", "taxpayer identification"), rank=2),
    _Shape("US_SSN", _shape(r"[0-9]{3}-[0-9]{2}-[0-9]{4}"), _undoubted_ssn, against=_NAMED, rank=2),
    _Shape("US_SSN", _shape(r"[0-9]{3}(?P<s>[ .-]?)[0-9]{2}(?P=s)[0-9]{4}"), _ssn, beside=_SSN, rank=1),
    _Shape("UK_NINO", _shape(
        r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] [0-9]{2} [0-9]{2} [0-9]{2} ?[A-D]"), rank=1),
    _Shape("UK_NINO", _shape(
        r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?[0-9]{6} ?[A-D]", ignore_case=True),
        beside=_words(r"ni", r"nino", r"national insurance", r"ni (?:no|number)"), rank=1),
    _Shape("UK_NHS", _shape(r"[0-9]{3}(?P<s>[ -]?)[0-9]{3}(?P=s)[0-9]{4}"), numbers.nhs,
           beside=_words(r"nhs", r"patients?"), rank=1),
    _Shape("IN_AADHAAR", _shape(r"[2-9][0-9]{3}(?P<s>[ -])[0-9]{4}(?P=s)[0-9]{4}"), numbers.verhoeff, against=_NAMED, rank=4),
    _Shape("IN_AADHAAR", _shape(r"[2-9][0-9]{3}[ -]?[0-9]{4}[ -]?[0-9]{4}"), numbers.verhoeff,
           beside=_words(r"aadhaa?r", r"uidai"), rank=1),
    _Shape("IN_PAN", _shape(r"[A-Z]{3}P[A-Z][0-9]{4}[A-Z]"), against=_NAMED, rank=2, group="code"),
    _Shape("IN_PAN", _shape(r"[A-Z]{3}[ABCFGHJLT][A-Z][0-9]{4}[A-Z]"),
           beside=_words(r"pan", r"pan card", r"permanent account"), rank=2, group="code"),
    _Shape("DE_TAX_ID", _shape(r"[1-9][0-9] [0-9]{3} [0-9]{3} [0-9]{3}"), numbers.german_tax_id, rank=3),
    _Shape("DE_TAX_ID", _shape(r"[1-9][0-9] ?[0-9]{3} ?[0-9]{3} ?[0-9]{3}"), numbers.german_tax_id,
           beside=_words(r"steuer\w*", r"idnr", r"tin", r"tax(?:payer)? id\w*", r"tax", r"identifikationsnummer"), rank=1),
    _Shape("ES_NIF", _shape(r"[0-9]{8}-?[A-HJ-NP-TV-Z]"), numbers.spanish_nif, against=_NAMED, rank=2),
    _Shape("ES_NIE", _shape(r"[XYZ]-?[0-9]{7}-?[A-HJ-NP-TV-Z]"), numbers.spanish_nif, against=_NAMED, rank=2),
    _Shape("IT_FISCAL_CODE", _shape(
        r"[A-Z]{6}[0-9LMNP-V]{2}[ABCDEHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]", ignore_case=True),
        numbers.italian_fiscal_code, rank=1, group="code"),
    _Shape("FR_NIR", _shape(
        r"[12] ?[0-9]{2} ?(?:0[1-9]|1[0-2]|[2-9][0-9]) ?(?:[0-9]{2}|2[AB]) ?[0-9]{3} ?[0-9]{3} ?[0-9]{2}"),
        numbers.french_nir, against=_NAMED, rank=1),
    _Shape("PL_PESEL", _shape(r"[0-9]{4}[0-3][0-9]{6}"), numbers.pesel, beside=_words("pesel"), rank=1),
    _Shape("AU_TFN", _shape(r"[0-9]{3}(?P<s>[ -]?)[0-9]{3}(?P=s)[0-9]{3}"), numbers.tfn,
           beside=_words("tfn", "tax file number", "tax file"), rank=1),
    _Shape("CA_SIN", _shape(r"[1-9][0-9]{2}(?P<s>[ -]?)[0-9]{3}(?P=s)[0-9]{3}"), numbers.luhn,
           beside=_words("sin", "social insurance", "nas", "assurance sociale"), rank=1),
    _Shape("BR_CPF", _shape(r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}"), numbers.brazilian_cpf, rank=1),
    _Shape("BR_CPF", _shape(r"[0-9]{11}"), numbers.brazilian_cpf, beside=_words("cpf"), rank=1),
    _Shape("NL_BSN", _shape(r"[0-9]{9}|[0-9]{4}\.[0-9]{2}\.[0-9]{3}"), numbers.dutch_bsn,
           beside=_words("bsn", "burgerservicenummer", "sofinummer"), rank=1),
    _Shape("CH_AHV", _shape(r"756(?P<s>[. ]?)[0-9]{4}(?P=s)[0-9]{4}(?P=s)[0-9]{2}"), numbers.ean13, against=_NAMED, rank=1),
    _Shape("SG_NRIC_FIN", _shape(r"[STFGM][0-9]{7}[A-Z]"), numbers.singapore_nric, against=_NAMED, rank=2),
    _Shape("MEDICAL_LICENSE", _shape(r"[ABCDEFGHJKLMNPRSTUX][A-Z9][0-9]{7}"), numbers.dea,
           beside=_words(r"dea", r"licen[sc]e", r"prescri\w+", r"physician", r"practitioner"), rank=2),
    _Shape("US_PASSPORT", _shape(r"[0-9]{9}|[A-Z][0-9]{8}"), beside=_PASSPORT, rank=3),
    _Shape("PASSPORT", _shape(r"[A-Z0-9]{2}[0-9]{7}|[CFGHJKLMNPRTVWXYZ0-9]{9}|[A-Z]{1,3}[0-9]{6,7}"), _varied,
           beside=_PASSPORT, rank=4, group="code"),
    _Shape("US_DRIVER_LICENSE", _shape(r"[A-Z]{1,3}-?[0-9]{3,4}-?[0-9]{3,4}(?:-?[0-9]{1,6})?|[A-Z]?[0-9]{7,12}"), _varied,
           beside=_LICENSE, rank=4),
    _Shape("US_BANK_NUMBER", _shape(r"[0-9]{9}"), numbers.routing, beside=_ROUTING, rank=2),
    _Shape("US_BANK_NUMBER", _shape(r"[0-9](?:[ -]?[0-9]){5,16}"), beside=_BANK, rank=3, fits=_of_bank),
    _Shape("DATE_OF_BIRTH", _shape(_DATE, ignore_case=True), rank=3, fits=_birth, group="date"),
    _Shape("IP_ADDRESS", _IPV4, _ipv4, against=_VERSIONED, rank=3, fits=_no_version, group="address"),
    _Shape("IP_ADDRESS", _IPV6, _ipv6, rank=3, group="address"),
    _Shape("MAC_ADDRESS", _MAC, _mac, rank=3, group="address"),
    _Shape("PHONE_NUMBER", _PLUS, _international, rank=4),
    _Shape("PHONE_NUMBER", _shape(r"(?:1[ .-])?\(?[2-9][0-9]{2}\)?[ .-]?[2-9][0-9]{2}[.-][0-9]{4}"), against=_NAMED, rank=5),
    _Shape("PHONE_NUMBER", _shape(r"0[1-9](?P<s>[ .])[0-9]{2}(?:(?P=s)[0-9]{2}){3}"), against=_NAMED, rank=5),
    _Shape("PHONE_NUMBER", _shape(r"\(?0(?:7[0-9]{3}|1[0-9]{3}|20|1[0-9]1)\)?[ ][0-9]{3,4}[ ]?[0-9]{3,4}"),
           against=_NAMED, rank=5),
    _Shape("PHONE_NUMBER", _shape(r"\(?0[1-9][0-9]{1,4}\)?[ ]?/[ ]?[0-9](?:[ -]?[0-9]){4,8}"), against=_NAMED, rank=5),
    _Shape("PHONE_NUMBER", _shape(r"\(?[0-9](?:[ ./()\-]{0,2}[0-9]){6,13}"),
           beside=_PHONE, against=_NAMED, rank=6, fits=_dialled),
)  # fmt: skip

ENTITIES = frozenset(shape.entity for shape in _SHAPES)
_REACHING = frozenset({"EMAIL_ADDRESS", "PHONE_NUMBER", "IP_ADDRESS", "MAC_ADDRESS", "DATE_OF_BIRTH"})
GROUPS = {"pii": _REACHING, "spi": ENTITIES - _REACHING}
"""The two groups of guardrails-ai: contact data, and numbers that are dangerous in the wrong hands."""


def _grouped(shapes: list[_Shape]) -> tuple[Candidates, list[tuple[_Shape, int]]]:
    """Return where some shapes may be, and the shapes with the most characters that each looks at."""
    patterns = [shape.pattern for shape in shapes]
    return Candidates(patterns), [(shape, longest(shape.pattern) + _AHEAD) for shape in shapes]


_GROUPED = [
    _grouped([shape for shape in _SHAPES if shape.group == group]) for group in sorted({one.group for one in _SHAPES})
]
_BARE = re.compile(r"[^0-9A-Za-z]+")
_AS_WRITTEN = frozenset(("EMAIL_ADDRESS", "IP_ADDRESS", "MAC_ADDRESS", "DATE_OF_BIRTH", "CRYPTO"))
_ANY_DIGIT = re.compile(r"[0-9]")


def find(text: str, entities: Collection[str] = ENTITIES) -> list[Finding]:
    """Return the personal data of `entities` in the text, in order and without overlaps.

    >>> [(found.kind, "4111 1111 1111 1111, ada@example.org"[found.start:found.end])
    ...  for found in find("4111 1111 1111 1111, ada@example.org")]
    [('CREDIT_CARD', '4111 1111 1111 1111'), ('EMAIL_ADDRESS', 'ada@example.org')]
    >>> find("Order no. 4111 1111 1111 1111, version 1.2.3.4")
    []
    """
    found: list[Finding] = []
    for candidates, shapes in _GROUPED:
        parts = candidates.spans(text)
        for shape, reach in shapes if parts else ():
            if shape.entity in entities:
                found += _of(shape, text, parts, reach)
    return settled(_outside_of_hashes(found, text)) if found else []


def _of(shape: _Shape, text: str, parts: list[tuple[int, int]], reach: int) -> Iterator[Finding]:
    for match in matches_near(parts, shape.pattern, text, reach):
        start, end = match.span()
        if shape.entity not in _AS_WRITTEN and len(set(_ANY_DIGIT.findall(match[0]))) == 1:
            continue  # 000 000 0000 is not a real number, though its check digit is right
        if shape.check is not None:
            written = match[0]
            if not shape.check(written if shape.entity in _AS_WRITTEN else _BARE.sub("", written).upper()):
                continue
        if shape.fits is not None and not shape.fits(text, match):
            continue
        if shape.beside is not None and not _beside(shape.beside, text, start, end):
            continue
        if shape.against is not None and shape.against.search(text, max(0, start - 32), start):
            continue
        yield Finding(start, end, shape.entity, shape.rank)


def _beside(words: re.Pattern[str], text: str, start: int, end: int) -> bool:
    before = words.search(text, max(0, start - _BEFORE), start)
    return before is not None or words.search(text, end, end + _AFTER) is not None


def _outside_of_hashes(found: list[Finding], text: str) -> list[Finding]:
    """Remove findings that are part of a UUID or of a hexadecimal hash."""
    hashes = [match.span() for match in _OPAQUE.finditer(text)]
    if not hashes:
        return found
    starts = [start for start, _ in hashes]

    def outside(one: Finding) -> bool:
        at = bisect_right(starts, one.start) - 1
        return at < 0 or hashes[at][1] <= one.start

    return [one for one in found if outside(one)]
