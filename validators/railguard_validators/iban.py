"""iban: an international bank account number."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_LENGTHS = dict.fromkeys(("NO",), 15) | dict.fromkeys(("BE",), 16)
for _length, _countries in {
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}.items():
    _LENGTHS |= dict.fromkeys(_countries.split(), _length)


@validator("iban", prompt="an IBAN without spaces")
def iban(value: str) -> FailResult | None:
    """An IBAN in its electronic form (ISO 13616): capital letters and digits without spaces, the length of its country,
    and check digits that fit. Of a country that is not in the table only the check digits are examined.

    The fix takes spaces and hyphens out and makes letters capital. Messages do not repeat the number.

    >>> iban().run("DE89370400440532013000")
    >>> iban().run("DE88370400440532013000").message
    'The check digits of the IBAN do not fit the rest of it.'
    >>> iban().run("de89 3704 0044 0532 0130 00").fix
    'DE89370400440532013000'
    """
    flaw = _flaw(value)
    if flaw is None:
        return None
    bare = value.replace(" ", "").replace("-", "").strip().upper() if len(value) < 100 else value
    return FailResult(flaw, fix=bare if bare != value and _flaw(bare) is None else UNSET)


def _flaw(text: str) -> str | None:
    if not _IBAN.fullmatch(text):
        return (
            "An IBAN has two capital letters, two digits and then 11 to 30 capital letters or digits, without spaces."
        )
    wanted = _LENGTHS.get(text[:2], len(text))
    if len(text) != wanted:
        return f"An IBAN that begins with {text[:2]} has {wanted} characters; this one has {len(text)}."
    # ISO/IEC 7064, MOD 97-10: letters count as 10 to 35, and the first four characters stand last.
    # The check digits are what is missing from 98, so 00, 01 and 99 are none, though they leave the right remainder.
    if text[2:4] in ("00", "01", "99") or int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 != 1:
        return "The check digits of the IBAN do not fit the rest of it."
    return None
