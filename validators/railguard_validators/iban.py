"""iban: an international bank account number."""

from __future__ import annotations

import re

from railguard import UNSET, FailResult, validator
from railguard_validators._numbers.check_digits import iban_length, mod97

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


@validator("iban", subject="Formats", prompt="an IBAN without spaces", narrowing={"pattern": f"^{_IBAN.pattern}$"})
def iban(value: str) -> FailResult | None:
    """An IBAN in its electronic form (ISO 13616): capital letters and digits without spaces, the length of its country,
    and check digits that fit. For a country that is not in the table, only the check digits are checked.

    The fix removes spaces and hyphens and capitalizes letters. Messages do not repeat the number.

    >>> iban().run("DE89370400440532013000")
    >>> iban().run("DE88370400440532013000").message
    'The check digits of the IBAN do not fit the rest of it; copy it again, character by character.'
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
    wanted = iban_length(text[:2])
    if wanted is not None and len(text) != wanted:
        return f"An IBAN that begins with {text[:2]} has {wanted} characters; this one has {len(text)}."
    if not mod97(text):
        return "The check digits of the IBAN do not fit the rest of it; copy it again, character by character."
    return None
